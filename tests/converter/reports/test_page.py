import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="reports need jinja2 (the extra 'converter')")
pytest.importorskip("sklearn", reason="reports need scikit-learn (the extra 'converter')")

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese_converter.evaluation.one_shot import OneShotResult
from edge_siamese_converter.reports import page
from edge_siamese_converter.reports.page import metric_rows, rebuild_run_report, render, write_run_report
from edge_siamese_converter.reports.run_report import Illustration, RunArrays, RunReport

Reader = Callable[[str], Any]


@pytest.fixture(scope="module")
def html(report: RunReport, arrays: RunArrays, tmp_path_factory: pytest.TempPathFactory) -> str:
    return render(tmp_path_factory.mktemp("run"), report, arrays)


def test_the_page_is_whole_and_fetches_nothing(html: str, read_page: Reader) -> None:
    assert read_page(html).fetched == []
    assert not re.search(r"@import|url\((?!#)|<script", html)
    assert html.count("<svg") == 8


def test_the_page_says_what_was_measured(html: str, report: RunReport, read_page: Reader) -> None:
    text, int8 = read_page(html).text, report.int8_metrics
    assert int8 is not None
    assert f"{int8.verification['auc']:.4f}" in text
    assert f"float {report.float_metrics.verification['auc']:.4f}" in text
    assert "All pairs of people it never saw." in text
    assert "80 genuine and 700 impostor pairs of 8 people" in text
    assert "The threshold was set on six validation people" in text
    assert "AUC lost 0.0010, allowed 0.0020: the parity gate is passed" in text
    assert "TAR at FMR 0.001 needs at least 1,000 impostor pairs, found 700" in text
    assert "5-way one-shot" in text
    assert "the weights of epoch 2 were kept" in text
    assert "1 image was skipped" in text
    assert 'name = "hani"' in text


def test_better_and_worse_than_published_are_distinguished(html: str) -> None:
    auc = re.search(r'<span class="(good|bad)">\+0\.\d{4}</span>', html)
    eer = re.search(r'<span class="(good|bad)">\+[\d.]+ points</span>', html)
    assert auc is not None
    assert eer is not None
    assert (auc[1], eer[1]) == ("good", "bad")


def test_names_are_text_and_never_markup(html: str) -> None:
    assert "<b>Ada</b>" not in html
    assert "&lt;b&gt;Ada&lt;/b&gt;" in html
    assert "a recipe on &lt;some&gt; people" in html
    assert "damaged &amp; empty" in html


def test_the_extreme_pairs_are_shown(html: str, read_page: Reader) -> None:
    text = read_page(html).text
    for kind in ("Worst genuine pairs", "Worst impostor pairs", "Best genuine pairs", "Best impostor pairs"):
        assert kind in text
    assert html.count('class="pair"') == 24


def test_a_float_run_without_comparison_or_images_has_a_page_too(
    report: RunReport, tmp_path: Path, read_page: Reader
) -> None:
    bare = report.model_copy(
        update={"int8_metrics": None, "parity": None, "published": None, "curves": (), "best_epoch": None}
    )
    html = render(tmp_path, bare, None)
    text = read_page(html).text
    assert "int8" not in text
    assert "Metrics" in text
    assert "Embeddings" not in text


def test_what_there_are_no_figures_of_is_left_out(report: RunReport, tmp_path: Path, read_page: Reader) -> None:
    nothing = {"folds": (), "identification": None, "one_shot": (), "open_set": None}
    bare = report.model_copy(
        update={
            "float_metrics": report.float_metrics.model_copy(update=nothing),
            "int8_metrics": report.int8_metrics and report.int8_metrics.model_copy(update=nothing),
        }
    )
    text = read_page(render(tmp_path, bare, None)).text
    assert not re.search("Identification|Strangers rejected|By folds", text)


def test_one_shot_runs_are_the_metrics_where_there_are_some(
    report: RunReport, tmp_path: Path, read_page: Reader
) -> None:
    evaluated = OneShotResult(right=(18, 15), ways=20, groups=("Angelic", "Keble")).to_json()
    floating = report.float_metrics.model_copy(update={"runs": evaluated})
    shown = report.model_copy(update={"float_metrics": floating, "int8_metrics": None})
    text = read_page(render(tmp_path, shown, None)).text
    assert "20-way one-shot runs 82.50% ± 10.61% over 2 runs" in text
    assert "33 of 40" in text


def test_a_run_is_written_and_its_page_made_anew(report: RunReport, arrays: RunArrays, tmp_path: Path) -> None:
    (tmp_path / "saliency.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    shown = report.model_copy(
        update={"illustrations": (Illustration(title="Saliency", caption="gradients", file="saliency.svg"),)}
    )
    path = write_run_report(tmp_path, shown, arrays)
    assert path == tmp_path / "report.html"
    first = path.read_text()
    assert "data:image/svg+xml;base64," in first
    path.unlink()
    assert rebuild_run_report(tmp_path).read_text() == first
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "evaluation.npz", "report.html", "report.json", "saliency.svg",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "message"), [("gone.png", "cannot be read"), ("notes.txt", "expected an illustration as")]
)
def test_an_illustration_that_is_none_is_rejected(report: RunReport, tmp_path: Path, file: str, message: str) -> None:
    (tmp_path / "notes.txt").write_text("words")
    shown = report.model_copy(update={"illustrations": (Illustration(title="t", caption="c", file=file),)})
    with pytest.raises(DataError, match=message):
        render(tmp_path, shown, None)


def test_a_missing_package_is_named_before_anything_is_written(
    report: RunReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "_PACKAGES", ("jinja2", "a_package_nobody_has"))
    with pytest.raises(RuntimeMissingError, match=r"needs a_package_nobody_has, .*edge-siamese\[converter\]"):
        write_run_report(tmp_path, report)
    assert list(tmp_path.iterdir()) == []


def test_the_terminal_gets_a_row_for_each_figure(report: RunReport) -> None:
    header, rows = metric_rows(report)
    assert header == ["", "published", "float", "int8"]
    assert rows[0][:2] == ["AUC", "0.7000"]
    assert rows[1][1] == "1.00%"
    assert rows[2][1] == "-"


def test_photos_are_announced_at_the_top(
    report: RunReport, arrays: RunArrays, tmp_path: Path, read_page: Reader
) -> None:
    notice = "This page contains photos of people. Ask them before you share it."
    text = read_page(render(tmp_path, report, arrays)).text
    assert text.index(notice) < text.index(report.summary)
    assert notice not in read_page(render(tmp_path, report, None)).text
    letters = report.model_copy(update={"data": report.data.model_copy(update={"classes": "characters"})})
    assert notice not in read_page(render(tmp_path, letters, arrays)).text


def of_chance(report: RunReport, bounds: list[float] | None) -> RunReport:
    assert report.int8_metrics is not None
    seen = report.int8_metrics.verification
    changed = seen | {"auc": 0.51, "person_intervals_95": seen["person_intervals_95"] | {"auc": bounds}}
    return report.model_copy(update={"int8_metrics": report.int8_metrics.model_copy(update={"verification": changed})})


def test_a_run_that_learned_nothing_says_so(report: RunReport, tmp_path: Path, read_page: Reader) -> None:
    nothing = of_chance(report, [0.44, 0.57])
    assert nothing.is_chance
    text = read_page(render(tmp_path, nothing, None)).text
    assert (
        "This network is no better than chance on these pairs. Its AUC on people it was not trained on is 0.5100"
        in text
    )
    assert "0.4400 to 0.5700; chance is 0.5" in text
    assert not report.is_chance
    assert "no better than chance" not in read_page(render(tmp_path, report, None)).text
    assert [of_chance(report, bounds).is_chance for bounds in ([0.505, 0.52], None)] == [False, False]


def test_the_shipped_embedder_stands_beside(report: RunReport, tmp_path: Path, read_page: Reader) -> None:
    beside = report.model_copy(update={"shipped_metrics": report.float_metrics})
    text = read_page(render(tmp_path, beside, None)).text
    assert "published shipped embedder float int8" in text
    assert "shipped embedder" not in read_page(render(tmp_path, report, None)).text
    header, rows = metric_rows(beside)
    assert header == ["", "published", "shipped", "float", "int8"]
    assert rows[0][2] == rows[0][3]
