"""Tables say what was counted and what was predicted, and never a time."""

import json
from dataclasses import replace

import pytest

from edge_siamese.arm_cost import CORES, KernelOperator
from edge_siamese_benchmarks.arm.counts import Count
from edge_siamese_benchmarks.arm.layers import Breakdown, LayerCost, predicted_breakdown
from edge_siamese_benchmarks.arm.report import ArmReport, rows_of
from edge_siamese_benchmarks.arm.rig import RigManifest

CONV = KernelOperator("CONV_2D", (10, 10, 16), (10, 10, 16), "int8", (1, 1), (1, 1))
VIEW = KernelOperator("RESHAPE", (10, 10, 16), (1600,))
COUNTS = [
    Count("net", "", "a72", {"multiply": 3e6, "load": 1e6}, {"delegated": True}),
    Count("net", "", "a76", {"multiply": 1e6, "load": 1e6}, {"delegated": True}),
    Count("pipeline", "", "a72", {"multiply": 8e6, "load": 0.0}, {"faces": 1}),
    Count("pipeline", "detect", "a72", {"multiply": 5e6, "load": 0.0}, {}),
    Count("pipeline", "", "a76", {}, {}, error="stopped by SIGSEGV"),
]


@pytest.fixture
def report(manifest: RigManifest) -> ArmReport:
    layers = [LayerCost(0, CONV, 30_000.0), LayerCost(1, VIEW, 0.0)]
    breakdowns = {"net": [Breakdown(core, "counted", layers) for core in ("a72", "a76")]}
    rows = rows_of(COUNTS, {"net": 2_000_000}, {"net": 2})
    return ArmReport("counted", ["a72", "a76"], rows, breakdowns, "a rendered face", manifest, show_layers=True)


def test_the_main_table(report: ArmReport) -> None:
    lines = report.text().splitlines()
    assert "neither cycles nor time" in lines[0]
    rows = [line.split() for line in lines]
    assert ["millions", "MMACs", "a72", "per", "MAC", "a76", "per", "MAC"] in rows
    assert ["net", "(2", "runs", "an", "answer)", "2.0", "4.00", "2.000", "2.00", "1.000"] in rows
    assert ["pipeline", "8.00", "-"] in rows
    assert ["detect", "5.00", "-"] in rows
    assert "pipeline, a76: stopped by SIGSEGV" in lines


def test_shares_by_instruction_and_by_operator(report: ArmReport) -> None:
    lines = [line.split() for line in report.text().splitlines()]
    assert ["net", "a72", "75.0", "25.0"] in lines
    assert ["net", "a72", "counted", "conv", "1x1", "100.0"] in lines


def test_every_layer_where_that_was_asked_for(report: ArmReport) -> None:
    lines = [line.split() for line in report.text().splitlines()]
    assert ["0", "conv", "1x1", "10x10x16", "0.03", "30.0", "1.172", "100.0", "30.0", "1.172", "100.0"] in lines
    assert ["1", "reshape", "1600", "-", "-"] in lines
    assert "10x10x16" not in replace(report, show_layers=False).text()


def test_a_count_is_never_given_as_a_time(report: ArmReport) -> None:
    words = (report.text() + json.dumps(report.to_json())).lower().split()
    assert not {"ms", "milliseconds", "seconds", "fps"} & set(words)


def test_json(report: ArmReport) -> None:
    document = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert document["basis"] == "counted"
    net, pipeline, detect = document["results"]
    assert net["instructions"] == {"a72": 4_000_000, "a76": 2_000_000}
    assert net["instructions_per_mac"] == {"a72": 2.0, "a76": 1.0}
    assert net["runs_per_answer"] == 2
    assert (pipeline["macs"], pipeline["errors"]) == (None, {"a76": "stopped by SIGSEGV"})
    assert detect["part"] == "detect"
    assert document["operators"]["net"]["a72"]["layers"][0]["instructions"] == 30_000
    assert document["qemu"] == "7.2.22"


def test_a_prediction_says_so_and_names_what_it_left_out() -> None:
    odd = KernelOperator("BUILTIN_199", (7, 7, 8), (7, 7, 8))
    breakdowns = {"net": [predicted_breakdown([CONV, odd], CORES["a72"])]}
    text = ArmReport("predicted", ["a72"], [], breakdowns).text()
    assert "predicted by the cost model, not counted" in text
    assert "net, a72: not predicted: builtin 199" in text
    assert "% by operator" not in text, "shares of the rest would mislead"


def test_an_interrupted_run_says_so(report: ArmReport) -> None:
    assert replace(report, partial=True).text().endswith("this is what was counted until then.")
    assert replace(report, partial=True).to_json()["partial"] is True
