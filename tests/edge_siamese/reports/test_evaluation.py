"""The page says what the document says, by itself."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="reports need matplotlib (the extra 'report')")
pytest.importorskip("jinja2", reason="reports need jinja2 (the extra 'report')")

from matplotlib.figure import Figure

from edge_siamese.errors import RuntimeMissingError
from edge_siamese.evaluation.bootstrap import PersonBootstrap
from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese.evaluation.verification import VerificationMetrics
from edge_siamese.reports import evaluation
from edge_siamese.reports.evaluation import place, render_report, scale_of, write_report
from edge_siamese.reports.plots import draw_det, draw_scores

Reader = Callable[[str], Any]


def comparisons(seed: int) -> ScoredPairs:
    """200 genuine and 1,800 impostor pairs of 40 people."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 40, 2000).astype(np.int32)
    genuine = np.arange(2000) < 200
    second = np.where(genuine, first, (first + rng.integers(1, 40, 2000)) % 40).astype(np.int32)
    scores = np.where(genuine, rng.normal(12_000, 5000, 2000), rng.normal(0, 4000, 2000))
    return ScoredPairs(np.stack([first, second], axis=1), scores.astype(np.int16), np.arange(40))


def rate(count: int, of: int) -> dict[str, Any]:
    return {"count": count, "of": of, "rate": count / of if of else None, "interval_95": [0.001, 0.4],
            "person_interval_95": [0.002, 0.3] if count else None}  # fmt: skip


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    bootstrap = PersonBootstrap(40, 30)
    mine, theirs = (VerificationMetrics.measure(comparisons(seed), bootstrap) for seed in (1, 2))
    row = {"class": "small, under 64", "fmr": rate(3, 900), "fnmr": rate(4, 90)}
    histogram = np.histogram(np.linspace(-0.4, 0.9, 200), np.linspace(-1, 1, 129))[0].tolist()
    return {
        "version": "0.1.0", "model": {"embedder": "ab" * 32, "detector": "cd" * 32}, "data": "people <1>.zip",
        "delegate": "xnnpack", "protocol": "all-pairs", "people": 40, "photos": 400, "face_choice": "largest",
        "faces_not_found": 2, "genuine_pairs": 200, "impostor_pairs": 1800, "intervals": {"replicates": 30, "seed": 1},
        "operating_point": None, "operating_point_rejected": "an FMR of 0.001 needs at least 2,995 impostor pairs",
        "thresholds": [
            {"source": "accuracy", "target_fmr": None, "score": 0.2, "fmr": rate(90, 1800), "fnmr": rate(9, 200)},
            {"source": "model card", "target_fmr": 1e-3, "score": 0.4, "fmr": rate(0, 1800), "fnmr": rate(50, 200)},
        ],
        "decision_threshold": {"source": "model card", "target_fmr": 1e-3, "score": 0.4},
        "slices": [{"attribute": "face size", "rule": "the smaller", "rows": [row, row | {"fnmr": rate(0, 0)}]}],
        "confusions": {"false_matches": [{"people": ["<b>anna</b>", "ben"], "count": 3, "of": 9}], "false_non_matches": []},
        "det": mine.det(),
        "scores": {"edges": np.linspace(-1, 1, 129).tolist(), "genuine": histogram, "impostor": histogram,
                   "genuine_without_face": 1, "impostor_without_face": 2},
        "baseline": {"name": "cost $x^2$ & more", "digest": "ef" * 32, "about": "float32 embeddings", "det": theirs.det(),
                    "difference": mine.minus(theirs), **theirs.to_json()},
        **mine.to_json(),
    }  # fmt: skip


def test_the_page_is_whole_and_fetches_nothing(report: dict[str, Any], read_page: Reader) -> None:
    html = render_report(report)
    page = read_page(html)
    assert page.fetched == []
    assert not re.search(r"@import|url\((?!#)|<script|<img", html)
    assert html.count("<svg") == 2


def test_the_page_says_what_was_measured_and_what_was_rejected(report: dict[str, Any], read_page: Reader) -> None:
    text = read_page(render_report(report)).text
    assert f"{100 * report['accuracy']:.2f}%" in text
    assert "refused: needs at least 10,000 impostor pairs, found 1,800" in text
    assert "No operating point from this data: an FMR of 0.001 needs at least 2,995 impostor pairs" in text
    assert "model card, for FMR 0.001" in text
    assert "2 photos (0.50%) without a face; they count as errors" in text
    assert "Baseline: cost $x^2$ & more" in text
    assert "Nobody: no false non-match at this threshold" in text
    assert "small, under 64" in text
    assert "3 pairs without a face score" in text


def test_names_are_text_and_never_markup(report: dict[str, Any]) -> None:
    html = render_report(report)
    assert "<b>anna</b>" not in html
    assert "&lt;b&gt;anna&lt;/b&gt;" in html
    assert "people &lt;1&gt;.zip" in html
    assert "cost $x^2$ &amp; more" in html


def test_the_same_document_gives_the_same_page(report: dict[str, Any]) -> None:
    assert render_report(report) == render_report(copy.deepcopy(report))


def test_without_intervals_and_without_another_embedder_there_is_less_to_show(
    report: dict[str, Any], read_page: Reader
) -> None:
    bare = VerificationMetrics.measure(comparisons(1), PersonBootstrap(40, 0))
    text = read_page(render_report(report | bare.to_json() | {"det": bare.det(), "baseline": None})).text
    assert "Baseline" not in text
    assert "people resampled in pairs" not in text


def test_the_page_is_written_whole(report: dict[str, Any], tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", report)
    assert (tmp_path / "report.html").read_text("utf-8") == render_report(report)
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_report_needs_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(evaluation, "_PACKAGES", ("jinja2", "a_package_nobody_has"))
    with pytest.raises(
        RuntimeMissingError, match=r"needs a_package_nobody_has, .* pip install 'edge-siamese\[report\]'"
    ):
        write_report(tmp_path / "report.html", {})
    assert not list(tmp_path.iterdir())


def test_bars_share_a_scale_that_a_handful_of_pairs_does_not_set() -> None:
    few = {"fmr": {"of": 2, "interval_95": [0.0, 0.84]}}
    many = {"fmr": {"of": 500, "interval_95": [0.001, 0.02]}}
    assert scale_of([few, many], "fmr") == 0.02
    assert scale_of([], "fmr") == 1.0
    assert place([0.005, 0.01], 0.02) == "left:25.0%;width:25.0%"
    assert place([0.0, 0.84], 0.02) == "left:0.0%;width:100.0%"
    assert place([0.03, 0.84], 0.02) == "left:99.0%;width:1.0%"


def test_a_page_with_names_of_people_says_so(report: dict[str, Any], read_page: Reader) -> None:
    notice = "This page names people. Ask them before you share it."
    text = read_page(render_report(report)).text
    assert text.index(notice) < text.index("400 photos of 40 people")
    nobody = report | {"confusions": {"false_matches": [], "false_non_matches": []}}
    assert notice not in read_page(render_report(nobody)).text


@pytest.mark.parametrize("draw", [draw_det, draw_scores])
def test_the_legend_is_outside_of_the_axes(report: dict[str, Any], draw: Callable[[Any, dict[str, Any]], None]) -> None:
    figure = Figure(figsize=(5.6, 4.4), layout="constrained")
    axes = figure.add_subplot()
    draw(axes, report)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert legend.get_window_extent().y1 < axes.get_window_extent().y0
    assert axes.get_legend() is None
