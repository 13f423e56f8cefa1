"""``edge-siamese firmware generate``: a network as C sources for a microcontroller."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import Model, json_option
from edge_siamese.cli.shared.output import emit_json, table

from .files import write_files

if TYPE_CHECKING:
    from ..codegen.fixed_point import Rounding
    from ..codegen.layouts import Backend


class Bytes(click.ParamType[int]):
    """A number of bytes, with K or M for 1024 or 1024 * 1024."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        unit = {"K": 1024, "M": 1024 * 1024}.get(value[-1:].upper(), 1)
        digits = value[:-1] if unit > 1 else value
        if not digits.isdecimal() or not int(digits):
            self.fail(f"'{value}' is no number of bytes; expected one like 65536 or 64K", param, ctx)
        return int(digits) * unit


@click.command("generate")
@click.argument("model", type=Model())
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="Folder for the sources.")
@click.option(
    "--backend",
    type=click.Choice(["c", "dsp", "mve"]),
    default="c",
    show_default=True,
    help="Kernels: plain C99 for any core, the DSP extension (Cortex-M4, M7, M33), or Helium (Cortex-M55, M85).",
)
@click.option(
    "--rounding",
    type=click.Choice(["litert", "tflm"]),
    default="litert",
    show_default=True,
    help="Round dense layers as LiteRT or as TFLite Micro does.",
)
@click.option("--name", help="Prefix of the C functions; the model's file name if left out.")
@click.option(
    "--ram-budget",
    type=Bytes(),
    help="Bytes the arena may take, as 65536 or 64K: chains of layers are computed in stripes until it fits.",
)
@click.option("--stream-input", is_flag=True, help="Ask for rows of the input when needed; it then takes no arena.")
@click.option(
    "--measure",
    type=click.Choice(["m0plus", "m3", "m4", "m7", "m33", "m55"]),
    help="Run it on an emulated Cortex-M core, compare the outputs and count instructions.",
)
@json_option
def generate(
    model: Path,
    out: Path,
    backend: "Backend",
    rounding: "Rounding",
    name: str | None,
    ram_budget: int | None,
    stream_input: bool,
    measure: str | None,
    as_json: bool,
) -> None:
    """Turn an int8 network into C that computes the same bits.

    MODEL is an int8 .tflite, or the name of a shipped one. The folder gets the sources, report.json and arena.svg.
    """
    from ..network_files import build_files

    facts, files = build_files(
        model,
        name=name,
        backend=backend,
        rounding=rounding,
        ram_budget=ram_budget,
        stream_input=stream_input,
        core=measure,
    )
    write_files(files, out)
    if as_json:
        emit_json("firmware-network", {"out": str(out), **facts})
    else:
        _show(facts, out)


def _show(facts: dict[str, Any], out: Path) -> None:
    from ..codegen.report import REPORT_HEADER, report_rows

    arena, measured = facts["arena"], facts.get("measured")
    verdict = "equal to the lower bound" if arena["optimal"] else f"lower bound {arena['lower_bound']:,}"
    click.echo(table(report_rows(facts), header=REPORT_HEADER, align="><<>>>"))
    click.echo(
        f"\n{facts['macs']:,} multiply-accumulates; {facts['constant_bytes']:,} bytes of constants; arena of "
        f"{arena['bytes']:,} bytes, {verdict}"
    )
    if facts["additional_macs"]:
        share = facts["additional_macs"] / facts["model_macs"]
        click.echo(f"stripes: {share:.1%} more multiply-accumulates than the model has")
    if measured:
        click.echo(
            f"{measured['instructions']:,} instructions and {measured['code_bytes']:,} bytes of code on an emulated "
            f"{measured['core']}; {measured['outputs_compared']:,} outputs equal to {facts['reference']}"
        )
    click.echo(f"{len(facts['files'])} sources in {out}")
