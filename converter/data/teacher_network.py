"""A teacher network in ONNX, asked for embeddings of crops.

OpenVINO runs it: on a CPU with bfloat16 units some twenty times as fast as the usual runtimes.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.embedding import unit_rows
from edge_siamese.errors import DataError, RuntimeMissingError

BATCH = 16


class TeacherNetwork:
    """Embeds uint8 ``(112, 112, 3)`` RGB crops with an ONNX network of input ``(N, 3, 112, 112)``.

    Args:
        path: network whose input is ``(pixel - 127.5) / 127.5`` and whose output is ``(N, D)``.

    Raises:
        RuntimeMissingError: OpenVINO is not installed.
        DataError: the file is missing or not such a network.
    """

    def __init__(self, path: Path) -> None:
        try:
            import openvino
        except ImportError as error:
            raise RuntimeMissingError(
                "asking a teacher network needs OpenVINO; install edge-siamese[teacher]"
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
        """Yield one unit vector ``(D,)`` a crop."""
        remaining = iter(crops)
        while batch := list(islice(remaining, BATCH)):
            pixels = np.zeros((BATCH, 3, 112, 112), np.float32)
            for place, crop in enumerate(batch):
                pixels[place] = crop.transpose(2, 0, 1)
            rows = self._compiled([(pixels - 127.5) / 127.5])[0][: len(batch)]
            yield from unit_rows(rows)
