"""Items are counted on every core; one that fails or crashes costs itself alone."""

from pathlib import Path
from typing import Any

import pytest

from edge_siamese.arm_cost import CORES
from edge_siamese.errors import EdgeSiameseError
from edge_siamese_benchmarks.arm.counting import CountingRun
from edge_siamese_benchmarks.arm.subjects import Image

from .conftest import STEP, HostRig

A72, A76 = CORES["a72"], CORES["a76"]


def _network(path: Path, name: str = "net") -> dict[str, Any]:
    return {"name": name, "kind": "network", "path": str(path)}


def _run(rig: HostRig, repeat: int = 1) -> CountingRun:
    return CountingRun(rig, repeat)  # type: ignore[arg-type]


def test_a_network_on_two_cores(host_rig: HostRig, small_model: Path) -> None:
    progress: list[tuple[int, int]] = []
    counts = _run(host_rig, repeat=2).count(
        [_network(small_model)], [A72, A76], lambda done, total: progress.append((done, total))
    )
    assert [(count.name, count.core, count.error) for count in counts] == [("net", "a72", ""), ("net", "a76", "")]
    assert counts[0].instructions == sum(STEP) / 2
    assert counts[0].facts == {"delegated": True}
    assert progress[-1] == (2, 2)


def test_the_pipeline_has_parts(host_rig: HostRig, tmp_path: Path, small_model: Path) -> None:
    image = tmp_path / "image.npz"
    Image.rendered(320, 240).save(image)
    item = {
        "name": "pipeline", "kind": "analyze", "image": str(image),
        "embedder": str(small_model), "detector": str(small_model.with_name("detector-small.tflite")),
    }  # fmt: skip
    align = {"name": "align", "kind": "align", "image": str(image)}
    counts = _run(host_rig).count([item, align], [A72])
    assert [(count.name, count.part) for count in counts] == [
        ("pipeline", ""), ("pipeline", "detect"), ("pipeline", "align"), ("pipeline", "embed"), ("align", ""),
    ]  # fmt: skip
    assert counts[0].facts == {"faces": 1}


def test_an_item_that_fails_is_one_row_and_the_others_stand(
    host_rig: HostRig, tmp_path: Path, small_model: Path
) -> None:
    foreign = tmp_path / "foreign.tflite"
    foreign.write_bytes(b"\0" * 100)
    items = [_network(foreign, "foreign"), _network(small_model), {"name": "odd", "kind": "unheard of"}]
    counts = _run(host_rig).count(items, [A72])
    assert [count.name for count in counts] == ["foreign", "net", "odd"]
    assert counts[0].error
    assert not counts[1].error
    assert counts[2].error.startswith("KeyError")


def test_a_crash_costs_the_item_it_was_at(host_rig: HostRig, small_model: Path) -> None:
    host_rig.crash_at = "b"
    counts = _run(host_rig).count([_network(small_model, name) for name in "abc"], [A72])
    assert [(count.name, count.error) for count in counts] == [("a", ""), ("b", "stopped by SIGSEGV"), ("c", "")]
    assert host_rig.runs == [("a72", ["a", "b", "c"]), ("a72", ["c"])]


def test_a_guest_that_does_not_start_is_one_sentence(host_rig: HostRig, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    def broken(*arguments: Any, **options: Any) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess([], 127, "", "INFO: x\nerror while loading shared libraries: libglib\n")

    monkeypatch.setattr(host_rig, "run", broken)
    with pytest.raises(EdgeSiameseError, match="does not start as a72: error while loading shared libraries"):
        _run(host_rig).count([{"name": "net", "kind": "network", "path": "x"}], [A72])


def test_an_interrupted_run_keeps_what_was_counted(host_rig: HostRig, small_model: Path) -> None:
    run = _run(host_rig)
    host_rig.crash_at, host_rig.after_run = "b", run._stopped.set
    counts = run.count([_network(small_model, name) for name in "abc"], [A72])
    assert [count.name for count in counts] == ["a"]
    assert run.is_partial
