"""``bench gallery`` searches beside FAISS and builds galleries of many people."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge_siamese_benchmarks.cli.gallery import gallery
from edge_siamese_benchmarks.timing import gallery_search


def test_every_search_finds_the_template_and_its_samples_are_kept(tmp_path: Path) -> None:
    pytest.importorskip("faiss", reason="faiss-cpu is not installed")
    raw = tmp_path / "raw.jsonl"
    arguments = ["--templates", "2000", "--repeat", "6", "--warmup", "0", "--people", "30", "--raw", str(raw), "--json"]
    answer = CliRunner().invoke(gallery, arguments)
    assert answer.exit_code == 0, answer.output
    report = json.loads(answer.stdout)
    searches = report["search"]["searches"]
    assert set(searches) == {gallery_search.PREPARED, gallery_search.IN_PLACE, *gallery_search.FAISS}
    assert all(search["samples"] == 6 for search in searches.values())
    assert report["search"]["cpu_us_of_1000_templates"] > 0
    assert report["size"]["people"] == 30
    assert report["size"]["file_bytes"] > 30 * 256
    assert set(report["size"]["steps"]) == {"choose templates", "find look-alikes", "write", "open and check"}
    lines = [json.loads(line) for line in raw.read_text().splitlines()]
    assert {line["label"] for line in lines if "label" in line} == set(searches)
    assert lines[-1]["finished"]


def test_without_faiss_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    answer = CliRunner().invoke(gallery, ["--templates", "100", "--repeat", "2"])
    assert "edge-siamese[bench]" in str(answer.exception)
