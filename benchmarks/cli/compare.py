"""``edge-siamese bench compare``: this project beside others."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.numbers import FiniteRange
from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.cli.shared.progress import progress_line
from edge_siamese.errors import DataError, EdgeSiameseError

from .measured import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from edge_siamese.frames import RGB
    from edge_siamese.system.host import HostInfo

    from ..comparison.latency import Clock
    from ..comparison.report import ComparisonReport
    from ..timing.facts import HostFacts
    from ..timing.journal import Journal
    from ..timing.monitor import HostState

_MIN_ROUNDS = 6


@click.command()
@click.argument("data", required=False, type=click.Path(path_type=Path))
@click.option(
    "--peer",
    "peers",
    multiple=True,
    metavar="NAME[=FILE]",
    help="Run this project; repeatable.  [default: all that are known]",
)
@click.option(
    "--peer-files",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of their model files.  [default: $EDGE_SIAMESE_DATA/peers]",
)
@click.option(
    "--peer-python",
    "pythons",
    multiple=True,
    metavar="NAME=PATH",
    help="Python of the environment with that project's package; repeatable.",
)
@click.option(
    "--ours",
    multiple=True,
    metavar="EMBEDDER+DETECTOR",
    default=("embedder+detector",),
    show_default=True,
    help="Our models; the first pair is the one to compare with; repeatable.",
)
@click.option("--photos", type=click.IntRange(1, 1000), default=16, show_default=True, help="Photos for the latency.")
@click.option(
    "--rounds",
    type=click.IntRange(_MIN_ROUNDS, 10_000),
    default=12,
    show_default=True,
    help="How often each is shown to each contestant.",
)
@click.option("--max-seconds", type=FiniteRange(1), default=600.0, show_default=True, help="Time limit of the latency.")
@click.option(
    "--answer-seconds", type=FiniteRange(0.1), default=60.0, show_default=True, help="Time limit of one answer."
)
@click.option(
    "--clock",
    type=click.Choice(["wall", "cpu"]),
    default="wall",
    show_default=True,
    help="Clock of the table: cpu is for a machine that does other work.",
)
@click.option(
    "--kernels",
    type=click.Choice(["avx2", "avx512"]),
    help="Limit LiteRT's XNNPACK to processors without VNNI (x86-64).",
)
@click.option("--accuracy/--no-accuracy", default=True, show_default=True, help="Verify the people of DATA too.")
@click.option(
    "--bootstrap",
    "replicates",
    type=click.IntRange(100, 100_000),
    default=1000,
    show_default=True,
    help="Replicates of the accuracy's intervals.",
)
@click.option("--core", "cores", default="a72,a76", show_default=True, help="Arm cores to count instructions on.")
@click.option(
    "--arm/--no-arm", "with_arm", default=True, show_default=True, help="Count or predict instructions (bench arm)."
)
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False), help="Write the Pareto plot: .svg or .png.")
@click.option(
    "--raw",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every duration to this file as it is measured.",
)
@click.option("--markdown", is_flag=True, help="Print a Markdown table.")
@json_option
def compare(
    data: Path | None,
    peers: tuple[str, ...],
    peer_files: Path | None,
    pythons: tuple[str, ...],
    ours: tuple[str, ...],
    with_arm: bool,
    cores: str,
    plot: Path | None,
    markdown: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Compare this project with others on the photos of DATA (<person>/<photo>): latency, accuracy, bytes, instructions.

    Every contestant runs in a process of its own, with one thread on one core; they take turns on the same photos. A project
    takes part if its package and its model files are there; nothing is downloaded, and the report says what is missing.
    Without DATA latency is measured on rendered portraits.
    """
    from edge_siamese.reports.canvas import FIGURE_SUFFIXES, check_path

    from ..comparison.contestants import our_contestant, parse_pythons, peer_contestants
    from ..peers.registry import chosen_peers

    if markdown and as_json:
        raise click.UsageError("expected one of --markdown and --json")
    if plot:
        check_path(plot, FIGURE_SUFFIXES)
    _check_cores(cores)
    folder = peer_files or _default_folder()
    theirs, lacking = peer_contestants(chosen_peers(peers), folder, parse_pythons(pythons))
    contestants = [our_contestant(pair) for pair in ours] + theirs
    names = [each.name for each in contestants]
    if len(set(names)) < len(names):
        raise DataError(f"expected every contestant once, found {', '.join(names)}")
    report = _measure(data, contestants, lacking, cores if with_arm else None, **settings)
    if as_json:
        emit_json("bench-compare", report.to_json())
    else:
        click.echo(report.markdown() if markdown else report.text())
    if plot:
        _plot(report, plot)
    if "interrupted" in report.partial:
        click.get_current_context().exit(EXIT_INTERRUPTED)
    if not any(row.latencies.visits for row in report.rows):
        raise EdgeSiameseError("nothing could be measured; the reasons are above")


def _measure(
    data: Path | None,
    contestants: list[Any],
    lacking: list[Any],
    cores: str | None,
    *,
    photos: int,
    rounds: int,
    max_seconds: float,
    answer_seconds: float,
    clock: "Clock",
    kernels: str | None,
    accuracy: bool,
    replicates: int,
    raw: Path | None,
) -> "ComparisonReport":
    from edge_siamese.dataset_embeddings import largest_face
    from edge_siamese.evaluation.protocols import VerificationProtocol
    from edge_siamese.identity_dataset import IdentityDataset

    from ..comparison.accuracy import measure_accuracy
    from ..comparison.contestants import started
    from ..comparison.instructions import measure_instructions
    from ..comparison.latency import measure_latency
    from ..comparison.report import ComparisonReport
    from ..timing.monitor import HostMonitor
    from .measured import terminable

    facts = _facts(kernels)
    with ExitStack() as stack:
        stack.enter_context(terminable())
        dataset = stack.enter_context(IdentityDataset(data)) if data else None
        protocol = VerificationProtocol.of(dataset) if dataset and accuracy else None
        images = _photos(dataset, photos) if dataset else _portraits(photos)
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="edge-siamese-compare-")))
        journal = stack.enter_context(_journal(raw, facts.to_json()))
        running, failed = stack.enter_context(started(contestants, seconds=answer_seconds, kernels=kernels or ""))
        if not running:
            raise EdgeSiameseError(
                "no contestant starts: " + "; ".join(f"{each.title}: {each.reason}" for each in failed)
            )
        monitor = HostMonitor()
        with progress_line("latency, rounds") as progress, monitor:
            latency = measure_latency(
                running, images, protocol.choose if protocol else largest_face, scratch, rounds=rounds,
                max_seconds=max_seconds, journal=journal, progress=progress,
            )  # fmt: skip
        if not latency.is_interrupted:
            for each in running:
                each.read_memory()
        verified = None
        if dataset and protocol and not latency.is_interrupted:
            with progress_line("accuracy, photos") as progress:
                verified = measure_accuracy(
                    running, dataset, protocol, scratch, replicates=replicates, progress=progress
                )
        counted = None
        if cores and not latency.is_interrupted:
            with progress_line("instructions") as progress:
                counted = measure_instructions([each.contestant for each in running], cores, progress)
        report = ComparisonReport(
            facts, data.name if data else "rendered people", len(images), rounds, clock, running,
            [*failed, *lacking], latency, verified, counted, _host_warnings(facts.host, monitor.states),
        )  # fmt: skip
        if journal:
            journal.finish(report.partial, report=report.to_json())
        return report


def _host_warnings(host: "HostInfo", states: "list[HostState]") -> list[str]:
    """What spoiled the run, without the load: the monitor takes the contestants' processes for others."""
    from dataclasses import replace

    from ..timing.monitor import warnings_about

    return warnings_about(host, [replace(state, own=None) for state in states])


def _facts(kernels: str | None) -> "HostFacts":
    """The facts of this host; XNNPACK's kernels are known after the self-test of the smallest models."""
    from edge_siamese.models import named_model

    from .measured import facts_of, open_engine

    with open_engine(named_model("embedder-small"), named_model("detector-small"), "xnnpack", 1, kernels) as engine:
        return facts_of(engine)


def _photos(dataset: Any, count: int) -> "list[RGB]":
    """The first readable photos of different people, as far as there are so many."""
    from edge_siamese.errors import ImageError

    by_person: dict[str, list[Any]] = {}
    for photo in dataset.photos:
        by_person.setdefault(photo.person, []).append(photo)
    ordered = [
        photo
        for at in range(max(map(len, by_person.values())))
        for photos in by_person.values()
        for photo in photos[at : at + 1]
    ]
    images: list[RGB] = []
    for photo in ordered:
        if len(images) == count:
            break
        try:
            images.append(dataset.read(photo))
        except ImageError:
            continue
    if not images:
        raise DataError(f"{dataset.path}: expected photos that can be read, found none")
    return images


def _portraits(count: int) -> "list[RGB]":
    from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait

    return [
        render_portrait(
            Person.from_seed(DEMO_SEEDS[at % len(DEMO_SEEDS)]), View(), size=(320, 240), background_seed=at
        ).image
        for at in range(count)
    ]


@contextmanager
def _journal(path: Path | None, about: dict[str, Any]) -> "Iterator[Journal | None]":
    from ..timing.journal import Journal

    if path is None:
        yield None
        return
    with Journal(path, about) as journal:
        yield journal


def _check_cores(cores: str) -> None:
    from edge_siamese.arm_cost import parse_cores

    parse_cores(cores)


def _default_folder() -> Path | None:
    data = os.environ.get("EDGE_SIAMESE_DATA")
    return Path(data, "peers") if data else None


def _plot(report: "ComparisonReport", path: Path) -> None:
    from ..comparison.pareto import pareto_plot, points

    if len(points(report)) < 2:
        click.echo(f"{path}: not written, fewer than two contestants have both a duration and an accuracy", err=True)
        return
    pareto_plot(report).write(path)
