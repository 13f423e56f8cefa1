"""``edge-siamese bench arm``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.cli.shared.progress import progress_line
from edge_siamese.errors import EdgeSiameseError

if TYPE_CHECKING:
    from edge_siamese.arm_cost import ArmCore

    from ..arm.report import ArmReport
    from ..arm.rig import Rig

_SIDES = range(64, 4097)


def parse_core_option(_: click.Context, parameter: click.Parameter, value: str) -> "list[ArmCore]":
    """Cores of ``--core``."""
    from edge_siamese.arm_cost import parse_cores

    try:
        return parse_cores(value)
    except EdgeSiameseError as error:
        raise click.BadParameter(str(error), param=parameter) from error


def _size(_: click.Context, parameter: click.Parameter, value: str) -> tuple[int, int]:
    sides = value.split("x")
    if len(sides) != 2 or not all(side.isdecimal() and int(side) in _SIDES for side in sides):
        raise click.BadParameter(
            f"expected WIDTHxHEIGHT of {_SIDES[0]} to {_SIDES[-1]} pixels each, found {value!r}", param=parameter
        )
    return int(sides[0]), int(sides[1])


core_option = click.option(
    "--core", "cores", callback=parse_core_option, default="a72,a76", show_default=True, help="Of a53, a72, a76."
)


@click.command()
@click.argument("models", nargs=-1, metavar="[MODELS|pipeline|peers]...")
@core_option
@click.option("--layers", is_flag=True, help="Every operator of each network too.")
@click.option("--predict", is_flag=True, help="Use the cost model: at once, without the rig.")
@click.option(
    "--repeat", type=click.IntRange(1, 1000), default=2, show_default=True, help="Runs a count is the mean of."
)
@click.option(
    "--image", type=click.Path(path_type=Path, dir_okay=False), help="For pipelines, instead of a rendered face."
)
@click.option("--size", callback=_size, default="320x240", show_default=True, help="Of the pipelines' image.")
@click.option("--setup", is_flag=True, help="Set up the rig first: QEMU, an arm64 Python and wheels, about a minute.")
@click.option("--check", is_flag=True, help="Count what the budget names instead; exit 1 where it is exceeded.")
@click.option(
    "--budget", type=click.Path(path_type=Path, dir_okay=False), help="For --check, instead of the shipped one."
)
@json_option
def arm(
    models: tuple[str, ...],
    cores: "list[ArmCore]",
    layers: bool,
    predict: bool,
    repeat: int,
    image: Path | None,
    size: tuple[int, int],
    setup: bool,
    check: bool,
    budget: Path | None,
    as_json: bool,
) -> None:
    """Count the instructions that MODELS execute on the Arm cores of small boards, without a board.

    MODELS are shipped models by name, .tflite files, `pipeline` (the whole analysis of an image),
    `pipeline:EMBEDDER+DETECTOR`, `loop:FRAMES` (the loop of `run`), or `peers` (other projects' models in $EDGE_SIAMESE_DATA/peers); without any, all
    shipped models and the pipeline.

    The real aarch64 runtimes run under QEMU, with the kernels they choose on that core. Instructions are neither cycles
    nor time: compare networks by them, on one core.
    """
    if predict and (setup or check):
        raise click.UsageError("--predict needs no rig: expected it without --setup and --check")
    if check and (models or layers):
        raise click.UsageError("--check counts what the budget names: expected no MODELS and no --layers")
    if predict:
        from ..arm.session import predict_models

        _present(predict_models(models, cores, layers=layers), as_json)
        return
    if setup:
        _set_up()
        if not (models or check):
            return
    if check:
        _check(budget, as_json)
    else:
        _count(models, cores, layers=layers, repeat=repeat, image=image, size=size, as_json=as_json)


def _set_up() -> None:
    from ..arm.rig_setup import set_up

    rig = set_up(lambda step: click.echo(f"{step} ...", err=True))
    click.echo(f"The Arm rig is ready in {rig.folder}", err=True)


def _open_rig() -> "Rig":
    from ..arm.rig import Rig

    return Rig.open()


def _count(
    models: tuple[str, ...],
    cores: "list[ArmCore]",
    *,
    layers: bool,
    repeat: int,
    image: Path | None,
    size: tuple[int, int],
    as_json: bool,
) -> None:
    from ..arm.session import count
    from ..arm.subjects import Image, resolve

    subjects = resolve(models)
    shown = Image.read(image, *size) if image else Image.rendered(*size)
    rig = _open_rig()
    with progress_line("counts") as progress:
        report = count(subjects, cores, shown, rig, repeat=repeat, layers=layers, progress=progress)
    _present(report, as_json)
    if not any(row.instructions for row in report.rows):
        click.echo("edge-siamese: nothing could be counted; the reasons are above", err=True)
        click.get_current_context().exit(EdgeSiameseError.exit_code)


def _present(report: "ArmReport", as_json: bool) -> None:
    if as_json:
        emit_json("bench-arm", report.to_json())
    else:
        click.echo(report.text())


def _check(budget: Path | None, as_json: bool) -> None:
    from ..arm.budget import Budget
    from ..arm.session import check_budget

    allowed = Budget.read(budget) if budget else Budget.shipped()
    rig = _open_rig()
    with progress_line("counts") as progress:
        report, excesses = check_budget(allowed, rig, progress)
    if as_json:
        body = report.to_json() | {"budget": allowed.to_json(), "excesses": [str(excess) for excess in excesses]}
        emit_json("bench-arm-check", body)
    else:
        click.echo(report.text())
    if excesses:
        click.echo("edge-siamese: over the budget: " + "; ".join(map(str, excesses)), err=True)
        click.get_current_context().exit(EdgeSiameseError.exit_code)
    click.echo("Within the budget.", err=True)
