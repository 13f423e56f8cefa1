"""The golden input of the boot self-test: a pattern that C and Python compute alike, and the CRC-32 of its outputs."""

import zlib

import numpy as np
import numpy.typing as npt

from edge_siamese.detection import STRIDES
from edge_siamese.tflite.runtime import load_network


def golden_input(shape: tuple[int, ...]) -> npt.NDArray[np.int8]:
    """Smooth waves with a little noise: int8 of the network's input shape ``(1, H, W, 3)``; `es_self_test.c` has the same formula."""
    _, height, width, channels = shape
    row, column, channel = np.meshgrid(np.arange(height), np.arange(width), np.arange(channels), indexing="ij")
    wave = np.abs((row * 3 + column * (channel + 2)) % 256 - 128) - np.abs((row * 5 + 64) % 256 - 128)
    noise = ((row * width + column) * 3 + channel) * 2654435761 % 2**32 >> 29
    return np.asarray(np.clip(wave + noise, -128, 127)[None], np.int8)


def output_crc(network: bytes) -> str:
    """The CRC-32 of the outputs of the reference kernels for the golden input, as a C constant.

    A detector's outputs are taken grid by grid: scores, boxes, landmarks.

    Raises:
        RuntimeMissingError: the reference kernels are not installed.
    """
    oracle = load_network(network, "reference")
    outputs = oracle.run(golden_input(oracle.input_shape))
    crc = 0
    of_grids = [f"{kind}{stride}" for stride in STRIDES for kind in ("score", "box", "landmark")]
    for name in of_grids if of_grids[0] in outputs else sorted(outputs):
        crc = zlib.crc32(np.ascontiguousarray(outputs[name]).tobytes(), crc)
    return f"{crc:#010x}u"
