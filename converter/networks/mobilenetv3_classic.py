"""MobileNetV3 as published: Howard et al., "Searching for MobileNetV3" (ICCV 2019).

The full version has hard-swish and squeeze-and-excitation, the minimalistic version ReLU and 3x3 kernels only. Layers,
channels and the order of the weights before the head are those of ``keras.applications.MobileNetV3Small`` and
``MobileNetV3Large`` without top, so their weights can be loaded into `features` with ``set_weights``. The version that
this project ships is in `mobilenetv3`.
"""

from dataclasses import dataclass
from typing import Any

from keras import layers

from ..registry import in_range
from .layers import conv_bn, depthwise_bn, scaled, squeezed_and_excited


@dataclass(frozen=True)
class ScaledBlock:
    """One inverted residual: depthwise `kernel`, `expansion` times the channels inside, `filters` out."""

    expansion: float
    filters: int
    kernel: int
    strides: int
    excite: bool
    late: bool  # hard-swish in place of ReLU


_SMALL = (
    ScaledBlock(1, 16, 3, 2, True, False),
    ScaledBlock(72 / 16, 24, 3, 2, False, False),
    ScaledBlock(88 / 24, 24, 3, 1, False, False),
    ScaledBlock(4, 40, 5, 2, True, True),
    ScaledBlock(6, 40, 5, 1, True, True),
    ScaledBlock(6, 40, 5, 1, True, True),
    ScaledBlock(3, 48, 5, 1, True, True),
    ScaledBlock(3, 48, 5, 1, True, True),
    ScaledBlock(6, 96, 5, 2, True, True),
    ScaledBlock(6, 96, 5, 1, True, True),
    ScaledBlock(6, 96, 5, 1, True, True),
)

_LARGE = (
    ScaledBlock(1, 16, 3, 1, False, False),
    ScaledBlock(4, 24, 3, 2, False, False),
    ScaledBlock(3, 24, 3, 1, False, False),
    ScaledBlock(3, 40, 5, 2, True, False),
    ScaledBlock(3, 40, 5, 1, True, False),
    ScaledBlock(3, 40, 5, 1, True, False),
    ScaledBlock(6, 80, 3, 2, False, True),
    ScaledBlock(2.5, 80, 3, 1, False, True),
    ScaledBlock(2.3, 80, 3, 1, False, True),
    ScaledBlock(2.3, 80, 3, 1, False, True),
    ScaledBlock(6, 112, 3, 1, True, True),
    ScaledBlock(6, 112, 3, 1, True, True),
    ScaledBlock(6, 160, 5, 2, True, True),
    ScaledBlock(6, 160, 5, 1, True, True),
    ScaledBlock(6, 160, 5, 1, True, True),
)

BLOCKS = {"small": _SMALL, "large": _LARGE}


def mobilenetv3_small(
    image: Any,
    *,
    dimension: int = 1024,
    width: float = 1.0,
    minimalistic: bool = False,
    linear_embedding: bool = False,
) -> Any:
    """Compute embeddings ``(N, dimension)`` of images ``(N, H, W, C)`` in -1..1.

    Args:
        image: Keras tensor of images.
        dimension: length of the embedding.
        width: channel multiplier, 0 to 4; channels are rounded to multiples of 8.
        minimalistic: ReLU, no squeeze-and-excitation, no 5x5 kernels.
        linear_embedding: omit the activation after the last 1x1 convolution.

    Raises:
        DataError: `width` is outside of 0 to 4.
    """
    x = features(image, "small", width, minimalistic)
    return _embedding(x, dimension, minimalistic, linear_embedding)


def mobilenetv3_large(
    image: Any,
    *,
    dimension: int = 1280,
    width: float = 1.0,
    minimalistic: bool = False,
    linear_embedding: bool = False,
) -> Any:
    """Compute embeddings with the larger network of the paper; see `mobilenetv3_small`."""
    x = features(image, "large", width, minimalistic)
    return _embedding(x, dimension, minimalistic, linear_embedding)


def features(image: Any, size: str, width: float = 1.0, minimalistic: bool = False) -> Any:
    """Compute the feature maps ``(N, H / 32, W / 32, 576 or 960 times width)``; `size` is a key of `BLOCKS`."""
    in_range(0.0, 4.0, width=width)
    late = "relu" if minimalistic else "hard_swish"
    x = conv_bn(image, 16, 3, 2, late, name="stem")
    for number, block in enumerate(BLOCKS[size]):
        x = _inverted_residual(x, block, width, minimalistic, name=f"block{number}")
    return conv_bn(x, scaled(6 * x.shape[-1]), activation=late, name="last")


def _embedding(x: Any, dimension: int, minimalistic: bool, linear: bool) -> Any:
    """Efficient last stage of the paper: pooling, then a 1x1 convolution with bias."""
    x = layers.GlobalAveragePooling2D(keepdims=True, name="pool")(x)
    x = layers.Conv2D(dimension, 1, name="embedding")(x)
    if not linear:
        x = layers.Activation("relu" if minimalistic else "hard_swish", name="embedding_activation")(x)
    return layers.Reshape((dimension,), name="flatten")(x)


def _inverted_residual(x: Any, block: ScaledBlock, width: float, minimalistic: bool, *, name: str) -> Any:
    activation = "hard_swish" if block.late and not minimalistic else "relu"
    kernel = 3 if minimalistic else block.kernel
    filters = scaled(block.filters, width)
    y = x
    if block.expansion != 1:
        y = conv_bn(y, scaled(block.expansion * x.shape[-1]), activation=activation, name=f"{name}_expand")
    y = depthwise_bn(y, kernel, block.strides, activation, name=f"{name}_depthwise")
    if block.excite and not minimalistic:
        y = squeezed_and_excited(y, "hard_sigmoid", name=f"{name}_se")
    y = conv_bn(y, filters, name=f"{name}_project")
    return layers.Add(name=f"{name}_add")([x, y]) if block.strides == 1 and x.shape[-1] == filters else y
