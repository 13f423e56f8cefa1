"""Instructions of a generated network on an emulated core, each run checked against the reference kernels."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from edge_siamese.errors import SelfTestError
from edge_siamese.tflite.runtime import load_network

from ..codegen.generate import GeneratedNetwork
from .cores import find_core
from .qemu import emulate

_RUNS = 2


def measure(network: GeneratedNetwork, model: bytes, core_name: str) -> dict[str, Any]:
    """Run noise through a network on an emulated board.

    Args:
        network: generated from `model`.
        model: its bytes.
        core_name: of `emulation.CORES`.

    Returns:
        Core, instructions of a run and of each step, bytes of code, and how many outputs were compared.

    Raises:
        DataError: there is no such core, it cannot run the back end, or the network does not fit its board.
        RuntimeMissingError: the compiler or QEMU is not installed.
        SelfTestError: the outputs are not those of the reference kernels.
    """
    core = find_core(core_name, network.backend)
    rng = np.random.default_rng(0)
    sizes = [value.size for value in network.program.inputs.values()]
    runs = [[rng.integers(-128, 128, size).astype(np.int8) for size in sizes] for _ in range(_RUNS)]
    with tempfile.TemporaryDirectory() as folder:
        done = emulate(network, core, runs, Path(folder))
    compared = _compare(network, model, runs, done.outputs) if network.program.rounding == "litert" else 0
    return {
        "core": core.name,
        "instructions": round(float(np.mean(done.instructions))),
        "step_instructions": [round(each) for each in done.step_instructions],
        "code_bytes": done.code_bytes,
        "outputs_compared": compared,
    }


def _compare(network: GeneratedNetwork, model: bytes, runs: list[Any], outputs: list[Any]) -> int:
    """How many outputs equal those of the reference kernels: all, or an error."""
    oracle = load_network(model, "reference")
    compared = 0
    for (image,), found in zip(runs, outputs, strict=True):
        expected = list(oracle.run(image.reshape(oracle.input_shape)).items())
        for (name, values), (tensor, computed) in zip(expected, _paired(network, expected, found), strict=True):
            if not np.array_equal(values.ravel(), computed):
                raise SelfTestError(f"the generated code and the reference kernels disagree on '{name}' ({tensor})")
            compared += values.size
    return compared


def _paired(network: GeneratedNetwork, expected: list[Any], found: list[Any]) -> list[tuple[str, Any]]:
    """The computed outputs in the order of the expected ones; by place where the model has no names for them."""
    named = dict(zip(network.program.outputs, found, strict=True))
    if named.keys() == dict(expected).keys():
        return [(name, named[name]) for name, _ in expected]
    return list(named.items())
