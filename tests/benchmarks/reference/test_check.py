"""The check measures again what seems slower, and slows a stage on purpose when asked to."""

import time

import pytest

from edge_siamese.errors import DataError
from edge_siamese_benchmarks.reference.calibration import CALIBRATION, calibration_workload
from edge_siamese_benchmarks.reference.check import NOT_CHECKED, check, checked_actions, slowed
from edge_siamese_benchmarks.reference.reference import HostReference, StageReference
from edge_siamese_benchmarks.timing.measuring import Action, RunLength

LENGTH = RunLength(warmup=2, queries=96, seconds=0.0, max_seconds=60.0)


def spin(ns: int) -> Action:
    def act() -> None:
        end = time.perf_counter_ns() + ns
        while time.perf_counter_ns() < end:
            pass

    return act


def reference(ratio: float) -> HostReference:
    return HostReference("here", {}, {"work": StageReference(ratio, 0.01)}, 5)


def actions(work_ns: int = 200_000) -> dict[str, Action]:
    return {"work": spin(work_ns), CALIBRATION: spin(100_000)}


def test_an_equal_stage_is_measured_once() -> None:
    result = check(actions(), reference(2.0), LENGTH)
    assert (result.regressions, result.measurements, result.partial) == ([], 1, "")
    assert result.to_json()["passed"] is True


def test_a_slower_stage_is_confirmed() -> None:
    result = check(slowed(actions(), {"work": 1.2}), reference(2.0), LENGTH)
    assert [change.stage for change in result.regressions] == ["work"]
    assert result.measurements == 2
    fields = result.to_json()
    assert fields["passed"] is False
    assert fields["stages"][0]["change"] == pytest.approx(0.2, abs=0.05)


def test_what_was_slower_once_is_no_regression() -> None:
    calls = [0]
    slow, fast = spin(300_000), spin(200_000)

    def work() -> None:
        calls[0] += 1
        (slow if calls[0] <= LENGTH.warmup + LENGTH.queries else fast)()

    result = check({"work": work, CALIBRATION: spin(100_000)}, reference(2.0), LENGTH)
    assert (result.regressions, result.measurements) == ([], 2)


def test_a_stage_that_does_not_exist_cannot_be_slowed() -> None:
    with pytest.raises(DataError, match=r"^wrok: expected one of work, calibration$"):
        slowed(actions(), {"wrok": 1.2})


def test_parts_and_the_whole_are_left_out() -> None:
    found = checked_actions(dict.fromkeys((*NOT_CHECKED, "embed"), lambda: None))
    assert found.keys() == {"embed", CALIBRATION}


def test_the_calibration_workload_is_always_the_same() -> None:
    work = calibration_workload()
    ordered, curve, product = work()  # type: ignore[misc]
    assert ordered.shape == (20_000,)
    assert product.shape == (48, 48)
    assert (calibration_workload()()[2] == product).all()  # type: ignore[index]
    assert abs(curve).max() <= 1
