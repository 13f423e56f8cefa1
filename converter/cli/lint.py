"""``edge-siamese lint``: list the operators that XNNPACK, the Edge TPU or a microcontroller does not support."""

from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table

from .import_options import ONNX2TF

if TYPE_CHECKING:
    from edge_siamese.operator_support import Compiled, Target

    from ..lint.cost import NetworkCost
    from ..lint.targets import UnsupportedOperator


@click.command()
@click.argument("model")
@click.option(
    "--target",
    "targets",
    type=click.Choice(["xnnpack", "edgetpu", "mcu"]),
    multiple=True,
    help="Target to check; repeatable.  [default: all three; edgetpu for a file compiled for it]",
)
@click.option("--input-size", type=click.IntRange(8), help="Side of the input, for a model without a fixed size.")
@click.option("--channels", type=click.Choice(["1", "3"]), help="Channels of the images, for a network by name.")
@click.option("--cost", is_flag=True, help="Predict the instructions of the int8 network on Arm cores too.")
@click.option("--core", "cores", help="For --cost: of a53, a72, a76, with commas between.  [default: a72,a76]")
@ONNX2TF
@json_option
def lint(
    model: str,
    targets: tuple[str, ...],
    input_size: int | None,
    channels: str | None,
    cost: bool,
    cores: str | None,
    onnx2tf: str,
    as_json: bool,
) -> int:
    """List the operators of MODEL that a target does not support in int8, the reasons and the alternatives.

    MODEL is the name of a network (with random weights) or a file: .keras, .h5, SavedModel folder, .onnx, .pt2 or .tflite.
    For a .tflite of the Edge TPU compiler it lists the operators that run on the CPU. The exit code is 0 if the targets
    support every operator, else 1.

    --cost predicts instructions, it does not count them, and instructions are neither cycles nor time: compare networks
    by them, on one core. It does not change the exit code.
    """
    from edge_siamese.arm_cost import parse_cores
    from edge_siamese.operator_support import TARGETS, Compiled, load_target

    from ..lint.cost import predict_cost
    from ..lint.sources import load_probe
    from ..lint.targets import lint as find

    if cores is not None and not cost:
        raise click.UsageError("--core is for --cost: expected both")
    predicted_for = parse_cores("a72,a76" if cores is None else cores) if cost else []
    probe = load_probe(model, input_size=input_size, channels=int(channels) if channels else None, onnx2tf=onnx2tf)
    compiled = Compiled.of(probe.graph)
    usual = ("edgetpu",) if compiled else TARGETS
    chosen = [name for name in TARGETS if name in (targets or usual)]
    findings = find(probe.graph, chosen, probe.layers)
    predicted = predict_cost(probe.graph, predicted_for, model) if cost else None
    if as_json:
        described = {name: load_target(name) for name in chosen}
        body: dict[str, Any] = {
            "probe": model,
            "operators": len(probe.graph.operators),
            "targets": {name: {"means": each.means, "sources": each.sources} for name, each in described.items()},
            "compiled": compiled and compiled.to_json(),
            "findings": [finding.to_json() for finding in findings],
            "cost": predicted and predicted.to_json(),
        }
        emit_json("lint", body)
    else:
        if compiled:
            click.echo(_compiled(compiled))
        for name in chosen:
            left = [finding for finding in findings if finding.target == name]
            click.echo(_described(load_target(name), len(probe.graph.operators), left))
        if predicted:
            click.echo(_cost(predicted))
    return 1 if findings else 0


def _compiled(compiled: "Compiled") -> str:
    parts = "1 part" if compiled.parts == 1 else f"{compiled.parts} parts"
    total = compiled.parts + len(compiled.on_cpu)
    return (
        f"compiled for the Edge TPU: {parts} on it; {len(compiled.on_cpu)} of the {total} operators in the file "
        f"({compiled.cpu_share:.0%}) run on the CPU"
    )


def _described(target: "Target", operators: int, left: "list[UnsupportedOperator]") -> str:
    """Format the unsupported operators of one target as text."""
    if not left:
        return f"{target.title}: all {operators} operators are supported"
    rows = [(f"  {each.layer}", each.operator, each.reason) for each in left]
    swaps = {each.operator: each.swap for each in left if each.swap}
    return "\n".join(
        [
            f"{target.title}: {len(left)} of {operators} operators unsupported; each {target.means}",
            table(rows, align="<"),
            *[f"  instead of {kind}: {swap}" for kind, swap in sorted(swaps.items())],
        ]
    )


def _cost(cost: "NetworkCost") -> str:
    """Format the predicted instructions as text."""
    from edge_siamese.arm_cost import CORES

    from ..lint.cost import NOTE

    lines = []
    for prediction in cost.predictions:
        largest = [f"{label} {share:.0%}" for label, share in list(cost.shares(prediction).items())[:3]]
        per_mac = f"{prediction.instructions / cost.macs:.3f}" if cost.macs else ""
        lines.append(
            (f"  {CORES[prediction.core].title}", f"{prediction.instructions / 1e6:.2f}", per_mac, ", ".join(largest))
        )
    unknown = dict.fromkeys(label for prediction in cost.predictions for label in prediction.unknown)
    caption = f"int8 on one thread, {cost.macs / 1e6:.1f} million multiply-accumulates: instructions, {NOTE}"
    parts = [caption, table(lines, header=["  core", "million", "per MAC", "largest"], align="<>><")]
    if unknown:
        parts.append(f"  too low: the cost of {', '.join(unknown)} is not known")
    return "\n".join(parts)
