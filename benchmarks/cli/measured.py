"""What the timing commands share: options, the opened engine with limited kernels, and the presentation of reports."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.numbers import FiniteRange
from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.errors import EdgeSiameseError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from edge_siamese.engine import FaceEngine

    from ..timing.facts import HostFacts
    from ..timing.journal import Journal
    from ..timing.measuring import Measurement, RunLength
    from ..timing.monitor import HostMonitor

_MAX_SECONDS = 86_400
_MAX_REPEAT = 1_000_000_000
EXIT_INTERRUPTED = 130

_RAW = click.option(
    "--raw",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every sample to this JSON lines file while measuring.",
)
_KERNELS = click.option(
    "--kernels",
    type=click.Choice(["avx2", "avx512"]),
    help="Limit XNNPACK to kernels of processors without VNNI (x86-64).",
)
_TEMPLATES = click.option(
    "--templates",
    type=click.IntRange(1, 1_000_000),
    default=1000,
    show_default=True,
    help="Number of templates to match against.",
)
_QUICK = click.option("--quick", is_flag=True, help="A few seconds instead of at least 1,024 runs and 60 s.")
_REPEAT = click.option(
    "--repeat", type=click.IntRange(1, _MAX_REPEAT), help="This many measured runs instead; no minimum time."
)
_WARMUP = click.option("--warmup", type=click.IntRange(0, _MAX_REPEAT), help="Runs before the measured ones.")
_LIMIT = click.option(
    "--max-seconds",
    type=FiniteRange(0, _MAX_SECONDS, min_open=True),
    help="Stop after this time; the report is then marked as partial.",
)


def timing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that all timing commands have; pass ``embedder, detector, delegate, threads, kernels`` to `open_engine`."""
    for option in (_RAW, json_option, _KERNELS, _TEMPLATES):
        command = option(command)
    return engine_options(command)


def length_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--quick --repeat --warmup --max-seconds``; pass them on to `run_length`."""
    for option in (_LIMIT, _WARMUP, _REPEAT, _QUICK):
        command = option(command)
    return command


def run_length(
    quick: bool, repeat: int | None, warmup: int | None, max_seconds: float | None
) -> "tuple[RunLength, str]":
    """How long to measure, and its description for the report.

    Raises:
        click.UsageError: `quick` and `repeat` are both given.
    """
    from dataclasses import replace

    from ..timing.measuring import FULL, QUICK

    if quick and repeat is not None:
        raise click.UsageError("expected --quick or --repeat, found both")
    length, mode = (QUICK, "quick") if quick else (FULL, "full")
    if repeat is not None:
        length, mode = replace(QUICK, queries=repeat, max_seconds=FULL.max_seconds, per_block=1), f"{repeat:,} runs"
    if warmup is not None:
        length = replace(length, warmup=warmup)
    if max_seconds is not None:
        length = replace(length, max_seconds=max_seconds, seconds=min(length.seconds, max_seconds))
    return length, mode


def open_engine(
    embedder: Path | None, detector: Path | None, delegate: str, threads: int, kernels: str | None
) -> "FaceEngine":
    """Open an engine, with XNNPACK's kernels limited before.

    Raises:
        click.UsageError: kernels are limited for another delegate.
        RuntimeMissingError: the runtime does not allow it, or it did not have an effect.
    """
    from edge_siamese.engine import FaceEngine

    from ..timing.xnnpack import check_limit, limit_kernels

    if kernels is None:
        return FaceEngine.open(embedder, detector, delegate=delegate, threads=threads)  # type: ignore[arg-type]
    if delegate != "xnnpack":
        raise click.UsageError(f"--kernels limits those of XNNPACK: expected --delegate xnnpack, found {delegate}")
    limit_kernels(kernels)  # type: ignore[arg-type]
    engine = FaceEngine.open(embedder, detector, delegate=delegate, threads=threads)  # type: ignore[arg-type]
    check_limit()
    return engine


def facts_of(engine: "FaceEngine") -> "HostFacts":
    """The facts of this host with the settings of an engine."""
    from ..timing.facts import read_facts
    from ..timing.xnnpack import chosen_kernels

    return read_facts(
        runtime=engine.runtime, delegate=engine.delegate, threads=engine.threads, kernels=chosen_kernels()
    )


@dataclass
class TimingRun:
    """A timing command that runs: its engine, what is known before, and what observes it.

    Attributes:
        command: such as ``bench-latency``; names the schema.
        engine: the engine.
        facts: the host before the run.
        head: `report.conditions` of the run.
        monitor: reads the state of the host during the run.
        journal: writes the raw samples, if requested.
    """

    command: str
    engine: "FaceEngine"
    facts: "HostFacts"
    head: dict[str, Any]
    monitor: "HostMonitor"
    journal: "Journal | None"

    def present(self, measurement: "Measurement", metrics: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
        """Finish the raw samples, print the report and return it.

        Raises:
            EdgeSiameseError: nothing was measured.
        """
        from ..timing.measuring import INTERRUPTED
        from ..timing.monitor import warnings_about
        from ..timing.report import SCHEMA_VERSION, report_json, report_text

        states = self.monitor.states
        warnings = warnings_about(self.facts.host, states)
        report = report_json(self.head, measurement, states=states, warnings=warnings, metrics=metrics)
        if self.journal:
            ending = {name: report[name] for name in ("warnings", "metrics")}
            self.journal.finish(measurement.partial, **ending)
        if not report["stages"]:
            raise EdgeSiameseError(f"nothing was measured: {measurement.partial or 'no sample'}")
        if as_json:
            emit_json(self.command, report, models=self.engine.digests, schema_version=SCHEMA_VERSION)
        else:
            click.echo(report_text(report))
        if measurement.partial.startswith(INTERRUPTED):
            click.get_current_context().exit(EXIT_INTERRUPTED)
        return report


@contextmanager
def timing_run(
    benchmark: str, engine: "FaceEngine", *, mode: str, warmup: int, about: str, raw: Path | None
) -> "Iterator[TimingRun]":
    """Observe a measurement: host states in a thread, raw samples in a file, SIGTERM as an interrupt."""
    from ..timing.journal import Journal
    from ..timing.monitor import HostMonitor
    from ..timing.report import conditions

    facts = facts_of(engine)
    head = conditions(benchmark, facts, mode=mode, warmup=warmup, about=about)
    journal: AbstractContextManager[Journal | None] = Journal(raw, head) if raw else nullcontext()
    with terminable(), journal as opened:
        monitor = HostMonitor(on_state=opened.add_state) if opened else HostMonitor()
        yield TimingRun(f"bench-{benchmark}", engine, facts, head, monitor, opened)


@contextmanager
def terminable() -> Iterator[None]:
    """Treat SIGTERM like a keyboard interrupt, so that what was measured is kept."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
