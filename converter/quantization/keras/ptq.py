"""Post-training quantization of Keras networks: all tensors int8, weights per channel, after `preparation`."""

from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.preprocessing import float_input

from ...tflite_edit import compact
from ..calibration import require_calibration, with_whole_input_range
from ..formats import convert_static, static_batch
from .preparation import prepared


def quantize(network: Any, images: npt.NDArray[np.uint8]) -> bytes:
    """Convert a network to fully int8 TFLite.

    Args:
        network: Keras model from float32 ``(N, H, W, C)`` scaled by ``(pixel - 128) / 128``.
        images: calibration images uint8 ``(M, H, W, C)``; 100 to 200 are enough.

    Returns:
        Bytes of the .tflite. The input has scale 1/128 and zero point 0, so the input bytes are ``pixel ^ 0x80``.

    Raises:
        DataError: there are fewer than 20 images.
    """
    require_calibration(images)
    return convert_int8(static_batch(prepared(network, float_input(images)), images.shape[1:]), images)


def convert_int8(network: Any, images: npt.NDArray[np.uint8]) -> bytes:
    """Convert a network with batch size 1 without preparation; missing activation ranges are measured on `images`."""
    return compact(convert_static(network, "int8", float_input(with_whole_input_range(images))))
