"""Reports show what was measured, say what is partial or simulated, and load nothing from the network."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_benchmarks.reports.markdown import markdown
from edge_siamese_benchmarks.reports.source import read_report
from edge_siamese_benchmarks.timing.journal import Journal
from edge_siamese_benchmarks.timing.latency import CAMERA_TO_DECISION
from edge_siamese_benchmarks.timing.measuring import Measurement
from edge_siamese_benchmarks.timing.monitor import HostState
from edge_siamese_benchmarks.timing.report import report_json
from edge_siamese_benchmarks.timing.samples import LatencySamples
from edge_siamese_benchmarks.timing.thermal import timeline

HEAD = {
    "benchmark": "latency",
    "kind": "measured",
    "mode": "full",
    "warmup": 64,
    "input": "one face",
    "conditions": {},
    "description": ["a board & its <processor>", "XNNPACK int8 kernels: 2x8c8 neon"],
}
STATES = [HostState(second * 10**9, 50.0 + second, 1500.0, (), 0.0, 0.5, 0.4) for second in range(4)]


def samples(label: str, scale: float = 1e6) -> LatencySamples:
    ns = np.random.default_rng(3).lognormal(0, 0.3, 400) * scale
    return LatencySamples(label, ns.astype(np.int64), np.repeat(np.arange(4), 100))


MEASURED = {label: samples(label, scale) for label, scale in (("embed", 5e6), (CAMERA_TO_DECISION, 2e7))}


def report(partial: str = "", **changed: Any) -> dict[str, Any]:
    measurement = Measurement(MEASURED, partial)
    return report_json(HEAD | changed, measurement, states=STATES, warnings=["governor ondemand: it follows the load"])


def saved(path: Path, content: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"schema": f"edge-siamese/bench-{content['benchmark']}/2"} | content))
    return path


def write_raw(path: Path, **head: Any) -> Path:
    with Journal(path, HEAD | head) as journal:
        for taken in MEASURED.values():
            journal.add(taken)
        journal.finish(warnings=["load"], metrics={"frames_per_second": 9.5}, host_states=[])
    return path


def test_markdown_has_conditions_warnings_and_a_table() -> None:
    lines = markdown(report("interrupted")).splitlines()
    assert lines[0] == "# bench latency: one face"
    assert "- XNNPACK int8 kernels: 2x8c8 neon" in lines
    assert "**PARTIAL: interrupted**" in lines
    assert "> warning: governor ondemand: it follows the load" in lines
    (row,) = [line for line in lines if line.startswith("| embed")]
    summary = MEASURED["embed"].summary()
    assert row.split(" | ")[:3] == ["| embed", "400", f"{summary.median / 1e6:.3f}"]


def test_a_simulated_report_is_not_called_measured() -> None:
    assert markdown(report(kind="simulated")).startswith("# bench latency, simulated: one face")


def test_a_report_is_read_and_compared_with_its_raw_samples(tmp_path: Path) -> None:
    file, raw = saved(tmp_path / "report.json", report()), write_raw(tmp_path / "raw.jsonl")
    assert read_report(file, raw)["stages"] == report()["stages"]
    wrong = report()
    wrong["stages"]["embed"] = wrong["stages"][CAMERA_TO_DECISION]
    with pytest.raises(DataError, match=r"^embed: the report has median_ns"):
        read_report(saved(file, wrong), raw)


def test_raw_samples_give_the_same_report(tmp_path: Path) -> None:
    found = read_report(write_raw(tmp_path / "raw.jsonl"))
    assert found["stages"] == report()["stages"]
    assert (found["partial"], found["warnings"], found["metrics"]) == ("", ["load"], {"frames_per_second": 9.5})


def test_raw_samples_of_a_killed_run_give_a_partial_report(tmp_path: Path) -> None:
    raw = write_raw(tmp_path / "raw.jsonl")
    lines = raw.read_text().splitlines(keepends=True)
    raw.write_text("".join(lines[:-2]) + lines[-2][:20])
    found = read_report(raw)
    assert found["partial"] == "the run was killed"
    assert found["stages"][CAMERA_TO_DECISION]["samples"] == 300


def test_a_killed_thermal_run_has_its_timeline(tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    with Journal(raw, HEAD | {"benchmark": "thermal"}) as journal:
        journal.add(MEASURED[CAMERA_TO_DECISION])
        for state in STATES:
            journal.add_state(state)
    found = read_report(raw)
    assert [row["second"] for row in found["metrics"]["timeline"]] == [0, 1, 2, 3]
    assert [row["temperature"] for row in found["metrics"]["timeline"]] == [51.0, 52.0, 53.0, 53.0]
    assert found["host_states"] == [json.loads(json.dumps(state.to_json())) for state in STATES]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected raw samples"),
        ("{}", "expected a report of bench latency, pipeline, thermal, found schema None"),
        ("[1]", "found schema None"),
        ('{"schema": "edge-siamese/bench-latency/1"}', "found schema edge-siamese/bench-latency/1"),
        ('{"schema": "edge-siamese/bench-latency/2"}', "expected a report"),
        (
            '{"schema": "edge-siamese/bench-samples/1", "about": {"benchmark": "latency"}}',
            "expected raw samples of bench",
        ),
        ('{"schema": "edge-siamese/bench-samples/1", "about": 5}', "expected raw samples"),
        ('{"schema": "edge-siamese/bench-samples/1", "about": {}}', "expected raw samples of bench"),
    ],
)
def test_another_file_gets_one_sentence(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read_report(tmp_path / "x.json")


def test_raw_samples_without_a_sample(tmp_path: Path) -> None:
    with Journal(tmp_path / "raw.jsonl", HEAD):
        pass
    with pytest.raises(DataError, match="expected at least one sample, found none"):
        read_report(tmp_path / "raw.jsonl")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.update(stages={}),
        lambda content: content.update(stages=[]),
        lambda content: content["stages"]["embed"].pop("p99_ns"),
        lambda content: content["stages"]["embed"].update(median_ns="fast"),
        lambda content: content["stages"]["embed"]["histogram"]["counts"].pop(),
        lambda content: content.update(metrics={"timeline": [{}]}),
        lambda content: content.update(host_states=[5]),
        lambda content: content.update(metrics=None),
    ],
)
def test_a_damaged_report_gets_one_sentence(tmp_path: Path, damage: Callable[[dict[str, Any]], object]) -> None:
    content = report()
    damage(content)
    with pytest.raises(DataError, match="the report is damaged"):
        read_report(saved(tmp_path / "report.json", content))


class TestPage:
    """HTML pages; they need the extra ``report``."""

    @pytest.fixture(autouse=True)
    def _extra(self) -> None:
        pytest.importorskip("jinja2")
        pytest.importorskip("matplotlib")

    def page(self, content: dict[str, Any]) -> str:
        from edge_siamese_benchmarks.reports.page import render_report_page

        return render_report_page(content)

    def test_it_shows_plots_and_escapes_text(self) -> None:
        page = self.page(report())
        assert page.count("<svg ") == 3
        assert "a board &amp; its &lt;processor&gt;" in page
        assert "Governor ondemand: it follows the load." in page
        assert "Partial" not in page
        assert not re.search(r'(?:src|href)="(?!data:|#)', page)

    def test_it_says_what_is_partial_or_simulated(self) -> None:
        page = self.page(report("the run was killed", kind="simulated"))
        assert "<b>Partial:</b> the run was killed." in page
        assert "<b>Simulated, not measured:</b>" in page

    def test_a_thermal_run_is_drawn_over_time_and_temperature(self) -> None:
        rows = timeline(MEASURED[CAMERA_TO_DECISION], STATES)
        content = report(benchmark="thermal") | {"metrics": {"drift": 1.25, "timeline": rows}}
        page = self.page(content)
        assert "took 1.250 times as long as the first" in page
        assert "temperature, °C" in page
        cold = [row | {"temperature": None} for row in rows]
        page = self.page(content | {"metrics": {"drift": 1.0, "timeline": cold}})
        assert "This machine does not give its temperature." in page
        assert "temperature, °C" not in page

    def test_a_rate_shows_whether_the_board_keeps_up(self) -> None:
        metrics = {"frames_per_second": 4.5, "offered_frames_per_second": 10.0, "falls_behind": True}
        content = report_json(HEAD, Measurement(MEASURED | {"response": samples("response")}), metrics=metrics)
        page = self.page(content)
        assert "10 were offered" in page
        assert "falls behind" in page
        assert "response, median" in page

    def test_the_file_is_written(self, tmp_path: Path) -> None:
        from edge_siamese_benchmarks.reports.page import write_report_page

        write_report_page(tmp_path / "r.html", report())
        assert (tmp_path / "r.html").read_text().startswith("<!doctype html>")
