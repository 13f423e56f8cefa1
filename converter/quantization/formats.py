"""The forms in which a network can leave the converter, and how TensorFlow writes each from a Keras network.

======== ===================== ================== =====================================================
format   weights               activations        for
======== ===================== ================== =====================================================
int8     int8, per channel     int8               every board; the only form with a card
float    float32               float32            ``evaluate --baseline``, other tools
float16  float16               float32            half the file, where float is wanted
dynamic  int8                  float32            no calibration images; faster than float on some CPUs
16x8     int8, per channel     int16              networks that int8 hurts; slow without special kernels
======== ===================== ================== =====================================================

Inputs and outputs of all but int8 are float32.
"""

import io
import re
import warnings
from contextlib import redirect_stdout
from typing import Any, Literal, get_args

import keras
import numpy as np
import numpy.typing as npt

from edge_siamese.errors import EdgeSiameseError

from ..training.precision import in_float32

Format = Literal["int8", "float", "float16", "dynamic", "16x8"]
FORMATS: tuple[Format, ...] = get_args(Format)


def static_batch(network: Any, shape: tuple[int, ...]) -> Any:
    """The same network in float32 for inputs ``(1, *shape)``: no shape arithmetic is left in the converted graph."""
    image = keras.Input(batch_shape=(1, *shape), name="image")
    clone = keras.models.clone_model(network, input_tensors=image, clone_function=in_float32)
    clone.set_weights(network.get_weights())
    return clone


def as_float(network: Any) -> bytes:
    """Convert a network to float32 TFLite as it is: inputs are ``(pixel - 128) / 128``."""
    return convert_static(static_batch(network, network.input_shape[1:]), "float")


def convert_static(network: Any, format: Format, inputs: npt.NDArray[np.float32] | None = None) -> bytes:
    """Write a network of batch size 1 in one of the formats.

    Args:
        network: Keras model with an input of ``(1, H, W, C)``.
        format: one of `FORMATS`.
        inputs: float32 ``(N, H, W, C)`` as the network takes them; ranges of int8 and 16x8 are measured on them.

    Raises:
        EdgeSiameseError: TensorFlow cannot write this network in this format.
    """
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    if format != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if format == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if format in {"int8", "16x8"}:
        converter.representative_dataset = lambda: ([each[None]] for each in (() if inputs is None else inputs))
    if format == "int8":
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    if format == "16x8":
        sixteen = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.target_spec.supported_ops = [sixteen]
    return run_converter(converter, format)


def run_converter(converter: Any, format: Format) -> bytes:
    """The bytes that a configured TensorFlow converter writes.

    Raises:
        EdgeSiameseError: it cannot; the sentence names the operators.
    """
    from tensorflow.lite.python.convert_phase import ConverterError

    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():  # Keras describes its export on stdout
            warnings.simplefilter("ignore")
            return bytes(converter.convert())
    except (ConverterError, RuntimeError, ValueError) as error:
        raise EdgeSiameseError(f"TensorFlow cannot write this network as {format}: {_reason(str(error))}") from error


def _reason(text: str) -> str:
    """One line of an error of many: the operators where they are named, else the last line."""
    unsupported = re.findall(r"not yet supported for op: '(\w+)'", text) or re.findall(r"'(tf\.\w+)' op", text)
    if unsupported:
        return f"{', '.join(sorted(set(unsupported)))} cannot be written so; edge-siamese lint says what to use instead"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
