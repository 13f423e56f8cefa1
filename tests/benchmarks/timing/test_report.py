"""A report states what its figures depend on, for people and for programs."""

import pytest

from edge_siamese.system.host import HostInfo
from edge_siamese_benchmarks.timing.report import Report
from edge_siamese_benchmarks.timing.samples import LatencySamples

BOARD = HostInfo("Raspberry Pi 4 Model B", "Cortex-A72", 4, "ondemand", 50.0, (), "Debian aarch64", "3.11.2")


@pytest.fixture
def report() -> Report:
    samples = {
        "align": LatencySamples.of("align", [2_000_000, 1_000_000, 3_000_000]),
        "never": LatencySamples.of("never", []),
    }
    return Report(
        BOARD, "ai-edge-litert 2.3.0", "xnnpack", 2, 10, "one face", samples, {"frames": 37, "frames_per_second": 12.34}
    )


def test_for_people(report: Report) -> None:
    assert report.text().splitlines() == [
        "Raspberry Pi 4 Model B, 4 x Cortex-A72, governor ondemand, 50 °C",
        "Debian aarch64, Python 3.11.2",
        "ai-edge-litert 2.3.0, delegate xnnpack, threads 2",
        "one face; warm-up 10",
        "",
        "milliseconds  samples  median    p90    p99    max",
        "align               3   2.000  3.000  3.000  3.000",
        "frames: 37",
        "frames per second: 12.3",
    ]


def test_for_programs(report: Report) -> None:
    fields = report.to_json()
    assert fields["host"]["model"] == "Raspberry Pi 4 Model B"
    assert {key: fields[key] for key in ("runtime", "delegate", "threads", "warmup", "input")} == {
        "runtime": "ai-edge-litert 2.3.0",
        "delegate": "xnnpack",
        "threads": 2,
        "warmup": 10,
        "input": "one face",
    }
    assert fields["stages"].keys() == {"align"}
    align = {name: fields["stages"]["align"][name] for name in ("samples", "median_ns", "p99_ns", "max_ns")}
    assert align == {"samples": 3, "median_ns": 2_000_000, "p99_ns": 3_000_000, "max_ns": 3_000_000}
    assert (fields["frames"], fields["frames_per_second"]) == (37, 12.34)
    assert "raw_ns" not in fields


def test_raw_samples_are_kept_in_the_order_they_were_taken(report: Report) -> None:
    assert report.to_json(raw=True)["raw_ns"]["align"] == [2_000_000, 1_000_000, 3_000_000]
