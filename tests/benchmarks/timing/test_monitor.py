"""The state of the host is read during a run, and what spoiled it is said in one sentence each."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from edge_siamese.system.host import HostInfo
from edge_siamese_benchmarks.timing.monitor import CpuTimes, HostMonitor, HostState, warnings_about

PI = HostInfo("Raspberry Pi 4", "Cortex-A72", 4, "performance", 50.0, (), "Debian aarch64", "3.11.2")
QUIET = HostState(0, 50.0, 1500.0, (), 0.0, 0.25, 0.25)


@pytest.mark.parametrize(
    ("host", "changed", "expected"),
    [
        ({}, {}, None),
        ({"governor": None}, {}, None),
        ({"governor": "ondemand"}, {}, "governor ondemand: the clock follows the load"),
        ({}, {"steal": 0.3}, "steal time up to 30%: the hypervisor gave the processor to others"),
        ({}, {"busy": 0.75}, "load: other processes used 1.0 of 4 cores"),
        ({}, {"throttling": ("throttled", "throttled since boot")}, "throttling: throttled"),
        ({}, {"throttling": ("throttled since boot",)}, None),
        ({}, {"temperature": 70.0}, "temperature: rose from 50 to 70 °C"),
        ({}, {"clock_mhz": 600.0}, "clock: between 600 and 1500 MHz during the run"),
        ({}, {"temperature": None, "clock_mhz": None, "steal": None, "busy": None, "throttling": None}, None),
    ],
)
def test_what_spoils_a_run_is_named(host: dict[str, object], changed: dict[str, object], expected: str | None) -> None:
    found = warnings_about(replace(PI, **host), [QUIET, replace(QUIET, **changed)])  # type: ignore[arg-type]
    assert len(found) == (expected is not None)
    assert expected is None or found[0].startswith(expected)


def test_processor_times(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    assert CpuTimes.read(tmp_path) is None
    (tmp_path / "proc/stat").write_text("cpu  10 20 30 400 5 1 2 7 0 0\ncpu0 1 2 3 4\n")
    assert CpuTimes.read(tmp_path) == CpuTimes(busy=63, stolen=7, total=475)


def test_states_are_read_at_the_start_during_the_run_and_at_the_end() -> None:
    with HostMonitor(0.01, detect=lambda: PI) as monitor:
        time.sleep(0.2)
    assert len(monitor.states) > 3
    times = [state.at_ns for state in monitor.states]
    assert times == sorted(times)
    assert all(state.temperature == 50.0 for state in monitor.states)
    shares = [share for state in monitor.states for share in (state.steal, state.busy) if share is not None]
    assert all(0 <= share <= 1 for share in shares)
