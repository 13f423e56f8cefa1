from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.dataset_embeddings import largest_face
from edge_siamese_benchmarks.comparison.contestants import Contestant, NotRun, Running, started
from edge_siamese_benchmarks.comparison.latency import DETECT, EMBED, WHOLE, LatencyRun, measure_latency
from edge_siamese_benchmarks.timing.journal import Journal, read_journal

FakePython = Callable[[str], Path]
PHOTOS = [np.full((40, 60, 3), shade, np.uint8) for shade in (20, 90)]


def fake(name: str, python: Path) -> Contestant:
    return Contestant(name, name.title(), "x:Y", {}, "none", f"pip install {name}", python)


def measured(
    contestants: list[Contestant],
    tmp_path: Path,
    *,
    seconds: float = 60,
    max_seconds: float = 60,
    journal: Journal | None = None,
) -> tuple[LatencyRun, list[Running], list[NotRun]]:
    with started(contestants, seconds=seconds) as (running, lacking):
        run = measure_latency(
            running, PHOTOS, largest_face, tmp_path, rounds=6, max_seconds=max_seconds, journal=journal
        )
        return run, running, lacking


def test_steps_are_measured_and_compared_on_the_same_photos(tmp_path: Path, fake_python: FakePython) -> None:
    slow = fake("slow", fake_python("detect_ns=6000,embed_ns=9000"))
    fast = fake("fast", fake_python("detect_ns=2000,embed_ns=3000"))
    run, _, _ = measured([fast, slow], tmp_path)
    samples = run.latencies["slow"].samples(WHOLE, "wall")
    assert samples.ns.tolist() == [15000] * 12
    assert samples.block.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    ratio = run.ratio("slow", "fast", WHOLE, "wall")
    assert ratio is not None
    assert (ratio.value, ratio.low, ratio.high, ratio.blocks) == (3.0, 3.0, 3.0, 6)
    assert run.latencies["slow"].samples(DETECT, "cpu").ns.tolist() == [3000] * 12
    assert run.partial == ""


def test_a_photo_without_a_face_has_no_embedding_and_no_total(tmp_path: Path, fake_python: FakePython) -> None:
    blind, other = fake("blind", fake_python("faces=0")), fake("other", fake_python("faces=1"))
    run, _, _ = measured([other, blind], tmp_path)
    assert run.latencies["blind"].photos(DETECT) == {0, 1}
    assert run.latencies["blind"].photos(WHOLE) == set()
    assert run.ratio("blind", "other", WHOLE, "wall") is None


def test_a_detector_is_compared_by_its_detection(tmp_path: Path, fake_python: FakePython) -> None:
    run, _, _ = measured(
        [fake("whole", fake_python("detect_ns=2000")), fake("detector", fake_python("embeds=0,detect_ns=1000"))],
        tmp_path,
    )
    assert run.latencies["detector"].photos(EMBED) == set()
    ratio = run.ratio("detector", "whole", DETECT, "wall")
    assert ratio is not None
    assert ratio.value == 0.5


@pytest.mark.parametrize(("fault", "sentence"), [("crash", "stopped by SIGABRT"), ("hang", "no answer within 2 s")])
def test_one_that_fails_keeps_what_was_measured_and_the_others_stand(
    fault: str, sentence: str, tmp_path: Path, fake_python: FakePython
) -> None:
    bad = fake("bad", fake_python(f"fault={fault},from=4"))
    run, running, _ = measured([fake("good", fake_python("faces=1")), bad], tmp_path, seconds=2)
    by_name = {each.contestant.name: each for each in running}
    assert by_name["good"].error == ""
    assert len(run.latencies["good"].samples(WHOLE, "wall")) == 12
    assert sentence in by_name["bad"].error
    assert by_name["bad"].process is None
    assert len(run.latencies["bad"].samples(WHOLE, "wall")) == 3


def test_one_that_does_not_start_is_listed_with_the_reason(tmp_path: Path, fake_python: FakePython) -> None:
    old = tmp_path / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = -c ] && echo 3 8 && exit\nexit 1\n')
    old.chmod(0o755)
    without = Contestant(
        "without", "Without", "media_pipe:MediaPipe", {"detector": tmp_path}, "", "pip install mediapipe"
    )
    _, running, lacking = measured(
        [fake("good", fake_python("faces=1")), fake("bad", fake_python("fault=start")), fake("old", old), without],
        tmp_path,
    )
    assert [each.contestant.name for each in running] == ["good"]
    reasons = {each.name: each.reason for each in lacking}
    assert reasons["bad"] == "the start: its process ended with exit status 3 (no such device)"
    assert reasons["old"] == f"{old}: expected Python 3.11 or later, found 3.8"
    assert reasons["without"].endswith(
        "no package mediapipe; pip install mediapipe, and name that environment with --peer-python"
    )


def test_the_time_limit_ends_the_run_after_a_round(tmp_path: Path, fake_python: FakePython) -> None:
    run, _, _ = measured([fake("one", fake_python("faces=1"))], tmp_path, max_seconds=0)
    assert run.partial == "1 of 6 rounds in 0 s, the time limit"
    assert len(run.latencies["one"].samples(WHOLE, "wall")) == 2


def test_the_journal_has_the_samples_of_every_round(tmp_path: Path, fake_python: FakePython) -> None:
    with Journal(tmp_path / "raw.jsonl", {}) as journal:
        measured([fake("one", fake_python("embed_ns=500"))], tmp_path, journal=journal)
    _, found = read_journal(tmp_path / "raw.jsonl")
    assert found.partial == "the run was killed"
    assert found.samples[f"one, {EMBED}"].ns.tolist() == [500] * 12
