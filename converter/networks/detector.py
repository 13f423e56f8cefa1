"""Face detector network: separable convolutions, three output grids, five landmarks per face.

It uses only convolutions, ReLU, additions and bilinear resizes, which XNNPACK, the Edge TPU and TFLite Micro support.
Boxes and landmarks are encoded as in `edge_siamese.detection`. Each grid has separate outputs, so that each output has
its own int8 scale.
"""

from typing import Any

import keras
from keras import layers

from edge_siamese.detection import STRIDES

from .layers import conv_bn, depthwise_bn

INPUT_SIZE = 320
_PYRAMID = 64


def build_detector(input_size: int | None = None) -> Any:
    """Build the detector.

    Args:
        input_size: side of the square input in pixels, a multiple of 32; None allows any size, for training.

    Returns:
        A Keras model from float32 ``(N, S, S, 3)`` RGB scaled by ``(pixel - 128) / 128`` to a dictionary with, for each
        stride s, logits ``score{s}`` ``(N, S/s, S/s, 1)``, ``box{s}`` ``(.., 4)`` and ``landmark{s}`` ``(.., 10)``.
    """
    image = keras.Input((input_size, input_size, 3), name="image")
    x = conv_bn(image, 16, 3, 2, "relu", name="stem")
    x = _separable(x, 32, 3, 2, name="stage2_0")
    x = _separable(x, 32, 3, 1, name="stage2_1")
    features = []
    for stage, (filters, kernel, repeats) in enumerate(((64, 3, 2), (96, 5, 3), (128, 5, 3)), start=3):
        x = _separable(x, filters, kernel, 2, name=f"stage{stage}_0")
        for repeat in range(1, repeats + 1):
            x = layers.Add(name=f"stage{stage}_{repeat}_add")(
                [x, _separable(x, filters, kernel, 1, name=f"stage{stage}_{repeat}")]
            )
        features.append(x)
    outputs: dict[str, Any] = {}
    for stride, level in zip(STRIDES, _top_down(features), strict=True):
        y = _separable(level, _PYRAMID, 3, 1, name=f"head{stride}")
        for kind, channels in (("score", 1), ("box", 4), ("landmark", 10)):
            bias = keras.initializers.Constant(-4.0 if kind == "score" else 0.0)
            outputs[f"{kind}{stride}"] = layers.Conv2D(channels, 1, bias_initializer=bias, name=f"{kind}{stride}")(y)
    return keras.Model(image, outputs, name="face_detector")


def _top_down(features: list[Any]) -> list[Any]:
    """Feature pyramid: add the upsampled coarser level to each level (Lin et al., CVPR 2017)."""
    levels = [conv_bn(features[-1], _PYRAMID, activation="relu", name="lateral2")]
    for index in (1, 0):
        larger = layers.UpSampling2D(2, interpolation="bilinear", name=f"up{index}")(levels[0])
        lateral = conv_bn(features[index], _PYRAMID, activation="relu", name=f"lateral{index}")
        levels.insert(0, layers.Add(name=f"merge{index}")([lateral, larger]))
    return levels


def _separable(x: Any, filters: int, kernel: int, strides: int, *, name: str) -> Any:
    x = depthwise_bn(x, kernel, strides, "relu", name=f"{name}_depthwise")
    return conv_bn(x, filters, activation="relu", name=f"{name}_pointwise")
