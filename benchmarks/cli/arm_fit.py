"""``edge-siamese bench arm-fit``."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.cli.shared.progress import progress_line

from .arm import core_option

if TYPE_CHECKING:
    from edge_siamese.arm_cost import ArmCore


@click.command("arm-fit")
@click.argument("models", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--table", type=click.Path(path_type=Path, dir_okay=False), help="Counted operators, instead of the shipped ones."
)
@click.option(
    "--write-table", type=click.Path(path_type=Path, dir_okay=False), help="Write the operators with MODELS' added."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write the coefficients (cost_model.json)."
)
@json_option
@core_option
def arm_fit(
    models: tuple[Path, ...],
    table: Path | None,
    write_table: Path | None,
    output: Path | None,
    cores: "list[ArmCore]",
    as_json: bool,
) -> None:
    """Fit the cost model of `bench arm --predict` again.

    It is fitted on operators that were counted one by one. MODELS are .tflite files whose operators are counted too,
    each in a model of its own, and added to the table; that needs the rig.
    """
    from ..arm.counting import CountingRun
    from ..arm.device import write_text
    from ..arm.fit import coefficients, fit, quality_table
    from ..arm.operator_table import collect, merge, read_table_file, shipped_table, write_table_file
    from ..arm.rig import Rig

    counted = read_table_file(table) if table else shipped_table()
    if models:
        with progress_line("counts") as progress:
            counted = merge(counted, collect(models, CountingRun(Rig.open()), cores, progress))
    fits = fit(counted)
    if write_table:
        write_table_file(write_table, counted)
    if output:
        write_text(output, json.dumps(coefficients(fits), indent=1) + "\n")
    if as_json:
        written = {"table": write_table and str(write_table), "output": output and str(output)}
        emit_json("bench-arm-fit", coefficients(fits) | written)
    else:
        click.echo(quality_table(fits))
