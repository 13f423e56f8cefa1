"""``bench report`` prints Markdown, or writes a page."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge_siamese.errors import DataError
from edge_siamese_benchmarks.cli import bench
from tests.benchmarks.reports.test_reports import report, saved, write_raw


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return saved(tmp_path / "report.json", report())


def test_markdown_is_printed_or_written(file: Path, tmp_path: Path) -> None:
    printed = CliRunner().invoke(bench, ["report", str(file)])
    assert printed.exit_code == 0, printed.exception
    assert printed.output.startswith("# bench latency")
    written = CliRunner().invoke(bench, ["report", str(file), "-o", str(tmp_path / "r.md")])
    assert (written.exit_code, written.output) == (0, "")
    assert (tmp_path / "r.md").read_text() == printed.output


def test_a_page_is_written(file: Path, tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    answer = CliRunner().invoke(bench, ["report", str(file), "-o", str(tmp_path / "r.html")])
    assert (answer.exit_code, answer.output) == (0, "")
    assert "<svg" in (tmp_path / "r.html").read_text()


def test_json_of_a_report_and_of_raw_samples(file: Path, tmp_path: Path) -> None:
    for source in (file, write_raw(tmp_path / "raw.jsonl")):
        answer = CliRunner().invoke(bench, ["report", str(source), "--json"])
        assert answer.exit_code == 0, answer.exception
        printed = json.loads(answer.stdout)
        assert printed["schema"] == "edge-siamese/bench-latency/2"
        assert printed["stages"] == report()["stages"]


def test_another_suffix_is_rejected(file: Path, tmp_path: Path) -> None:
    answer = CliRunner().invoke(bench, ["report", str(file), "-o", str(tmp_path / "r.pdf")])
    assert isinstance(answer.exception, DataError)
    assert "expected a name that ends in .html or .md, found '.pdf'" in str(answer.exception)


def test_a_file_that_is_not_there() -> None:
    answer = CliRunner().invoke(bench, ["report", "none.json"])
    assert isinstance(answer.exception, FileNotFoundError)
