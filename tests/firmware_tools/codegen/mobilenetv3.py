"""MobileNetV3-Small of Keras as an int8 network with random weights: what others publish figures of."""

from functools import cache
from typing import Any

import numpy as np

_SIDE, _DIMENSION, _CALIBRATION = 112, 128, 4


@cache
def mobilenetv3_small(*, minimalistic: bool) -> bytes:
    """The .tflite: 112x112x3 to a normalized vector of 128, quantized after training, which there was none of."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    tf.keras.utils.set_random_seed(7)
    image = tf.keras.Input((_SIDE, _SIDE, 3), batch_size=1)
    base = tf.keras.applications.MobileNetV3Small(
        input_tensor=image, minimalistic=minimalistic, include_top=False, weights=None, include_preprocessing=False
    )
    vector = tf.keras.layers.Dense(_DIMENSION)(tf.keras.layers.GlobalAveragePooling2D()(base.output))
    vector = tf.keras.layers.BatchNormalization()(vector)
    model = tf.keras.Model(image, tf.keras.layers.Lambda(lambda each: tf.math.l2_normalize(each, axis=-1))(vector))
    run = tf.function(lambda each: model(each, training=False))
    concrete = run.get_concrete_function(tf.TensorSpec((1, _SIDE, _SIDE, 3), tf.float32))
    converter: Any = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(concrete)])
    rng = np.random.default_rng(1)
    images = [rng.uniform(-1, 1, (1, _SIDE, _SIDE, 3)).astype(np.float32) for _ in range(_CALIBRATION)]
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([each] for each in images)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())
