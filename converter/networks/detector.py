"""Face detector networks: three output grids, five landmarks per face.

They use only convolutions, ReLU, additions, bilinear resizes and a reshape, which XNNPACK, the Edge TPU and TFLite Micro
support. Boxes and landmarks are encoded as in `edge_siamese.detection`. Each grid has separate outputs, so that each
output has its own int8 scale.
"""

from dataclasses import dataclass
from typing import Any, Literal

import keras
from keras import layers

from edge_siamese.detection import STRIDES

from .layers import conv_bn, depthwise_bn, normalized

INPUT_SIZE = 320


@dataclass(frozen=True)
class DetectorStage:
    """One stage of a detector, which halves the resolution.

    Attributes:
        channels: its channels.
        repeats: residual separable convolutions after the first convolution.
        first: the convolution that halves the resolution, a standard 3x3 one or a separable one.
        kernel: side of the depthwise kernels.
    """

    channels: int
    repeats: int
    first: Literal["standard", "separable"] = "separable"
    kernel: int = 3


@dataclass(frozen=True)
class DetectorTable:
    """Widths and depths of a detector.

    Attributes:
        stem: `patches` computes 16 channels at a quarter of the resolution from 4x4 pixels each; `convolutions` begins
            with a 3x3 convolution at half the resolution.
        stages: the stages that end at strides 8, 16 and 32.
        pyramid: channels of the feature pyramid and of the heads.
    """

    stem: Literal["patches", "convolutions"]
    stages: tuple[DetectorStage, DetectorStage, DetectorStage]
    pyramid: int


TABLES = {
    "light": DetectorTable(
        "patches", (DetectorStage(32, 2, "standard"), DetectorStage(64, 2, "standard"), DetectorStage(96, 2)), 32
    ),
    "wide": DetectorTable(
        "convolutions", (DetectorStage(64, 2), DetectorStage(96, 3, kernel=5), DetectorStage(128, 3, kernel=5)), 64
    ),
}


def build_detector(input_size: int = INPUT_SIZE, table: str = "light") -> Any:
    """Build a detector; its weights do not depend on the input size.

    Args:
        input_size: side of the square input in pixels, a multiple of 32.
        table: a name of `TABLES`.

    Returns:
        A Keras model from float32 ``(N, S, S, 3)`` RGB scaled by ``(pixel - 128) / 128`` to a dictionary with, for each
        stride s, logits ``score{s}`` ``(N, S/s, S/s, 1)``, ``box{s}`` ``(.., 4)`` and ``landmark{s}`` ``(.., 10)``.
    """
    chosen = TABLES[table]
    image = keras.Input((input_size, input_size, 3), name="image")
    x = _patches(image, input_size) if chosen.stem == "patches" else _convolutions(image)
    features = []
    for number, stage in enumerate(chosen.stages, start=3):
        x = _stage(x, stage, f"stage{number}")
        features.append(x)
    outputs: dict[str, Any] = {}
    for stride, level in zip(STRIDES, _top_down(features, chosen.pyramid), strict=True):
        y = _separable(level, chosen.pyramid, 3, 1, name=f"head{stride}")
        for kind, channels in (("score", 1), ("box", 4), ("landmark", 10)):
            bias = keras.initializers.Constant(-4.0 if kind == "score" else 0.0)
            outputs[f"{kind}{stride}"] = layers.Conv2D(channels, 1, bias_initializer=bias, name=f"{kind}{stride}")(y)
    return keras.Model(image, outputs, name="face_detector")


def _patches(image: Any, size: int) -> Any:
    """Compute 16 channels of each 4x4 pixels.

    Four pixels of a row are the 12 channels of one: with 3 channels a convolution kernel wastes most of its lanes.
    """
    x = layers.Reshape((size, size // 4, 12), name="four_pixels")(image)
    x = layers.Conv2D(16, (4, 1), (4, 1), padding="same", use_bias=False, name="stem")(x)
    return normalized(x, "relu", name="stem")


def _convolutions(image: Any) -> Any:
    x = conv_bn(image, 16, 3, 2, "relu", name="stem")
    x = _separable(x, 32, 3, 2, name="stage2_0")
    return _separable(x, 32, 3, 1, name="stage2_1")


def _stage(x: Any, stage: DetectorStage, name: str) -> Any:
    if stage.first == "standard":
        x = conv_bn(x, stage.channels, 3, 2, "relu", name=f"{name}_0")
    else:
        x = _separable(x, stage.channels, stage.kernel, 2, name=f"{name}_0")
    for repeat in range(1, stage.repeats + 1):
        branch = _separable(x, stage.channels, stage.kernel, 1, name=f"{name}_{repeat}")
        x = layers.Add(name=f"{name}_{repeat}_add")([x, branch])
    return x


def _top_down(features: list[Any], channels: int) -> list[Any]:
    """Feature pyramid: add the upsampled coarser level to each level (Lin et al., CVPR 2017)."""
    levels = [conv_bn(features[-1], channels, activation="relu", name="lateral2")]
    for index in (1, 0):
        larger = layers.UpSampling2D(2, interpolation="bilinear", name=f"up{index}")(levels[0])
        lateral = conv_bn(features[index], channels, activation="relu", name=f"lateral{index}")
        levels.insert(0, layers.Add(name=f"merge{index}")([lateral, larger]))
    return levels


def _separable(x: Any, filters: int, kernel: int, strides: int, *, name: str) -> Any:
    x = depthwise_bn(x, kernel, strides, "relu", name=f"{name}_depthwise")
    return conv_bn(x, filters, activation="relu", name=f"{name}_pointwise")
