"""The program that runs a network on one of LiteRT's accelerators: ``accelerator_child.py FOLDER SETTINGS``.

`FOLDER` holds ``model.tflite`` and ``inputs.npy``; it writes ``outputs.npz`` there and prints one JSON line.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np


def main(folder: Path, settings: dict[str, Any]) -> None:
    """Compile the network, compute the outputs of every input, and measure the first."""
    from ai_edge_litert.compiled_model import CompiledModel, HardwareAccelerator

    chosen = getattr(HardwareAccelerator, settings["accelerator"]) | HardwareAccelerator.CPU
    compiled = CompiledModel.from_file(str(folder / "model.tflite"), hardware_accel=chosen)
    images = np.load(folder / "inputs.npy")
    signature = compiled.get_signature_by_index(0)
    details = compiled.get_output_tensor_details(signature["key"])
    inputs, outputs = compiled.create_input_buffers(0), compiled.create_output_buffers(0)

    def answer(image: Any) -> dict[str, Any]:
        inputs[0].write(image)
        compiled.run_by_index(0, inputs, outputs)
        read = {}
        for name, buffer in zip(signature["outputs"], outputs, strict=True):
            shape = details[name]["shape"]
            read[name] = buffer.read(int(np.prod(shape)), np.dtype(details[name]["dtype"]).type).reshape(shape)
        return read

    answers = [answer(image) for image in images]
    np.savez(
        folder / "outputs.npz",
        **{f"{number}.{name}": array for number, one in enumerate(answers) for name, array in one.items()},
    )
    ns = _durations(lambda: answer(images[0]), settings["warmup"], settings["queries"], settings["seconds"])
    print(json.dumps({"ns": ns, "is_whole": bool(compiled.is_fully_accelerated())}))  # noqa: T201


def _durations(run: Any, warmup: int, queries: int, seconds: float) -> list[int]:
    for _ in range(warmup):
        run()
    ns: list[int] = []
    begin = time.monotonic()
    while len(ns) < queries and (not ns or time.monotonic() - begin < seconds):
        start = time.perf_counter_ns()
        run()
        ns.append(time.perf_counter_ns() - start)
    return ns


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
