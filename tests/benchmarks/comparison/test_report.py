from pathlib import Path

import pytest

from edge_siamese.system.host import HostInfo
from edge_siamese_benchmarks.comparison.contestants import Contestant, NotRun, Running
from edge_siamese_benchmarks.comparison.instructions import InstructionRun, Instructions
from edge_siamese_benchmarks.comparison.latency import DETECT, EMBED, WHOLE, Latencies, LatencyRun, PhotoVisit
from edge_siamese_benchmarks.comparison.report import ComparisonReport
from edge_siamese_benchmarks.peers.adapter import About
from edge_siamese_benchmarks.peers.process import Timing
from edge_siamese_benchmarks.timing.facts import HostFacts

HOST = HostInfo("Board", "Core", 2, None, None, None, "Linux", "3.11")
FACTS = HostFacts(HOST, ("AVX2",), None, None, None, "6.1", False, "litert 1", "xnnpack", 1, None)


def running(name: str, *, embeds: bool = True, error: str = "") -> Running:
    contestant = Contestant(name, name.title(), "x:Y", {"embedder": Path("m.tflite")}, "MIT")
    return Running(contestant, None, About({"fake": "1"}, embeds=embeds), 1500, error, 48_600_000)


def latencies(name: str, wall: int, cpu: int, *, embeds: bool = True) -> Latencies:
    once = Timing(wall, cpu)
    times = {DETECT: once} | ({EMBED: once, WHOLE: Timing(2 * wall, 2 * cpu)} if embeds else {})
    return Latencies(name, [PhotoVisit(photo, number, times) for number in range(6) for photo in range(2)])


@pytest.fixture
def report() -> ComparisonReport:
    run = LatencyRun(
        {
            "ours": latencies("ours", 1_000_000, 990_000),
            "peer": latencies("peer", 3_000_000, 2_970_000),
            "finder": latencies("finder", 500_000, 500_000, embeds=False),
        },
        "2 of 6 rounds in 5 s, the time limit",
    )
    counted = InstructionRun(
        {
            "ours": Instructions({"a72": 157.5e6}, "counted", "detection to embedding, one face, 320 x 240"),
            "finder": Instructions({"a72": 19.8e6}, "predicted", "the network alone"),
        },
        {"peer": "its package does not run on the rig"},
    )
    contestants = [running("ours"), running("peer", error="crashed"), running("finder", embeds=False)]
    lacking = [NotRun("dlib", "dlib", "no package dlib")]
    return ComparisonReport(FACTS, "people.zip", 2, 6, "wall", contestants, lacking, run, None, counted)


def test_cells_name_what_they_are(report: ComparisonReport) -> None:
    lines = report.markdown().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("| Ours"))
    assert lines[start : start + 3] == [
        "| Ours | 2 | 49 | 1.000 | 1.000 | 2.000 | - | 157.5 counted |",
        "| Peer | 2 | 49 | 3.000 | 3.000 | 6.000 | 3.00 (3.00 to 3.00) | - |",
        "| Finder | 2 | 49 | 0.500 | - | - | 0.50 (0.50 to 0.50), detection | 19.8* predicted |",
    ]


def test_remarks_name_failures_what_is_missing_and_why_it_is_partial(report: ComparisonReport) -> None:
    text = report.text()
    assert "Peer: failed: crashed" in text
    assert "dlib: not run: no package dlib" in text
    assert "no instructions of Peer: its package does not run on the rig" in text
    assert "* the network alone" in text
    assert text.endswith("Partial: 2 of 6 rounds in 5 s, the time limit")


def test_the_document_has_the_basis_of_every_figure(report: ComparisonReport) -> None:
    document = report.to_json(raw=True)
    ours, peer, finder = document["contestants"]
    assert ours["arm"]["basis"] == "counted"
    assert finder["arm"]["basis"] == "predicted"
    assert finder["ratio"]["of"] == DETECT
    assert peer["ratio"]["of"] == WHOLE
    assert peer["latency"][WHOLE]["cpu"]["median_ns"] == 5_940_000
    assert len(peer["latency"][WHOLE]["wall"]["raw_ns"]) == 12
    assert document["partial"] == report.partial


def test_a_core_with_other_work_is_named() -> None:
    run = LatencyRun({"ours": latencies("ours", 3_000_000, 1_000_000)})
    report = ComparisonReport(FACTS, "x", 2, 6, "wall", [running("ours")], [], run, None, None)
    (warning,) = report.warnings
    assert warning.startswith("other work on this core: a detection takes 3.0 times its processor time")
