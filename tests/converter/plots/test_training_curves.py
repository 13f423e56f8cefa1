from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.plots.training_curves import Curve, read_curve, training_curves


def test_phases_are_joined_in_order(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("epoch,seconds,loss,auc\n1,10,5.0,0.8\n2,10,4.0,0.9\n")
    second.write_text("epoch,seconds,loss,auc\n1,10,3.0,0.95\n")
    curve = read_curve("run", [first, second])
    assert (curve.values("loss"), curve.values("auc")) == ([5.0, 4.0, 3.0], [0.8, 0.9, 0.95])


def test_the_plot_shows_every_figure_of_every_run(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots need the report extra")
    log = tmp_path / "log.csv"
    log.write_text("epoch,loss,eer\n1,5,0.3\n2,4,0.2\n")
    training_curves([read_curve("one", [log]), read_curve("two", [log])]).write(tmp_path / "curves.svg")
    svg = (tmp_path / "curves.svg").read_text()
    assert svg.count("training loss") == 1
    assert svg.count("EER, validation people") == 1
    assert "AUC" not in svg
    training_curves([read_curve("one", [log]), read_curve("two", [log])]).write(tmp_path / "again.svg")
    assert (tmp_path / "again.svg").stat().st_size == (tmp_path / "curves.svg").stat().st_size


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_something_else_than_a_log_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=r"other\.csv: expected the log\.csv of a run, found no loss"):
        read_curve("run", [path])


def test_a_log_with_words_for_numbers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss\n1,low\n")
    with pytest.raises(DataError, match=r"log\.csv: expected the log\.csv of a run, cannot read it"):
        read_curve("run", [path])


def test_runs_are_compared_over_images_where_all_count_them() -> None:
    log = [{"epoch": 1.0, "loss": 2.0, "images": 1e6}, {"epoch": 2.0, "loss": 1.0, "images": 2e6}]
    assert "million images" in training_curves([Curve("a", log)]).svg()
    assert "million images" not in training_curves([Curve("a", log), Curve("b", [{"loss": 1.0}])]).svg()


def test_every_figure_has_a_plot_and_the_clock_has_none() -> None:
    log = [
        {"epoch": float(epoch), "seconds": 3.0, "loss": 1 / epoch, "auc": 0.9, "odd_figure": 2.0, "eer": 0.1}
        for epoch in (1, 2, 3)
    ]
    svg = training_curves([Curve("", log, best=2)]).svg()
    for title in ("training loss", "AUC, validation people", "odd figure", "EER, validation people"):
        assert svg.count(f">{title}<") == 1
    assert "seconds" not in svg


def test_a_single_epoch_is_drawn() -> None:
    assert ">loss<" not in training_curves([Curve("", [{"epoch": 1.0, "loss": 0.5}])]).svg()
