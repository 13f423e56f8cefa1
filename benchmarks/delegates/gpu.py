"""LiteRT's accelerators (`CompiledModel`), in a process of their own: a missing driver may end the process."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import RuntimeMissingError
from edge_siamese.preprocessing import int8_input

from ..timing.measuring import RunLength
from .agreement import DelegateModel, OutputAgreement

Accelerator = Literal["GPU", "CPU"]
_NO_ADAPTER = "No adapters found"
_START_SECONDS = 120


@dataclass(frozen=True, eq=False)
class AcceleratorRun:
    """Durations in nanoseconds, whether the accelerator runs the whole network, and the agreement of its outputs."""

    ns: list[int]
    is_whole: bool
    agreement: OutputAgreement


class _ChildOutputs:
    """Outputs that a child process computed for known inputs, as the network of a self-test."""

    delegate = "gpu"

    def __init__(self, inputs: npt.NDArray[Any], outputs: list[dict[str, npt.NDArray[Any]]], scales: Any) -> None:
        self._outputs = {image.tobytes(): output for image, output in zip(inputs, outputs, strict=True)}
        self._scales = scales

    def run(self, image: npt.NDArray[np.int8]) -> dict[str, npt.NDArray[np.int8]]:
        return self._outputs[image.tobytes()]

    def output_scales(self) -> dict[str, tuple[float, int]]:
        scales: dict[str, tuple[float, int]] = self._scales
        return scales


def run_on_accelerator(model: DelegateModel, accelerator: Accelerator, length: RunLength) -> AcceleratorRun:
    """Run a network on an accelerator, with the CPU for operators that it does not take.

    Args:
        model: the model.
        accelerator: ``"GPU"``; ``"CPU"`` runs LiteRT's own on the processor, for tests.
        length: warm-up, number of runs and time limit.

    Raises:
        RuntimeMissingError: the runtime does not offer it, or this machine has none; one sentence says which.
    """
    network = model.load("xnnpack", 1)
    goldens = model.card.goldens if model.card else ()
    images: list[npt.NDArray[Any]] = [int8_input(golden.image[None]) for golden in goldens]
    inputs = np.stack(images or [model.random_input(network)])
    with tempfile.TemporaryDirectory(prefix="edge-siamese-accelerator-") as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(model.network)
        np.save(folder / "inputs.npy", inputs)
        settings = {
            "accelerator": accelerator,
            "warmup": length.warmup,
            "queries": length.queries,
            "seconds": length.max_seconds,
        }
        answer = _run_child(folder, settings, accelerator, length.max_seconds + _START_SECONDS)
        with np.load(folder / "outputs.npz") as arrays:
            outputs = [
                {output: arrays[f"{number}.{output}"] for output in network.output_dtypes}
                for number in range(len(inputs))
            ]
    agreement = model.agreement(_ChildOutputs(inputs, outputs, network.output_scales()))
    return AcceleratorRun(answer["ns"], answer["is_whole"], agreement)


def _run_child(folder: Path, settings: dict[str, Any], accelerator: Accelerator, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", f"{__package__}.accelerator_child", str(folder), json.dumps(settings)]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise RuntimeMissingError(f"LiteRT's {accelerator} accelerator gave no result within {seconds:g} s") from error
    if ended.returncode == 0:
        answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
        return answer
    if _NO_ADAPTER in ended.stderr:
        raise RuntimeMissingError(f"LiteRT's {accelerator} accelerator found no graphics adapter on this machine")
    lines = [line.strip(" └") for line in ended.stderr.splitlines() if "Error" in line or "ERROR" in line]
    found = lines[-1][:300] if lines else f"exit status {ended.returncode}"
    raise RuntimeMissingError(f"LiteRT's {accelerator} accelerator does not run the network: {found}")
