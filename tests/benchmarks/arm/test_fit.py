"""The fit finds coefficients that are there, and the shipped ones are those of the shipped table."""

import json
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.arm_cost import CORES, CostModel, KernelOperator, read_operators
from edge_siamese.arm_cost.terms import terms
from edge_siamese.errors import DataError
from edge_siamese.models import named_model
from edge_siamese_benchmarks.arm.fit import (  # fmt: skip
    CALL,
    call_cost,
    coefficients,
    fit,
    network_errors,
    non_negative,
    quality_table,
)
from edge_siamese_benchmarks.arm.operator_table import CountedOperator, shipped_table
from tests.counted_instructions import COUNTED


def _adds(count: int = 6) -> list[KernelOperator]:
    return [KernelOperator("ADD", (side, side, 16), (side, side, 16)) for side in range(4, 4 + count)]


def test_coefficients_that_are_there_are_found() -> None:
    counted = [CountedOperator(operator, {"a72": CALL + 2.5 * operator.elements + 300}) for operator in _adds()]
    (group,) = fit(counted)
    assert (group.core, group.group, group.count) == ("a72", "add", 6)
    assert group.coefficients == pytest.approx({"element": 2.5, "operator": 300}, rel=1e-4)
    assert group.largest_error < 1e-4
    assert "a72   add            6            0.00" in quality_table([group])


def test_nothing_counted_is_rejected() -> None:
    with pytest.raises(DataError, match="found none"):
        fit([])


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)), min_size=3, max_size=20))
def test_coefficients_are_never_negative(rows: list[tuple[float, float]]) -> None:
    matrix = np.array([[x, 1.0] for x, _ in rows])
    target = np.array([y for _, y in rows])
    assert (non_negative(matrix, target, np.ones(len(rows))) >= 0).all()


def test_the_shipped_coefficients_are_those_of_the_shipped_table() -> None:
    shipped = json.loads(files("edge_siamese.arm_cost").joinpath("cost_model.json").read_text())
    fitted = coefficients(fit(shipped_table()))
    assert {core: set(groups) for core, groups in fitted["cores"].items()} == {
        core: set(groups) for core, groups in shipped["cores"].items()
    }
    for core, groups in fitted["cores"].items():
        for group, found in groups.items():
            assert found == pytest.approx(shipped["cores"][core][group], rel=0.02, abs=2)


def test_convolutions_are_described_within_a_few_percent() -> None:
    for group in fit(shipped_table()):
        if group.group.startswith(("conv", "depthwise", "dense")):
            assert group.median_error < 0.012, group
            assert group.largest_error < 0.08, group


@pytest.mark.parametrize("core", CORES)
def test_what_a_call_costs_follows_from_a_network_and_its_operators(core: str) -> None:
    alone = {entry.operator: entry.instructions[core] for entry in shipped_table() if core in entry.instructions}
    path = named_model("embedder")
    assert path
    found = call_cost(COUNTED["embedder"][core] * 1e6, read_operators(path), alone)
    assert found == pytest.approx(CALL, rel=0.02)


def test_a_call_needs_counts_of_every_operator() -> None:
    with pytest.raises(DataError, match="missing add"):
        call_cost(1e6, _adds(), {})


def test_network_errors_are_relative() -> None:
    core = CORES["a72"]
    document = {"cores": {"a72": {"call": {"operator": 100.0}, "add": {"element": 1.0}}}}
    operators = _adds(1)
    assert CostModel(core, document["cores"]["a72"]).predict(operators).instructions == 100 + 256
    assert network_errors(core, document, {"net": (operators, 712.0)}) == {"net": pytest.approx(-0.5)}
    assert terms(operators[0], core)[0] == "add"
