"""``edge-siamese curves``: plot training runs."""

from pathlib import Path

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The .svg to write.")
@json_option
def curves(runs: tuple[Path, ...], output: Path, as_json: bool) -> None:
    """Plot the loss and the validation metrics of RUNS: run folders or log.csv files."""
    from ..plots.training_curves import read_curve, training_curves

    training_curves([read_curve(run.stem, _logs(run)) for run in runs]).write(output)
    if as_json:
        emit_json("curves", {"output": str(output), "runs": [str(run) for run in runs]})
    else:
        click.echo(f"{output}: written", err=True)


def _logs(run: Path) -> list[Path]:
    """Return the file itself, or for a folder the logs of its phases in order, or its own log."""
    if not run.is_dir():
        return [run]
    phases = sorted(run.glob("phase*/log.csv"), key=lambda path: int(path.parent.name.removeprefix("phase")))
    return phases or [run / "log.csv"]
