"""What a generated network costs: flash, RAM and multiply-accumulates, in all and of each step."""

import hashlib
from typing import Any

from edge_siamese.tflite.graph import read_graph

from .arena_map import arena_map
from .generate import GeneratedNetwork
from .steps import Convolution, Step

_CHANNEL_BYTES = 12  # struct es_channel
_GROUP = 4


def report(network: GeneratedNetwork, model: bytes, *, runtime: str) -> dict[str, Any]:
    """The facts of ``report.json``.

    Args:
        network: what was made.
        model: the bytes it was made from.
        runtime: name and version of the runtime whose reference kernels it equals.
    """
    program, plan = network.program, network.plan
    macs, model_macs = sum(step.macs for step in program.steps), read_graph(model).macs
    seen: set[int] = set()
    steps = [_step(network, number, step, seen) for number, step in enumerate(program.steps)]
    return {
        "name": network.name,
        "backend": network.backend,
        "rounding": program.rounding,
        "reference": runtime,
        "model_sha256": hashlib.sha256(model).hexdigest(),
        "macs": macs,
        "model_macs": model_macs,
        "additional_macs": macs - model_macs,
        "constant_bytes": sum(step["constant_bytes"] for step in steps),
        "arena": {
            "bytes": plan.size,
            "lower_bound": plan.bound,
            "optimal": plan.size == plan.bound,
            "busiest_step": max(plan.busiest, 0),
        },
        "streamed_input": program.streamed,
        "inputs": [_port(network, name) for name in program.inputs],
        "outputs": [_port(network, name) for name in program.outputs],
        "steps": steps,
        "files": sorted(network.sources),
    }


def add_measurement(facts: dict[str, Any], measured: dict[str, Any]) -> None:
    """Put what an emulated core did into a report: `measured`, and `instructions` of every step."""
    for step, instructions in zip(facts["steps"], measured.pop("step_instructions"), strict=True):
        step["instructions"] = instructions
    facts["measured"] = measured


def report_rows(facts: dict[str, Any]) -> list[tuple[str, ...]]:
    """Rows of the text table: step, shapes, multiply-accumulates, constants, bytes alive, instructions."""
    return [
        (
            str(step["step"]),
            step["kind"],
            f"{_shape(step['input'])} -> {_shape(step['output'])}",
            f"{step['macs']:,}",
            f"{step['constant_bytes']:,}",
            f"{step['arena_bytes']:,}",
            f"{step['instructions']:,}" if "instructions" in step else "",
        )
        for step in facts["steps"]
    ]


REPORT_HEADER = ("step", "operators", "shape", "MACs", "constants", "arena", "instructions")


def arena_svg(network: GeneratedNetwork) -> str:
    """The arena map of a network."""
    return arena_map(network.plan, [step.kind for step in network.program.steps])


def constant_bytes(network: GeneratedNetwork, step: Step, seen: set[int]) -> int:
    """Bytes of weights, tables and constant operands of a step; 0 for what an earlier stripe has, as `seen` tells."""
    size = 0 if step.table is None or id(step.table) in seen else step.table.nbytes
    seen.add(id(step.table))
    size += sum(value.size for value in step.inputs if value.storage.constant is not None)
    if isinstance(step, Convolution) and id(step.weights) not in seen:
        seen.add(id(step.weights))
        padded = -(-len(step.bias) // _GROUP) * _GROUP
        size += network.layouts[id(step)].weights.nbytes + _CHANNEL_BYTES * padded
    return size


def _step(network: GeneratedNetwork, number: int, step: Step, seen: set[int]) -> dict[str, Any]:
    alive = sum(block.size for block in network.plan.blocks if block.first <= number <= block.last)
    facts = {
        "step": number,
        "kind": step.kind,
        "tensor": step.output.name,
        "input": list((*step.inputs, step.output)[0].shape),
        "output": list(step.output.shape),
        "macs": step.macs,
        "constant_bytes": constant_bytes(network, step, seen),
        "arena_bytes": alive,
        "scratch_bytes": step.scratch,
    }
    if isinstance(step, Convolution):
        facts["kernel"] = network.layouts[id(step)].kernel
    return facts


def _port(network: GeneratedNetwork, name: str) -> dict[str, Any]:
    value = network.program.inputs.get(name) or network.program.outputs[name]
    return {
        "name": name,
        "shape": list(value.shape),
        "scale": value.scale,
        "zero_point": value.zero_point,
        "offset": None if network.program.streamed and name in network.program.inputs else network.plan.offset(value),
    }


def _shape(sides: list[int]) -> str:
    return "x".join(map(str, sides))
