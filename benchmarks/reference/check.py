"""The regression check: measures the stages in turns with the calibration workload, and again what seems slower."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edge_siamese.errors import DataError

from ..timing.clock import Clock
from ..timing.latency import CAMERA_TO_DECISION, DETECT_PARTS
from ..timing.measuring import INTERRUPTED, Action, Measurement, RunLength, measure
from ..timing.ratios import Ratio
from .calibration import CALIBRATION, calibration_workload
from .reference import LENGTH, HostReference, StageChange, stage_ratios

NOT_CHECKED = (*DETECT_PARTS, CAMERA_TO_DECISION)
"""Parts of a stage, and the whole, which is the sum of the stages and too long to run undisturbed on a loaded machine."""


@dataclass(frozen=True)
class CheckResult:
    """Result of a check.

    Attributes:
        changes: every stage compared with its reference; of two measurements, the later.
        measurements: number of measurements of the stages that seemed slower: 1 or 2.
        partial: why the measurement is partial; empty if it is not.
    """

    changes: list[StageChange]
    measurements: int
    partial: str = ""

    @property
    def regressions(self) -> list[StageChange]:
        return [change for change in self.changes if change.is_regression]

    def to_json(self) -> dict[str, Any]:
        return {
            "passed": not self.regressions,
            "measurements": self.measurements,
            "partial": self.partial,
            "stages": [change.to_json() for change in self.changes],
        }


def checked_actions(actions: Mapping[str, Action]) -> dict[str, Action]:
    """The stages that are checked, and the calibration workload."""
    return {name: action for name, action in actions.items() if name not in NOT_CHECKED} | {
        CALIBRATION: calibration_workload()
    }


def measure_ratios(actions: Mapping[str, Action], length: RunLength = LENGTH) -> tuple[dict[str, Ratio], str]:
    """Multiples of the calibration workload, and why the measurement is partial.

    Raises:
        DataError: too few blocks were measured.
    """
    measured: Measurement = measure(actions, length)
    if measured.partial == INTERRUPTED:
        raise KeyboardInterrupt
    return stage_ratios(measured.samples), measured.partial


def check(actions: Mapping[str, Action], reference: HostReference, length: RunLength = LENGTH) -> CheckResult:
    """Compare stages with their reference. What seems slower is measured again, and counts if it is slower both times.

    Args:
        actions: from `checked_actions`.
        reference: reference of this host.
        length: how long to measure.
    """
    found, partial = measure_ratios(actions, length)
    changes = reference.changes(found)
    slower = {change.stage for change in changes if change.is_regression}
    if not slower:
        return CheckResult(changes, 1, partial)
    again = {name: action for name, action in actions.items() if name in slower or name == CALIBRATION}
    confirmed, partial = measure_ratios(again, length)
    return CheckResult(reference.changes(found | confirmed), 2, partial)


def slowed(actions: Mapping[str, Action], factors: Mapping[str, float]) -> dict[str, Action]:
    """Actions of which some take longer on purpose, to show that the check notices.

    Args:
        actions: actions by name.
        factors: how many times as long an action takes, at least 1, by name.

    Raises:
        DataError: there is no such action.
    """
    for name in factors:
        if name not in actions:
            raise DataError(f"{name}: expected one of {', '.join(actions)}")
    return {name: _slowed(action, factors.get(name, 1.0)) for name, action in actions.items()}


def _slowed(action: Callable[[], object], factor: float, clock: Clock = time.perf_counter_ns) -> Action:
    if factor == 1.0:
        return action

    def act() -> object:
        start = clock()
        result = action()
        end = start + (clock() - start) * factor
        while clock() < end:
            pass
        return result

    return act
