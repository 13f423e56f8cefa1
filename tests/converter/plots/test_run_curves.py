from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.plots.run_curves import plot_curves, read_curve


def test_phases_are_joined_in_order(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("epoch,seconds,loss,auc\n1,10,5.0,0.8\n2,10,4.0,0.9\n")
    second.write_text("epoch,seconds,loss,auc\n1,10,3.0,0.95\n")
    curve = read_curve("run", [first, second])
    assert curve.metrics == {"loss": [5.0, 4.0, 3.0], "auc": [0.8, 0.9, 0.95]}


def test_the_plot_shows_every_figure_of_every_run(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="plots need the report extra")
    log = tmp_path / "log.csv"
    log.write_text("epoch,loss,eer\n1,5,0.3\n2,4,0.2\n")
    plot_curves([read_curve("one", [log]), read_curve("two", [log])], tmp_path / "curves.svg")
    svg = (tmp_path / "curves.svg").read_text()
    assert svg.count("training loss") == 1
    assert svg.count("EER, validation people") == 1
    assert "AUC" not in svg
    plot_curves([read_curve("one", [log]), read_curve("two", [log])], tmp_path / "again.svg")
    assert (tmp_path / "again.svg").stat().st_size == (tmp_path / "curves.svg").stat().st_size


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_something_else_than_a_log_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=r"other\.csv: expected the log\.csv of a run, found no loss"):
        read_curve("run", [path])
