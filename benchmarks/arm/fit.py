"""Fit the cost model on operators that were counted one by one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.arm_cost import CORES, ArmCore, CostModel, KernelOperator
from edge_siamese.arm_cost.terms import CostTerms, terms
from edge_siamese.cli.shared.output import table
from edge_siamese.errors import DataError

from .operator_table import CountedOperator

# A call of the network and the loop around it, as `call_cost` finds it on all cores and shipped networks (6,130-6,180).
CALL = 6_170.0
_SMALL = 3_000.0  # operators of fewer instructions count less and less in the fit

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GroupFit:
    """How well one group of operators is described.

    Attributes:
        core, group: which.
        coefficients: by term, instructions.
        count: operators it was fitted on.
        median_error, largest_error: of single operators, relative to what was counted without the call.
    """

    core: str
    group: str
    coefficients: dict[str, float]
    count: int
    median_error: float
    largest_error: float


def fit(counted: Sequence[CountedOperator], call: Mapping[str, float] | None = None) -> list[GroupFit]:
    """Coefficients of every core and group that has enough operators.

    Args:
        counted: counts of single operators.
        call: by core: what a call costs, which is in every count; `CALL` where it is not given.

    Raises:
        DataError: nothing was counted on any core.
    """
    fits = []
    for core in CORES.values():
        groups: dict[str, list[tuple[CostTerms, float]]] = {}
        for entry in counted:
            group, found = terms(entry.operator, core)
            if group and core.name in entry.instructions:
                rest = entry.instructions[core.name] - (call or {}).get(core.name, CALL)
                groups.setdefault(group, []).append((found, max(rest, 1.0)))
        fits += [_fit_group(core.name, group, rows) for group, rows in sorted(groups.items())]
    if not fits:
        raise DataError("cost model: expected operators counted on at least one core, found none")
    return fits


def _fit_group(core: str, group: str, rows: Sequence[tuple[CostTerms, float]]) -> GroupFit:
    names = list(dict.fromkeys(name for found, _ in rows for name in found))
    matrix = np.array([[found.get(name, 0.0) for name in names] for found, _ in rows])
    target = np.array([instructions for _, instructions in rows])
    solution = non_negative(matrix, target, 1 / (target + _SMALL))
    errors = np.abs(matrix @ solution / target - 1)
    coefficients = {name: float(f"{value:.6g}") for name, value in zip(names, solution, strict=True)}
    return GroupFit(core, group, coefficients, len(rows), float(np.median(errors)), float(errors.max()))


def non_negative(matrix: Array, target: Array, weights: Array) -> Array:
    """Weighted least squares whose coefficients are not negative: negative ones are taken out one by one.

    Args:
        matrix: float array of shape (n, terms)
        target, weights: float array of shape (n,)

    Returns:
        float array of shape (terms,)
    """
    active = list(range(matrix.shape[1]))
    while True:
        scale = np.maximum(np.abs(matrix[:, active]).max(axis=0), 1e-12)
        solved = np.linalg.lstsq(matrix[:, active] / scale * weights[:, None], target * weights, rcond=1e-9)[0] / scale
        if (solved >= 0).all() or len(active) == 1:
            break
        active.pop(int(np.argmin(solved * scale)))
    solution = np.zeros(matrix.shape[1])
    solution[active] = np.maximum(solved, 0)
    return solution


def coefficients(fits: Iterable[GroupFit], call: Mapping[str, float] | None = None) -> dict[str, Any]:
    """The document of ``cost_model.json``: what `CostModel` reads, and how good each group is."""
    cores: dict[str, dict[str, dict[str, float]]] = {}
    quality: dict[str, dict[str, dict[str, float]]] = {}
    for group in fits:
        default = {"call": {"operator": (call or {}).get(group.core, CALL)}}
        cores.setdefault(group.core, default)[group.group] = group.coefficients
        quality.setdefault(group.core, {})[group.group] = {
            "operators": group.count,
            "median_error": round(group.median_error, 4),
            "largest_error": round(group.largest_error, 4),
        }
    return {"cores": cores, "quality": quality}


def quality_table(fits: Iterable[GroupFit]) -> str:
    """For people: how many operators each group was fitted on, and how far single ones are off."""
    lines = [
        [fit.core, fit.group, str(fit.count), f"{100 * fit.median_error:.2f}", f"{100 * fit.largest_error:.1f}"]
        for fit in fits
    ]
    return table(lines, header=["core", "group", "operators", "median error %", "largest %"], align="<<>")


def call_cost(whole: float, operators: Sequence[KernelOperator], alone: Mapping[KernelOperator, float]) -> float:
    """What a call costs, from a network and its operators counted alone: each of those has a call in it.

    Args:
        whole: instructions of the network.
        operators: all of its operators.
        alone: instructions of a model of each one.

    Raises:
        DataError: an operator that computes something was not counted, or there are fewer than two.
    """
    computing = [operator for operator in operators if not operator.is_free]
    missing = [operator.label for operator in computing if operator not in alone]
    if missing or len(computing) < 2:
        raise DataError(f"call: expected counts of two or more operators, missing {', '.join(missing) or 'all'}")
    return (sum(alone[operator] for operator in computing) - whole) / (len(computing) - 1)


def relative_error(model: CostModel, operators: Sequence[KernelOperator], counted: float) -> float:
    """Prediction over count, less one."""
    return model.predict(operators).instructions / counted - 1


def network_errors(
    core: ArmCore, document: Mapping[str, Any], networks: Mapping[str, tuple[Sequence[KernelOperator], float]]
) -> dict[str, float]:
    """`relative_error` of each network, given its operators and what was counted on `core`."""
    model = CostModel(core, document["cores"][core.name])
    return {name: relative_error(model, operators, counted) for name, (operators, counted) in networks.items()}
