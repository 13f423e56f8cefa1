"""The regression check finds a stage that is 20 % slower, and none otherwise, whatever else the machine does."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.system.host import HostInfo
from edge_siamese_benchmarks.reference.calibration import CALIBRATION
from edge_siamese_benchmarks.reference.reference import (
    HostReference,
    StageChange,
    StageReference,
    host_key,
    stage_ratios,
)
from edge_siamese_benchmarks.timing.facts import HostFacts
from edge_siamese_benchmarks.timing.ratios import Ratio
from edge_siamese_benchmarks.timing.samples import LatencySamples
from edge_siamese_benchmarks.timing.xnnpack import Kernels

HOST = HostInfo(None, "AMD EPYC", 2, None, None, None, "Debian x86_64", "3.11")
KERNELS = Kernels("7x16c8 avx512vnni", "9p32c avx512skx_mul32")
FACTS = HostFacts(HOST, (), None, None, None, "6.1", True, "litert 2.3", "xnnpack", 1, KERNELS)
MODELS = {"embedder": "e" * 64}


def noisy(label: str, true_ns: float, seed: int, blocks: int = 50) -> LatencySamples:
    """Blocks of eight runs on a machine whose clock changes, and of which four in ten runs are interrupted."""
    machine = np.random.default_rng(seed)
    clock = np.repeat(machine.uniform(1, 1.5, blocks), 8)
    rng = np.random.default_rng([seed, len(label)])
    interrupted = np.where(rng.random(blocks * 8) < 0.4, rng.uniform(1e6, 20e6, blocks * 8), 0)
    ns = true_ns * clock * rng.lognormal(0.02, 0.02, blocks * 8) + interrupted
    return LatencySamples(label, ns.astype(np.int64), np.repeat(np.arange(blocks), 8))


def ratios_of(embed_ns: float, seed: int) -> dict[str, Ratio]:
    samples = {"embed": noisy("embed", embed_ns, seed), CALIBRATION: noisy(CALIBRATION, 200_000, seed)}
    return stage_ratios(samples)


@pytest.fixture(scope="module")
def reference() -> HostReference:
    return HostReference.of(FACTS, MODELS, [ratios_of(1e6, seed) for seed in range(5)])


def test_the_ratio_is_that_of_undisturbed_runs() -> None:
    found = ratios_of(1e6, 7)["embed"]
    assert found.value == pytest.approx(5, rel=0.02)
    assert found.blocks == 50


def test_an_equal_stage_passes(reference: HostReference) -> None:
    for seed in range(100, 130):
        (change,) = reference.changes(ratios_of(1e6, seed))
        assert not change.is_regression
        assert change.verdict() == "ok"


def test_a_stage_that_is_a_fifth_slower_fails(reference: HostReference) -> None:
    for seed in range(100, 130):
        (change,) = reference.changes(ratios_of(1.2e6, seed))
        assert change.is_regression
        assert change.change == pytest.approx(0.2, abs=0.03)


@given(st.floats(0, 1))
def test_a_checked_stage_never_tolerates_a_fifth(spread: float) -> None:
    stage = StageReference(5.0, spread)
    found = Ratio(6.0, 5.9, 6.1, 50, 12.5)
    assert StageChange("embed", found, stage).is_regression == stage.is_steady


def test_a_stage_that_was_unsteady_when_measured_is_not_checked() -> None:
    change = StageChange("embed", Ratio(50.0, 49.0, 51.0, 50, 12.5), StageReference(5.0, 0.3))
    assert not change.is_regression
    assert change.verdict() == "too unsteady to check"
    assert change.row()[-1] == "too unsteady to check"


def test_a_reference_file_is_read_as_written(reference: HostReference, tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    reference.write(path)
    found = HostReference.read(path)
    assert found.host == host_key(FACTS) == "amd-epyc-avx512vnni"
    assert found.stages["embed"].ratio == pytest.approx(reference.stages["embed"].ratio, abs=1e-5)
    assert (found.measurements, found.source) == (5, str(path))
    found.require(FACTS, MODELS)


@pytest.mark.parametrize(
    ("facts", "models", "message"),
    [
        ({"threads": 2}, MODELS, "the reference has threads 1, this run has 2"),
        ({"runtime": "litert 9"}, MODELS, "the reference has runtime litert 2.3, this run has litert 9"),
        ({}, {"embedder": "f" * 64}, "the reference has embedder digest eeee"),
        (
            {"host": replace(HOST, processor="Xeon")},
            MODELS,
            "the reference has host amd-epyc-avx512vnni, this run has xeon",
        ),
        ({"kernels": Kernels("3x8c8 avx2", "")}, MODELS, "this run has amd-epyc-avx2"),
    ],
)
def test_other_conditions_are_not_compared(
    reference: HostReference, facts: dict[str, Any], models: dict[str, str], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        reference.require(replace(FACTS, **facts), models)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "edge-siamese/bench-reference/1"}', "null", '{"schema": "x"}']
)
def test_another_file_is_no_reference(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(DataError, match=r"r\.json: expected"):
        HostReference.read(tmp_path / "r.json")


def test_a_host_without_a_reference_is_named() -> None:
    with pytest.raises(DataError, match=r"^a-board: there is no reference of this host; measure one with"):
        HostReference.shipped("a-board")


def test_boards_are_distinguished_by_their_model() -> None:
    board = replace(HOST, model="Raspberry Pi 4 Model B Rev 1.4", processor="Cortex-A72")
    facts = replace(FACTS, host=board, kernels=Kernels("2x8c8 neon_mlal", ""))
    assert host_key(facts) == "raspberry-pi-4-model-b-rev-1-4-neon"


def test_the_shipped_references_can_be_read() -> None:
    folder = Path(__file__).parents[3] / "benchmarks" / "reference"
    files = sorted(folder.glob("*.json"))
    assert files
    for file in files:
        found = HostReference.shipped(file.stem)
        assert found.host == file.stem
        assert all(stage.is_steady for stage in found.stages.values())
        assert json.loads(file.read_text())["measurements"] >= 5
