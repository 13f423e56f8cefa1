"""``bench latency``, ``pipeline`` and ``thermal`` print a table or one JSON document, and write raw samples as they are taken."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError, EdgeSiameseError, GalleryError
from edge_siamese_benchmarks.cli import bench
from edge_siamese_benchmarks.timing.journal import read_journal
from edge_siamese_benchmarks.timing.pipeline import ClipSource
from edge_siamese_benchmarks.timing.report import verify_report
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


def invoke(*words: str) -> Result:
    answer = CliRunner().invoke(bench, list(words))
    assert answer.exit_code == 0, (answer.output, answer.exception)
    return answer


def test_latency_for_people(opened: list[dict[str, Any]]) -> None:
    answer = invoke("latency", "--repeat", "2", "--warmup", "1", "--templates", "3", "--threads", "2")
    lines = answer.output.splitlines()
    assert "still 1.0, delegate reference, threads 1" in lines
    assert "one rendered face on 640 x 480 pixels, 3 templates; 2 runs, warm-up 1" in lines
    assert ["milliseconds", "samples", "median", "p90", "p99", "max"] in [line.split()[:6] for line in lines]
    assert lines[-1].startswith("camera to decision")
    assert opened == [{"embedder": None, "detector": None, "delegate": "xnnpack", "threads": 2}]


def test_latency_as_json_with_raw_samples(tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    answer = invoke("latency", "--repeat", "3", "--warmup", "0", "--json", "--raw", str(raw))
    report = json.loads(answer.stdout)
    assert report["schema"] == "edge-siamese/bench-latency/2"
    assert set(report["model"]) == {"embedder", "detector"}
    assert (report["kind"], report["partial"], report["benchmark"]) == ("measured", "", "latency")
    assert report["stages"]["align"]["samples"] == 3
    about, measured = read_journal(raw)
    assert about["input"] == report["input"]
    verify_report(report, measured.samples)


def test_a_time_limit_makes_a_billion_runs_partial() -> None:
    answer = invoke("latency", "--repeat", "1000000000", "--warmup", "0", "--max-seconds", "0.3", "--json")
    partial = json.loads(answer.stdout)["partial"]
    assert partial.endswith(" of 1,000,000,000 runs in 0.3 s, the time limit")


def test_lengths_exclude_each_other() -> None:
    answer = CliRunner().invoke(bench, ["latency", "--quick", "--repeat", "5"])
    assert answer.exit_code == 2
    assert "expected --quick or --repeat, found both" in answer.output


def test_a_warm_up_that_takes_the_whole_time_is_no_measurement() -> None:
    answer = CliRunner().invoke(bench, ["latency", "--warmup", "100000000", "--max-seconds", "0.2"])
    assert isinstance(answer.exception, EdgeSiameseError)
    assert str(answer.exception).startswith("nothing was measured: the warm-up took the whole time")


def test_pipeline_on_the_rendered_clip() -> None:
    frames = 2 * len(ClipSource().frames)
    answer = invoke("pipeline", "--warmup", "3", "--repeat", str(frames), "--json")
    report = json.loads(answer.stdout)
    assert report["schema"] == "edge-siamese/bench-pipeline/2"
    assert report["metrics"]["frames"] == report["stages"]["camera to decision"]["samples"] == frames
    assert report["metrics"]["frames_per_second"] > 0
    assert report["input"] == "a rendered clip of 320 x 240 pixels, 1000 templates"


def test_pipeline_at_a_rate() -> None:
    answer = invoke("pipeline", "--warmup", "0", "--repeat", "20", "--rate", "200", "--json")
    report = json.loads(answer.stdout)
    assert report["stages"]["response"]["samples"] == 20
    assert report["metrics"]["offered_frames_per_second"] == 200
    assert report["metrics"]["falls_behind"] in (True, False)
    assert report["input"].endswith("200 frames a second")


def test_pipeline_needs_a_frame_after_the_warm_up() -> None:
    answer = CliRunner().invoke(bench, ["pipeline", "--warmup", "1000000000", "--max-seconds", "0.2"])
    assert isinstance(answer.exception, EdgeSiameseError)
    assert str(answer.exception).startswith("nothing was measured: 0 of 1,024 frames")


def test_pipeline_of_a_folder_without_images(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = CliRunner().invoke(bench, ["pipeline", str(tmp_path / "empty")])
    assert isinstance(answer.exception, DataError)


def test_pipeline_rejects_a_gallery_of_another_embedder(engine: Any, tmp_path: Path) -> None:
    other = embedder_card(engine.embedder_card.dimension, digest="f" * 64)
    random_gallery(other, 3).save(tmp_path / "other.esg")  # type: ignore[arg-type]
    answer = CliRunner().invoke(bench, ["pipeline", "--gallery", str(tmp_path / "other.esg")])
    assert isinstance(answer.exception, GalleryError)


def test_thermal_run_has_a_timeline() -> None:
    answer = invoke("thermal", "--minutes", "0.05", "--json")
    report = json.loads(answer.stdout)
    assert report["schema"] == "edge-siamese/bench-thermal/2"
    assert report["metrics"]["drift"] > 0
    assert [row["second"] for row in report["metrics"]["timeline"]] == [0, 1, 2]
    assert len(report["host_states"]) >= 3


def test_kernels_are_those_of_xnnpack_only() -> None:
    answer = CliRunner().invoke(bench, ["latency", "--kernels", "avx2", "--delegate", "reference"])
    assert answer.exit_code == 2
    assert "expected --delegate xnnpack, found reference" in answer.output


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_a_run_that_is_ended_keeps_what_it_measured(tmp_path: Path, number: signal.Signals, code: int) -> None:
    raw = tmp_path / "raw.jsonl"
    command = [sys.executable, "-m", "edge_siamese", "bench", "latency", "--embedder", "embedder-small", "--detector", "detector-small", "--warmup", "0", "--raw", str(raw), "--json"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        deadline = time.monotonic() + 120
        while not (raw.exists() and raw.read_text().count("\n") > 30) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        output = process.communicate(timeout=60)[0]
    assert process.returncode == code
    _, measured = read_journal(raw)
    assert measured.partial == ("interrupted" if number == signal.SIGTERM else "the run was killed")
    assert all(len(taken) > 0 for taken in measured.samples.values())
    if number == signal.SIGTERM:
        assert json.loads(output)["partial"] == "interrupted"
