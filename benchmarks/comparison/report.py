"""Report of a comparison: a row for each contestant, as text, Markdown and JSON."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from edge_siamese.cli.shared.output import table

from ..timing.facts import HostFacts
from ..timing.ratios import Ratio
from ..timing.samples import milliseconds
from .accuracy import Accuracy, AccuracyRun
from .contestants import NotRun, Running
from .instructions import InstructionRun, Instructions
from .latency import CLOCKS, DETECT, EMBED, WHOLE, Clock, Latencies, LatencyRun

FMR = "0.001"
_MAX_WAITING = 1.15


@dataclass(frozen=True, eq=False)
class ComparisonRow:
    """Results of one contestant.

    Attributes:
        running: the contestant, its bytes and its error.
        latencies: its durations.
        ratio: its duration relative to the first contestant: to the embedding, or of the detection for a detector.
        accuracy: its accuracy; None if it was not measured.
        difference: accuracy less that of the first contestant, as `VerificationMetrics.minus` gives it; None for a detector.
        instructions: None if they were neither counted nor predicted.
    """

    running: Running
    latencies: Latencies
    ratio: Ratio | None
    accuracy: Accuracy | None
    difference: dict[str, Any] | None
    instructions: Instructions | None

    @property
    def embeds(self) -> bool:
        return bool(self.latencies.photos(WHOLE))

    def median_ms(self, step: str, clock: Clock) -> float | None:
        """Median of a step in milliseconds, or None."""
        samples = self.latencies.samples(step, clock)
        return samples.percentile(50) / 1e6 if len(samples) else None

    @property
    def tar(self) -> float | None:
        """TAR at an FMR of 0.001, or None."""
        verification = self.accuracy.verification if self.accuracy else None
        value: float | None = verification.to_json()["tar_at_fmr"][FMR] if verification else None
        return value


@dataclass(frozen=True, eq=False)
class ComparisonReport:
    """A comparison.

    Attributes:
        facts: the host and the kernels of our networks.
        data: what the photos were.
        photos, rounds: photos of the latency, and how often each was shown.
        clock: clock of the table's durations and ratios.
        running: the contestants that ran; the first one is what the others are compared with.
        not_run: known projects that did not run.
        latency, accuracy, instructions: the measurements; None for one that was not asked for.
        host_warnings: what the host did during the latency that spoils it.
    """

    facts: HostFacts
    data: str
    photos: int
    rounds: int
    clock: Clock
    running: Sequence[Running]
    not_run: Sequence[NotRun]
    latency: LatencyRun
    accuracy: AccuracyRun | None
    instructions: InstructionRun | None
    host_warnings: Sequence[str] = ()

    @property
    def warnings(self) -> list[str]:
        """What spoiled the run; one sentence each."""
        first = self.latency.latencies[self.running[0].contestant.name]
        wall, cpu = (first.samples(DETECT, clock) for clock in CLOCKS)
        found = list(self.host_warnings)
        if len(wall) and wall.percentile(50) > _MAX_WAITING * cpu.percentile(50):
            times = wall.percentile(50) / max(cpu.percentile(50), 1)
            found.append(
                f"other work on this core: a detection takes {times:.1f} times its processor time; prefer --clock cpu"
            )
        return found

    @property
    def partial(self) -> str:
        """Why the comparison is partial; empty if it is complete."""
        return "; ".join(filter(None, (self.latency.partial, self.accuracy.partial if self.accuracy else "")))

    @cached_property
    def rows(self) -> list[ComparisonRow]:
        """One row for each contestant that ran, in order."""
        return [self._row(each) for each in self.running]

    def to_json(self, *, raw: bool = False) -> dict[str, Any]:
        """The report as JSON; with `raw`, including every duration."""
        return {
            "conditions": self.facts.to_json(),
            "data": self.data,
            "photos": self.photos,
            "rounds": self.rounds,
            "threads": 1,
            "clock": self.clock,
            "warnings": self.warnings,
            "partial": self.partial,
            "accuracy_on": self.accuracy.to_json() if self.accuracy else None,
            "contestants": [self._row_json(row, raw=raw) for row in self.rows],
            "not_run": [{"name": each.name, "title": each.title, "reason": each.reason} for each in self.not_run],
        }

    def text(self) -> str:
        """The report as text tables."""
        header, rows = self._cells()
        return "\n".join([*self._conditions(), "", table(rows, header=header), *self._remarks()])

    def markdown(self) -> str:
        """The report as a Markdown table with its conditions and remarks."""
        header, rows = self._cells()
        lines = [header, ["---"] * len(header), *rows]
        cells = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return "\n".join([*self._conditions(), "", cells, "", *(f"- {line}" for line in self._remarks())])

    def _row(self, each: Running) -> ComparisonRow:
        name, first = each.contestant.name, self.running[0].contestant.name
        latencies = self.latency.latencies[name]
        step = WHOLE if latencies.photos(WHOLE) else DETECT
        results = self.accuracy.results if self.accuracy else {}
        accuracy, base = results.get(name), results.get(first)
        difference = None
        if name != first and accuracy and base and accuracy.verification and base.verification:
            difference = accuracy.verification.minus(base.verification)
        ratio = None if name == first else self.latency.ratio(name, first, step, self.clock)
        counted = self.instructions.results.get(name) if self.instructions else None
        return ComparisonRow(each, latencies, ratio, accuracy, difference, counted)

    def _row_json(self, row: ComparisonRow, *, raw: bool) -> dict[str, Any]:
        each = row.running
        about = each.about
        return {
            "name": each.contestant.name,
            "title": each.contestant.title,
            "license": each.contestant.license,
            "versions": about.versions,
            "files": {role: path.name for role, path in each.contestant.files.items()},
            "model_bytes": each.model_bytes,
            "peak_memory_bytes": each.peak_bytes,
            "embeds": about.embeds,
            "error": each.error or None,
            "notes": each.notes,
            "latency": row.latencies.to_json(raw=raw),
            "ratio": row.ratio.to_json() | {"of": WHOLE if row.embeds else DETECT} if row.ratio else None,
            "accuracy": row.accuracy.to_json() if row.accuracy else None,
            "difference": row.difference,
            "arm": row.instructions.to_json() if row.instructions else None,
            "arm_missing": self.instructions.missing.get(each.contestant.name) if self.instructions else None,
        }

    def _conditions(self) -> list[str]:
        clock = "wall clock" if self.clock == "wall" else "processor time"
        method = (
            f"One thread on one core; {self.photos} photos of {self.data}, {self.rounds} rounds in turns; "
            f"median milliseconds of {clock}; ratios with 95 % intervals"
        )
        lines = [*self.facts.lines(), method]
        if self.accuracy and not self.accuracy.partial:
            lines.append(
                f"Accuracy: {self.accuracy.protocol} of {self.accuracy.people} people, aligned by each contestant itself"
            )
        return lines

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        first = self.running[0].contestant.title
        cores = sorted({core for row in self.rows if row.instructions for core in row.instructions.by_core})
        columns: list[tuple[str, Callable[[ComparisonRow], str]]] = [
            ("", lambda row: row.running.contestant.title),
            ("model kB", lambda row: f"{row.running.model_bytes / 1000:,.0f}"),
            ("peak MB", lambda row: _megabytes(row.running.peak_bytes)),
            ("detect", lambda row: self._duration(row, DETECT)),
            ("align + embed", lambda row: self._duration(row, EMBED)),
            ("together", lambda row: self._duration(row, WHOLE)),
            (f"times {first}", _ratio_text),
            ("no face", lambda row: f"{row.accuracy.not_found} of {row.accuracy.photos}" if row.accuracy else "-"),
            ("accuracy", lambda row: _metric(row, "accuracy")),
            ("EER", lambda row: _metric(row, "eer")),
            (f"TAR at FMR {FMR}", lambda row: "-" if row.tar is None else f"{row.tar:.2%}"),
            *((f"{core} M", lambda row, core=core: _instructions_text(row, core)) for core in cores),
        ]
        if self.accuracy is None:
            columns = [
                column for column in columns if column[0] not in ("no face", "accuracy", "EER", f"TAR at FMR {FMR}")
            ]
        return [name for name, _ in columns], [[cell(row) for _, cell in columns] for row in self.rows]

    def _duration(self, row: ComparisonRow, step: str) -> str:
        value = row.median_ms(step, self.clock)
        return "-" if value is None else milliseconds(value * 1e6)

    def _remarks(self) -> list[str]:
        lines = [f"Warning: {sentence}" for sentence in self.warnings]
        lines += [f"{each.contestant.title}: failed: {each.error}" for each in self.running if each.error]
        lines += [f"{each.contestant.title}: {note}" for each in self.running for note in each.notes]
        lines += [self._difference(row) for row in self.rows if row.difference]
        lines += _instruction_remarks(self.rows)
        lines += self._missing_instructions()
        lines += [f"{each.title}: not run: {each.reason}" for each in self.not_run]
        return lines + ([f"Partial: {self.partial}"] if self.partial else [])

    def _missing_instructions(self) -> list[str]:
        by_reason: dict[str, list[str]] = {}
        for row in self.rows:
            reason = self.instructions.missing.get(row.running.contestant.name) if self.instructions else None
            if reason:
                by_reason.setdefault(reason, []).append(row.running.contestant.title)
        return [f"no instructions of {', '.join(titles)}: {reason}" for reason, titles in by_reason.items()]

    def _difference(self, row: ComparisonRow) -> str:
        assert row.difference is not None
        accuracy, tar = (_points(row.difference["accuracy"]), _points(row.difference["tar_at_fmr"][FMR]))
        return f"{row.running.contestant.title} less {self.running[0].contestant.title}: accuracy {accuracy}; TAR {tar}"


def _megabytes(count: int | None) -> str:
    return "-" if count is None else f"{count / 1e6:.0f}"


def _ratio_text(row: ComparisonRow) -> str:
    if row.ratio is None:
        return "-"
    return row.ratio.text() + ("" if row.embeds else ", detection")


def _metric(row: ComparisonRow, name: str) -> str:
    verification = row.accuracy.verification if row.accuracy else None
    return f"{verification.to_json()[name]:.2%}" if verification else "-"


def _instructions_text(row: ComparisonRow, core: str) -> str:
    found = row.instructions
    if found is None or core not in found.by_core:
        return "-"
    mark = "" if found.scope.startswith("detection to") else "*"
    return f"{found.by_core[core] / 1e6:.1f}{mark} {found.basis}"


def _instruction_remarks(rows: Sequence[ComparisonRow]) -> list[str]:
    found = [row.instructions for row in rows if row.instructions]
    scopes = sorted({each.scope for each in found})
    lines = [
        "Millions of instructions (M) are neither cycles nor time; counted under emulation or predicted by the cost model"
    ]
    lines += [f"* {scope}" if not scope.startswith("detection to") else f"M without *: {scope}" for scope in scopes]
    return lines if found else []


def _points(difference: dict[str, Any] | None) -> str:
    """A difference of rates in percentage points, and its interval."""
    if difference is None:
        return "too few impostor pairs to say"
    bounds = difference["person_interval_95"]
    between = f" ({100 * bounds[0]:+.2f} to {100 * bounds[1]:+.2f})" if bounds else ""
    return f"{100 * difference['value']:+.2f} points{between}"
