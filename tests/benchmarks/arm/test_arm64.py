"""With the rig: counts are those that were recorded, and budgets hold."""

from pathlib import Path

import pytest

from edge_siamese.arm_cost import CORES, parse_cores, read_operators
from edge_siamese_benchmarks.arm import CountingRun, Rig
from edge_siamese_benchmarks.arm.budget import Budget, Excess
from edge_siamese_benchmarks.arm.layers import counted_breakdowns
from edge_siamese_benchmarks.arm.report import ArmReport
from edge_siamese_benchmarks.arm.session import check_budget, count
from edge_siamese_benchmarks.arm.subjects import Image, resolve
from tests.counted_instructions import COUNTED

pytestmark = [pytest.mark.arm64, pytest.mark.slow]
ALL = list(CORES.values())

# docs/arm.md, "Measured": millions of instructions of one run.
PEERS = {
    "mobilefacenet_int8.tflite": {"a72": 75.4, "a76": 36.8},
    "face_detection_short_range.tflite": {"a72": 19.8, "a76": 19.5},
    "yunet 320x320": {"a72": 95.9, "a76": 95.9},
    "yunet 320x240": {"a72": 77.0, "a76": 77.0},
    "yunet 160x120": {"a72": 21.8, "a76": 21.8},
    "yunet 320x240 + align + mobilefacenet_int8": {"a72": 153.8, "a76": 115.2},
}


@pytest.fixture(scope="module")
def checked(arm_rig: Rig) -> tuple[ArmReport, list[Excess]]:
    """Everything that the budget names, counted on all cores, and what is over it."""
    return check_budget(Budget.shipped(), arm_rig)


def test_the_budget_holds_for_networks_and_the_whole_analysis(checked: tuple[ArmReport, list[Excess]]) -> None:
    report, excesses = checked
    assert [str(excess) for excess in excesses] == []
    whole = [row for row in report.rows if row.name.startswith("pipeline ") and not row.part]
    assert len(whole) == 2
    assert all(set(row.instructions) == set(CORES) and row.facts["faces"] == 1 for row in whole)


def test_counts_are_those_recorded(checked: tuple[ArmReport, list[Excess]]) -> None:
    rows = {row.name: row for row in checked[0].rows if not row.part}
    for name, counted in COUNTED.items():
        for core, millions in counted.items():
            assert rows[name].instructions[core] == pytest.approx(millions * 1e6, rel=1e-3)


def test_the_dot_product_is_used_where_the_core_has_it(checked: tuple[ArmReport, list[Excess]]) -> None:
    (row,) = (row for row in checked[0].rows if row.name == "embedder-small")
    shares = {core: kinds["dot"] / sum(kinds.values()) for core, kinds in row.by_instruction_kind.items()}
    assert shares["a53"] == shares["a72"] == 0
    assert shares["a76"] > 0.2


def test_counts_repeat(arm_rig: Rig, checked: tuple[ArmReport, list[Excess]]) -> None:
    first = {row.name: row for row in checked[0].rows if not row.part}
    for row in count(resolve(["embedder-small", "detector-small"]), ALL, Image.rendered(320, 240), arm_rig).rows:
        for core, counted in row.instructions.items():
            assert counted == pytest.approx(first[row.name].instructions[core], rel=1e-3)


def test_layers_add_up_to_the_network(arm_rig: Rig, small_model: Path) -> None:
    run = CountingRun(arm_rig)
    (breakdown,) = counted_breakdowns(small_model, read_operators(small_model), run, parse_cores("a72"))
    assert not breakdown.missing
    assert breakdown.instructions == pytest.approx(COUNTED["embedder-small"]["a72"] * 1e6, rel=0.003)


@pytest.mark.data
def test_peers_cost_what_was_recorded(arm_rig: Rig, data: Path) -> None:
    subjects = resolve(["peers"], {"EDGE_SIAMESE_DATA": str(data)})
    rows = count(subjects, parse_cores("a72,a76"), Image.rendered(320, 240), arm_rig).rows
    for row in rows:
        for core, millions in PEERS[row.name].items():
            assert row.instructions[core] == pytest.approx(millions * 1e6, rel=0.005)
