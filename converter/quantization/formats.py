"""Number formats of converted networks, and conversion of Keras networks with TensorFlow.

======== ===================== ================== =====================================================
format   weights               activations        for
======== ===================== ================== =====================================================
int8     int8, per channel     int8               all devices; the only one with a card
float    float32               float32            ``evaluate --baseline``, other tools
float16  float16               float32            float networks of half the size
dynamic  int8                  float32            no calibration images; faster than float on some CPUs
16x8     int8, per channel     int16              networks that lose much in int8; often slow
======== ===================== ================== =====================================================

Inputs and outputs are float32, except in int8.
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
    """Copy a network to float32 with input ``(1, *shape)``, so that the converted graph has no shape operators."""
    image = keras.Input(batch_shape=(1, *shape), name="image")
    clone = keras.models.clone_model(network, input_tensors=image, clone_function=in_float32)
    clone.set_weights(network.get_weights())
    return clone


def as_float(network: Any) -> bytes:
    """Convert a network to float32 TFLite without changes; its input is ``(pixel - 128) / 128``."""
    return convert_static(static_batch(network, network.input_shape[1:]), "float")


def convert_static(network: Any, format: Format, inputs: npt.NDArray[np.float32] | None = None) -> bytes:
    """Convert a network with batch size 1 to one of the formats.

    Args:
        network: Keras model with an input of ``(1, H, W, C)``.
        format: one of `FORMATS`.
        inputs: calibration images float32 ``(N, H, W, C)``, normalized for the network; needed for int8 and 16x8.

    Raises:
        EdgeSiameseError: TensorFlow cannot convert this network to this format.
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
    """Run a configured TensorFlow converter and return the bytes of the .tflite.

    Raises:
        EdgeSiameseError: the conversion fails; the message names the operators.
    """
    from tensorflow.lite.python.convert_phase import ConverterError

    try:
        with redirect_stdout(io.StringIO()), warnings.catch_warnings():  # Keras prints its export to stdout
            warnings.simplefilter("ignore")
            return bytes(converter.convert())
    except (ConverterError, RuntimeError, ValueError) as error:
        raise EdgeSiameseError(f"TensorFlow cannot convert this network to {format}: {_reason(str(error))}") from error


def _reason(text: str) -> str:
    """Shorten an error of many lines: the unsupported operators if they are named, else the last line."""
    unsupported = re.findall(r"not yet supported for op: '(\w+)'", text) or re.findall(r"'(tf\.\w+)' op", text)
    if unsupported:
        return (
            f"{', '.join(sorted(set(unsupported)))} not supported in this format; edge-siamese lint lists alternatives"
        )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
