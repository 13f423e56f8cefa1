"""A report states what its figures depend on, and agrees with its raw samples."""

from typing import Any

import pytest

from edge_siamese.errors import DataError
from edge_siamese.system.host import HostInfo
from edge_siamese_benchmarks.timing.facts import HostFacts
from edge_siamese_benchmarks.timing.measuring import Measurement
from edge_siamese_benchmarks.timing.report import conditions, report_json, report_text, verify_report
from edge_siamese_benchmarks.timing.samples import LatencySamples

BOARD = HostInfo("Raspberry Pi 4 Model B", "Cortex-A72", 4, "ondemand", 50.0, (), "Debian aarch64", "3.11.2")
SAMPLES = {
    "align": LatencySamples.of("align", [2_000_000, 1_000_000, 3_000_000]),
    "embed": LatencySamples.of("embed", [20_000_000] * 3),
    "never": LatencySamples.of("never", []),
}


def report(partial: str = "", simulated: str = "") -> dict[str, Any]:
    facts = HostFacts(
        BOARD, ("NEON",), 1500.0, 1500.0, 3800, "6.6", False, "litert 2.3.0", "xnnpack", 2, None, simulated
    )
    head = conditions("latency", facts, mode="quick", warmup=10, about="one face")
    metrics = {"frames": 26_826, "frames_per_second": 12.34, "falls_behind": True, "timeline": [1, 2]}
    return report_json(head, Measurement(SAMPLES, partial), warnings=["governor ondemand"], metrics=metrics)


def test_for_people() -> None:
    assert report_text(report()).splitlines() == [
        "Raspberry Pi 4 Model B, 4 x Cortex-A72, governor ondemand, 50 °C, 1500 MHz now of 1500, 3,800 MB memory",
        "Debian aarch64, Python 3.11.2, Linux 6.6",
        "instruction sets: NEON",
        "litert 2.3.0, delegate xnnpack, threads 2",
        "kernels: unknown to this runtime or delegate",
        "one face; quick, warm-up 10",
        "warning: governor ondemand",
        "",
        "milliseconds  samples  median     p90     p99     max  median, 95 %",
        "align               3   2.000   3.000   3.000   3.000        ? to ?",
        "embed               3  20.000  20.000  20.000  20.000        ? to ?",
        "frames: 26,826",
        "frames per second: 12.34",
        "falls behind: yes",
    ]


def test_a_partial_run_says_so() -> None:
    assert "PARTIAL: interrupted" in report_text(report("interrupted")).splitlines()
    assert report("interrupted")["partial"] == "interrupted"


def test_a_simulated_figure_is_not_printed_as_measured() -> None:
    simulated = report(simulated="an emulator on x86")
    assert simulated["kind"] == "simulated"
    lines = report_text(simulated).splitlines()
    assert lines[0] == "SIMULATED by an emulator on x86: no measurement of a processor"
    assert "one face; SIMULATED, not measured; quick, warm-up 10" in lines
    assert report()["kind"] == "measured"


def test_for_programs() -> None:
    fields = report()
    assert fields["conditions"]["host"]["model"] == "Raspberry Pi 4 Model B"
    assert fields["stages"].keys() == {"align", "embed"}
    align = fields["stages"]["align"]
    assert (align["samples"], align["median_ns"], align["max_ns"]) == (3, 2_000_000, 3_000_000)
    assert sum(align["histogram"]["counts"]) == 3
    assert fields["metrics"]["frames_per_second"] == 12.34


def test_a_report_agrees_with_its_samples() -> None:
    verify_report(report(), SAMPLES)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ({"align": SAMPLES["align"]}, "embed: the report has percentiles of it, the raw samples have none"),
        (
            {"align": SAMPLES["align"], "embed": LatencySamples.of("embed", [20_000_000] * 3 + [1])},
            "embed: the report has samples 3, the raw samples have 4",
        ),
        (
            {"align": LatencySamples.of("align", [1_000_000, 1, 3_000_000]), "embed": SAMPLES["embed"]},
            "align: the report has median_ns 2000000, the raw samples have 1000000",
        ),
    ],
)
def test_samples_that_were_pooled_or_exchanged_are_found(samples: dict[str, LatencySamples], message: str) -> None:
    with pytest.raises(DataError, match=message):
        verify_report(report(), samples)
