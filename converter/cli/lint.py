"""``edge-siamese lint``: what leaves XNNPACK, the Edge TPU or a microcontroller, before anything is trained."""

from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table

from .import_options import ONNX2TF

if TYPE_CHECKING:
    from ..lint.targets import Compiled, Finding, Target


@click.command()
@click.argument("model")
@click.option(
    "--target",
    "targets",
    type=click.Choice(["xnnpack", "edgetpu", "mcu"]),
    multiple=True,
    help="What to hold it against; may be given several times.  [default: all three; edgetpu for a file compiled for it]",
)
@click.option("--input-size", type=click.IntRange(8), help="Side of the input, where the model leaves it open.")
@click.option("--channels", type=click.Choice(["1", "3"]), help="Of the images of a network by name.")
@ONNX2TF
@json_option
def lint(
    model: str, targets: tuple[str, ...], input_size: int | None, channels: str | None, onnx2tf: str, as_json: bool
) -> int:
    """Name every operator of MODEL that leaves a target in int8, why, and what to use instead.

    MODEL is the name of a network (with random weights) or a file: .keras, .h5, SavedModel folder, .onnx, .pt2 or .tflite.
    Of a .tflite that the Edge TPU compiler has written it says what stays on the CPU. The exit code is 0 when nothing
    leaves the targets asked for, 1 when something does.
    """
    from ..lint.sources import load_probe
    from ..lint.targets import TARGETS, Compiled, load_target
    from ..lint.targets import lint as find

    probe = load_probe(model, input_size=input_size, channels=int(channels) if channels else None, onnx2tf=onnx2tf)
    compiled = Compiled.of(probe.graph)
    usual = ("edgetpu",) if compiled else TARGETS
    chosen = [name for name in TARGETS if name in (targets or usual)]
    findings = find(probe.graph, chosen, probe.layers)
    if as_json:
        described = {name: load_target(name) for name in chosen}
        body: dict[str, Any] = {
            "probe": model,
            "operators": len(probe.graph.operators),
            "targets": {name: {"means": each.means, "sources": each.sources} for name, each in described.items()},
            "compiled": compiled and compiled.to_json(),
            "findings": [finding.to_json() for finding in findings],
        }
        emit_json("lint", body)
    else:
        if compiled:
            click.echo(_compiled(compiled))
        for name in chosen:
            left = [finding for finding in findings if finding.target == name]
            click.echo(_described(load_target(name), len(probe.graph.operators), left))
    return 1 if findings else 0


def _compiled(compiled: "Compiled") -> str:
    parts = "1 part" if compiled.parts == 1 else f"{compiled.parts} parts"
    total = compiled.parts + len(compiled.on_cpu)
    return (
        f"compiled for the Edge TPU: {parts} on it; {len(compiled.on_cpu)} of the {total} operators in the file "
        f"({compiled.cpu_share:.0%}) run on the CPU"
    )


def _described(target: "Target", operators: int, left: "list[Finding]") -> str:
    """What leaves one target, for people."""
    if not left:
        return f"{target.title}: all {operators} operators are taken"
    rows = [(f"  {each.layer}", each.operator, each.reason) for each in left]
    swaps = {each.operator: each.swap for each in left if each.swap}
    return "\n".join(
        [
            f"{target.title}: {len(left)} of {operators} operators leave; each {target.means}",
            table(rows, align="<"),
            *[f"  instead of {kind}: {swap}" for kind, swap in sorted(swaps.items())],
        ]
    )
