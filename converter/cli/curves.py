"""``edge-siamese curves``: plot training runs."""

from pathlib import Path

import click


@click.command()
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The .svg to write.")
def curves(runs: tuple[Path, ...], output: Path) -> None:
    """Plot the loss and the validation figures of RUNS: run folders, or their log.csv files."""
    from ..plots.training_curves import read_curve, training_curves

    training_curves([read_curve(run.stem, _logs(run)) for run in runs]).write(output)
    click.echo(f"{output}: written", err=True)


def _logs(run: Path) -> list[Path]:
    """A file itself; of a folder, the logs of its phases in order, or its own."""
    if not run.is_dir():
        return [run]
    phases = sorted(run.glob("phase*/log.csv"), key=lambda path: int(path.parent.name.removeprefix("phase")))
    return phases or [run / "log.csv"]
