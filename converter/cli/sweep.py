"""``edge-siamese sweep``: a grid over a recipe."""

from pathlib import Path

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table

_GRID = "KEY=VALUE,VALUE"


def _read_grid(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, list[str]]:
    grid = {}
    for value in values:
        key, separator, choices = value.partition("=")
        grid[key.strip()] = [choice.strip() for choice in choices.split(",") if choice.strip()]
        if not separator or not grid[key.strip()]:
            raise click.BadParameter(f"expected {_GRID}, found {value!r}")
    return grid


@click.command()
@click.option("--recipe", required=True, help="Name of a shipped recipe, or a TOML file.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder or archive; some recipes can download theirs.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Gets sweep.csv and a folder for each run.")
@click.option(
    "--grid", metavar=_GRID, multiple=True, required=True, callback=_read_grid, help="Values of one key; several keys."
)
@click.option("--quick", is_flag=True, help="Little training in every run.")
@json_option
def sweep(recipe: str, data: Path | None, out: Path, grid: dict[str, list[str]], quick: bool, as_json: bool) -> None:
    """Train a RECIPE with every combination of the grid's values and put the figures into OUT/sweep.csv.

    An interrupted sweep goes on where it was. The best run is the one with the highest validation AUC; the test figures
    choose nothing.
    """
    from ..tasks.siamese.sweep import TABLE, best, combinations
    from ..tasks.siamese.sweep import sweep as run

    total = len(combinations(grid))
    done = 0

    def tell(row: dict[str, str]) -> None:
        nonlocal done
        done += 1
        click.echo(f"edge-siamese: run {done} of {total}: {row['error'] or 'AUC ' + row['float_auc']}", err=True)

    rows = run(recipe, data, out, grid, quick=quick, on_row=tell)
    chosen = best(rows)
    if as_json:
        emit_json("sweep", {"table": str(out / TABLE), "rows": rows, "best": chosen and chosen["run"]})
        return
    shown = ("run", *grid, "validation_auc", "float_auc", "float_eer", "int8_auc", "error")
    click.echo(
        table([[row[name] for name in shown] for row in rows], header=[name.replace("_", " ") for name in shown])
    )
    if chosen:
        click.echo(f"best by validation: {out / chosen['run']}")
