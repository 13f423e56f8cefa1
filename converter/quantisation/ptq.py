"""Post-training quantisation: every tensor int8, weights per channel, after what `preparation` does for free."""

import sys
import warnings
from contextlib import redirect_stdout
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from .compact import compact
from .preparation import prepared

CALIBRATION_PICTURES = 200


def quantise(network: Any, pictures: npt.NDArray[np.uint8]) -> bytes:
    """Convert a network to fully int8 TFLite.

    Args:
        network: Keras model from float32 ``(N, H, W, 3)`` scaled by ``(pixel - 128) / 128``.
        pictures: uint8 ``(M, H, W, 3)`` real inputs to measure activation ranges on; 100-200 are enough.

    Returns:
        The .tflite's bytes. The input's scale is 1/128 and its zero point 0, so ``pixel ^ 0x80`` is the input.

    Raises:
        DataError: fewer than 20 pictures.
    """
    if len(pictures) < 20:
        raise DataError(f"calibration needs at least 20 pictures, better {CALIBRATION_PICTURES}; found {len(pictures)}")
    return convert_int8(static_batch(prepared(network, model_input(pictures)), pictures.shape[1:]), pictures)


def convert_int8(network: Any, pictures: npt.NDArray[np.uint8]) -> bytes:
    """Convert a network of batch size 1 as it is; ranges it does not fix itself are measured on `pictures`."""
    import tensorflow as tf

    pictures = pictures.copy()
    pictures[0, 0, 0], pictures[0, 0, 1] = 0, 255  # the input's range is then exactly the pixels'
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([model_input(picture[None])] for picture in pictures)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return compact(_converted(converter))


def as_float(network: Any) -> bytes:
    """Convert a network to float32 TFLite as it is: inputs are ``(pixel - 128) / 128``."""
    import tensorflow as tf

    return _converted(tf.lite.TFLiteConverter.from_keras_model(static_batch(network, network.input_shape[1:])))


def _converted(converter: Any) -> bytes:
    with redirect_stdout(sys.stderr), warnings.catch_warnings():  # Keras describes its export on stdout
        warnings.simplefilter("ignore")
        return bytes(converter.convert())


def model_input(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Pixels as the float network wants them."""
    return (pictures.astype(np.float32) - np.float32(128)) / np.float32(128)


def static_batch(network: Any, shape: tuple[int, ...]) -> Any:
    """The same network for inputs ``(1, *shape)``: no shape arithmetic is left in the converted graph."""
    image = keras.Input(batch_shape=(1, *shape), name="image")
    clone = keras.models.clone_model(network, input_tensors=image)
    clone.set_weights(network.get_weights())
    return clone
