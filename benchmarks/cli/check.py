"""``edge-siamese bench check``: fails if a stage became slower than the reference of this host, beyond noise."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json, table
from edge_siamese.errors import EdgeSiameseError

from .measured import facts_of, open_engine

if TYPE_CHECKING:
    from edge_siamese.engine import FaceEngine
    from edge_siamese.tflite.runtime import Delegate

    from ..reference.check import CheckResult
    from ..timing.facts import HostFacts
    from ..timing.measuring import Action

_HEADER = ("times the calibration", "reference", "now", "95 %", "change", "allowed", "verdict")
_TEMPLATES = 1000
_FILE = click.Path(path_type=Path, dir_okay=False)


def _factors(_: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    found = {}
    for value in values:
        stage, factor = value.rpartition("=")[::2]
        try:
            found[stage] = float(factor)
        except ValueError:
            found[stage] = 0.0
        if not 1 <= found[stage] <= 100:
            raise click.BadParameter(
                f"expected STAGE=FACTOR with a factor of 1 to 100, found {value!r}", param=parameter
            )
    return found


@click.command()
@click.option("--reference", type=_FILE, help="Reference file instead of the shipped one of this host.")
@click.option("--write", "target", type=_FILE, help="Measure a reference and write it to this file instead.")
@click.option("--runs", type=click.IntRange(2, 100), default=5, show_default=True, help="Measurements of a reference.")
@click.option(
    "--slow", callback=_factors, multiple=True, help="STAGE=FACTOR: slow a stage on purpose, to try the check."
)
@click.option(
    "--kernels", type=click.Choice(["avx2", "avx512"]), help="Limit XNNPACK to kernels without VNNI (x86-64)."
)
@json_option
@engine_options
def check(
    embedder: Path | None,
    detector: Path | None,
    delegate: "Delegate",
    threads: int,
    kernels: str | None,
    reference: Path | None,
    target: Path | None,
    runs: int,
    slow: dict[str, float],
    as_json: bool,
) -> None:
    """Compare the duration of every stage with the reference of this host; exit 1 if one is slower beyond noise.

    Durations are multiples of a calibration workload that is measured in turns with the stages, so the check also holds on a
    machine that others use.
    """
    from ..reference import check as checking
    from ..timing.latency import latency_actions, sample_portrait

    if reference and target:
        raise click.UsageError("expected --reference or --write, found both")
    with open_engine(embedder, detector, delegate, threads, kernels) as engine:
        facts = facts_of(engine)
        every = checking.checked_actions(latency_actions(engine, sample_portrait(), _TEMPLATES))
        actions = checking.slowed(every, slow)
        if target:
            _write(target, engine, facts, actions, runs, as_json)
        else:
            _compare(reference, engine, facts, actions, as_json)


def _write(
    target: Path, engine: "FaceEngine", facts: "HostFacts", actions: "dict[str, Action]", runs: int, as_json: bool
) -> None:
    from ..reference.check import measure_ratios
    from ..reference.reference import HostReference

    measured = []
    for number in range(1, runs + 1):
        click.echo(f"measurement {number} of {runs} ...", err=True)
        measured.append(measure_ratios(actions)[0])
    found = HostReference.of(facts, engine.digests, measured)
    found.write(target)
    unsteady = [stage for stage, one in found.stages.items() if not one.is_steady]
    if as_json:
        emit_json("bench-reference", found.to_json(), models=engine.digests)
        return
    click.echo(f"{target}: {found.host}, {len(found.stages)} stages, {runs} measurements")
    if unsteady:
        click.echo(f"too unsteady to check: {', '.join(unsteady)}")


def _compare(
    reference: Path | None, engine: "FaceEngine", facts: "HostFacts", actions: "dict[str, Action]", as_json: bool
) -> None:
    from ..reference.check import check as run_check
    from ..reference.reference import HostReference, host_key

    known = HostReference.read(reference) if reference else HostReference.shipped(host_key(facts))
    known.require(facts, engine.digests)
    result = run_check(actions, known)
    if as_json:
        emit_json("bench-check", {"host": known.host} | result.to_json(), models=engine.digests)
    else:
        click.echo(_text(known.host, result))
    if result.regressions:
        names = ", ".join(f"{change.stage} {change.change:+.0%}" for change in result.regressions)
        click.echo(f"edge-siamese: slower than the reference: {names}", err=True)
        click.get_current_context().exit(EdgeSiameseError.exit_code)


def _text(host: str, result: "CheckResult") -> str:
    lines = [f"reference {host}", table([change.row() for change in result.changes], header=_HEADER)]
    if result.partial:
        lines.insert(1, f"PARTIAL: {result.partial}")
    return "\n".join(lines)
