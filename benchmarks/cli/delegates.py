"""``edge-siamese bench delegates``: the same networks on every way to run them."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.numbers import FiniteRange
from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.errors import DataError, EdgeSiameseError

from .measured import EXIT_INTERRUPTED, terminable

if TYPE_CHECKING:
    from ..delegates.agreement import DelegateModel
    from ..delegates.configurations import Configuration
    from ..delegates.report import DelegateReport
    from ..timing.facts import HostFacts

_MAX_REPEAT = 1_000_000


@click.command()
@click.argument("models", nargs=-1)
@click.option(
    "--delegate",
    "delegate_names",
    multiple=True,
    type=click.Choice(["xnnpack", "reference", "edgetpu", "gpu"]),
    help="Repeatable.  [default: all; the first one is what the others are compared with]",
)
@click.option("--threads", help="Numbers of threads for xnnpack, such as 1,2,4.  [default: 1 to the number of cores]")
@click.option(
    "--repeat", type=click.IntRange(1, _MAX_REPEAT), default=128, show_default=True, help="Measured runs of each."
)
@click.option(
    "--warmup", type=click.IntRange(0, _MAX_REPEAT), default=4, show_default=True, help="Runs before the measured ones."
)
@click.option(
    "--max-seconds",
    type=FiniteRange(0, 86_400, min_open=True),
    default=120.0,
    show_default=True,
    help="Time limit of a model.",
)
@click.option("--profile", "with_profile", is_flag=True, help="Time every operator, each in a model of its own.")
@click.option(
    "--edgetpu-log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Log of edgetpu_compiler: report its placement; repeatable.",
)
@click.option(
    "--ethos-u",
    "accelerators",
    multiple=True,
    metavar="NAME",
    help="Let vela estimate this accelerator, such as ethos-u55-128; repeatable.",
)
@click.option(
    "--vela",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The program vela.  [default: beside Python, or on the PATH]",
)
@click.option(
    "--raw",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every duration to this file as it is measured.",
)
@json_option
def delegates(
    models: tuple[str, ...],
    delegate_names: tuple[str, ...],
    threads: str | None,
    repeat: int,
    warmup: int,
    max_seconds: float,
    with_profile: bool,
    logs: tuple[Path, ...],
    accelerators: tuple[str, ...],
    vela: Path | None,
    raw: Path | None,
    as_json: bool,
) -> None:
    """Run MODELS (shipped ones by name, or .tflite files; all shipped ones by default) with every delegate, in turns.

    Beside each speed stands the agreement with the model's golden vectors. A delegate that this machine does not have gets a
    sentence. Edge TPU: which operators its compiler would map. Ethos-U: what vela estimates.
    """
    from ..delegates.agreement import DelegateModel
    from ..delegates.configurations import configurations, parse_threads
    from ..delegates.edge_tpu import read_placement
    from ..delegates.ethos_u import check_accelerator, find_vela
    from ..timing.measuring import RunLength

    chosen = configurations(delegate_names, parse_threads(threads))
    for name in accelerators:
        check_accelerator(name)
    program = find_vela(vela) if accelerators else None
    placements = [read_placement(log) for log in logs]
    tested = [DelegateModel.read(path) for path in _paths(models)]
    length = RunLength(
        warmup=warmup, queries=repeat, seconds=0.0, max_seconds=max_seconds, per_block=max(repeat // 16, 1)
    )
    report = _measure(tested, chosen, length, raw, placements, accelerators, program, with_profile)
    if as_json:
        emit_json("bench-delegates", report.to_json(), models=_digests(tested))
    else:
        click.echo(report.text())
    if report.partial.endswith("interrupted"):
        click.get_current_context().exit(EXIT_INTERRUPTED)
    if not any(each.samples for each in report.results):
        raise EdgeSiameseError("no delegate could be measured; the reasons are above")


def _measure(
    tested: "list[DelegateModel]",
    chosen: "list[Configuration]",
    length: Any,
    raw: Path | None,
    placements: Any,
    accelerators: tuple[str, ...],
    vela: Path | None,
    with_profile: bool,
) -> "DelegateReport":
    from ..delegates.configurations import measure_configurations
    from ..delegates.edge_tpu import check_compilation
    from ..delegates.ethos_u import estimate
    from ..delegates.operator_profile import profile
    from ..delegates.report import DelegateReport
    from ..timing.journal import Journal
    from ..timing.monitor import HostMonitor, warnings_about

    facts, monitor = _facts(), HostMonitor()
    results, profiles, estimates, notes, partial = [], [], [], [], []
    with terminable(), monitor, Journal(raw, facts.to_json()) if raw else nullcontext() as journal:
        for model in tested:
            found, why = measure_configurations(model, chosen, length, journal)
            results += found
            partial += [f"{model.name}: {why}"] if why else []
            if why == "interrupted":
                break
            if with_profile:
                profiles.append(profile(model, length))
        for model in tested if vela else ():
            for accelerator in accelerators:
                try:
                    estimates.append(estimate(model, accelerator, vela))  # type: ignore[arg-type]
                except EdgeSiameseError as error:
                    notes.append(str(error))
        checks = [check_compilation(model) for model in tested]
        if journal:
            journal.finish("; ".join(partial))
    warnings = warnings_about(facts.host, monitor.states)
    return DelegateReport(
        facts, results, checks, placements, estimates, profiles, notes, warnings, partial="; ".join(partial)
    )


def _facts() -> "HostFacts":
    from edge_siamese.engine import FaceEngine
    from edge_siamese.models import named_model

    from .measured import facts_of

    with FaceEngine.open(named_model("embedder-small"), named_model("detector-small")) as engine:
        return facts_of(engine)


def _paths(words: tuple[str, ...]) -> list[Path]:
    from edge_siamese.models import named_model, shipped_models

    paths = [named_model(word) or Path(word) for word in words] or shipped_models()
    if len(set(paths)) < len(paths):
        raise DataError(f"expected every model once, found {', '.join(words)}")
    return paths


def _digests(tested: "list[DelegateModel]") -> dict[str, str]:
    return {model.name: model.card.digest for model in tested if model.card}
