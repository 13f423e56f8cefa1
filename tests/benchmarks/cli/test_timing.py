"""``bench latency`` and ``pipeline`` print a table or one JSON document, and write raw samples where asked."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError, GalleryError
from edge_siamese_benchmarks.cli import bench
from edge_siamese_benchmarks.timing.pipeline import ClipSource
from edge_siamese_benchmarks.timing.synthetic_gallery import random_gallery
from tests.doubles import embedder_card


@pytest.fixture(autouse=True)
def opened(engine: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What engines were opened with; each is the still one."""
    calls: list[dict[str, Any]] = []

    def open_engine(embedder: Path | None, detector: Path | None, **options: Any) -> Any:
        calls.append({"embedder": embedder, "detector": detector} | options)
        return engine

    monkeypatch.setattr(FaceEngine, "open", open_engine)
    return calls


def test_latency_for_people(opened: list[dict[str, Any]]) -> None:
    answer = CliRunner().invoke(
        bench, ["latency", "--repeat", "2", "--warmup", "1", "--templates", "3", "--threads", "2"]
    )
    assert answer.exit_code == 0, answer.output
    lines = answer.output.splitlines()
    assert lines[2] == "still 1.0, delegate xnnpack, threads 2"
    assert lines[3] == "one rendered face on 640 x 480 pixels; warm-up 1"
    assert lines[5].split() == ["milliseconds", "samples", "median", "p90", "p99", "max"]
    assert lines[-1].startswith("detect to match")
    assert opened == [{"embedder": None, "detector": None, "delegate": "xnnpack", "threads": 2}]


def test_latency_as_json_with_raw_samples(tmp_path: Path) -> None:
    raw = tmp_path / "raw.json"
    answer = CliRunner().invoke(bench, ["latency", "--repeat", "3", "--warmup", "0", "--json", "--raw", str(raw)])
    assert answer.exit_code == 0, answer.output
    report = json.loads(answer.stdout)
    assert report["schema"] == "edge-siamese/bench-latency/1"
    assert set(report["model"]) == {"embedder", "detector"}
    assert report["stages"]["align"]["samples"] == 3
    samples = json.loads(raw.read_text())["raw_ns"]
    assert all(len(taken) == 3 for taken in samples.values())
    assert set(samples) == set(report["stages"])


def test_pipeline_on_the_rendered_clip() -> None:
    answer = CliRunner().invoke(bench, ["pipeline", "--warmup", "3", "--repeat", "2", "--json"])
    assert answer.exit_code == 0, answer.output
    report = json.loads(answer.stdout)
    assert report["schema"] == "edge-siamese/bench-pipeline/1"
    assert report["frames"] == report["stages"]["whole frame"]["samples"] == 2 * len(ClipSource().frames) - 3
    assert report["frames_per_second"] > 0
    assert report["input"] == "a rendered clip of 320 x 240 pixels, 1000 templates"


def test_pipeline_needs_a_frame_after_the_warm_up() -> None:
    answer = CliRunner().invoke(bench, ["pipeline", "--warmup", "100000"])
    assert isinstance(answer.exception, DataError)


def test_pipeline_rejects_a_gallery_of_another_embedder(engine: Any, tmp_path: Path) -> None:
    other = embedder_card(engine.embedder_card.dimension, digest="f" * 64)
    random_gallery(other, 3).save(tmp_path / "other.esg")  # type: ignore[arg-type]
    answer = CliRunner().invoke(bench, ["pipeline", "--gallery", str(tmp_path / "other.esg")])
    assert isinstance(answer.exception, GalleryError)
