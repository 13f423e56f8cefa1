"""Embed crops with a teacher network: an ONNX file run by OpenVINO, or an embedder ``.tflite``.

On a CPU with bfloat16 instructions OpenVINO is about twenty times as fast as other runtimes.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.embedding import unit_rows
from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese.tflite.model_card import model_bytes

from ..embeddings import embed_model

BATCH = 16

Teacher = Callable[[Iterable[npt.NDArray[np.uint8]]], Iterator[npt.NDArray[np.float32]]]
"""Embeds crops uint8 ``(112, 112, 3)``: one vector ``(D,)`` for each, in order."""


def load_teacher(path: Path) -> Teacher:
    """Load a teacher network.

    Args:
        path: an ``.onnx`` that `TeacherNetwork` takes, or an embedder ``.tflite``, int8 or float.

    Raises:
        DataError: the file is not a teacher network.
        ModelError: there is no such model.
        RuntimeMissingError: an ONNX teacher needs OpenVINO, which is not installed.
    """
    if path.suffix.lower() == ".onnx":
        return TeacherNetwork(path)
    if path.suffix.lower() == ".tflite":
        return partial(_embedded, model_bytes(path))
    raise DataError(f"{path}: expected a teacher network, .onnx or .tflite, found {path.suffix!r}", path=path)


def _embedded(model: bytes, crops: Iterable[npt.NDArray[np.uint8]]) -> Iterator[npt.NDArray[np.float32]]:
    remaining = iter(crops)
    while batch := list(islice(remaining, 16 * BATCH)):
        yield from unit_rows(embed_model(model, np.stack(batch)))


class TeacherNetwork:
    """ONNX network that embeds uint8 ``(112, 112, 3)`` RGB crops; its input is ``(N, 3, 112, 112)``.

    Args:
        path: ``.onnx`` file; input ``(pixel - 127.5) / 127.5``, output ``(N, D)``.

    Raises:
        RuntimeMissingError: OpenVINO is not installed.
        DataError: the file is missing or is not such a network.
    """

    def __init__(self, path: Path) -> None:
        try:
            import openvino
        except ImportError as error:
            raise RuntimeMissingError(
                "a teacher network in ONNX needs OpenVINO; install edge-siamese[teacher]"
            ) from error
        try:
            model = openvino.Core().read_model(path)
            model.reshape([BATCH, 3, 112, 112])
            self._compiled: Any = openvino.compile_model(model, "CPU")
        except RuntimeError as error:
            raise DataError(
                f"{path}: expected an ONNX face embedder of input (N, 3, 112, 112), cannot open it"
            ) from error

    def __call__(self, crops: Iterable[npt.NDArray[np.uint8]]) -> Iterator[npt.NDArray[np.float32]]:
        """Yield one unit vector float32 ``(D,)`` per crop."""
        remaining = iter(crops)
        while batch := list(islice(remaining, BATCH)):
            pixels = np.zeros((BATCH, 3, 112, 112), np.float32)
            for place, crop in enumerate(batch):
                pixels[place] = crop.transpose(2, 0, 1)
            rows = self._compiled([(pixels - 127.5) / 127.5])[0][: len(batch)]
            yield from unit_rows(rows)
