"""A clock that jumps is noticed by comparison with other clocks."""

import pytest

from edge_siamese_benchmarks.timing.clock import ClockCheck, ClockError, reference_clocks


class SetClock:
    now = 0

    def __call__(self) -> int:
        return self.now


def test_clocks_that_agree_pass() -> None:
    clock, other = SetClock(), SetClock()
    check = ClockCheck(clock, {"other": other})
    for _ in range(3):
        clock.now += 10**9
        other.now += 10**9 + 10**6
        check.check()


@pytest.mark.parametrize(("passed", "by_other"), [(10**9, 5 * 10**9), (5 * 10**9, 10**9), (0, 10**7)])
def test_a_jump_is_named_with_both_durations(passed: int, by_other: int) -> None:
    clock, other = SetClock(), SetClock()
    check = ClockCheck(clock, {"CLOCK_BOOTTIME": other})
    clock.now, other.now = passed, by_other
    expected = f"the clock jumped: {passed / 1e6:.1f} ms passed, and {by_other / 1e6:.1f} ms by CLOCK_BOOTTIME"
    with pytest.raises(ClockError, match=expected):
        check.check()


def test_a_clock_that_went_back_is_named() -> None:
    clock = SetClock()
    clock.now = 9_000_000
    check = ClockCheck(clock, {})
    clock.now = 1_000_000
    with pytest.raises(ClockError, match=r"went back by 8\.0 ms"):
        check.check()


def test_the_other_clocks_of_this_system_are_monotonic() -> None:
    for clock in reference_clocks().values():
        assert clock() <= clock()
