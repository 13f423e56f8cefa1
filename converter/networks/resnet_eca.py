"""ResNet18 with efficient channel attention, for small images.

The layers are those of https://github.com/Qucy/Siamese-Network, with 11,442,314 parameters on images of 32 x 32 x 3: He
et al., "Deep residual learning for image recognition" (CVPR 2016), with a stem that keeps the size, leaky ReLU inside
the blocks, biases before the normalization, and the attention of Wang et al., "ECA-Net" (CVPR 2020), after each stage.

In the paper the kernel size of the attention depends on log2 of the channels and is odd (3, 5, 5, 5): ``kernels="odd"``.
The repository uses the natural logarithm and allows even sizes (2, 2, 3, 3): ``kernels="published"``.
"""

import math
from typing import Any

from keras import layers

from ..registry import in_range, lookup
from .layers import conv_bn, scaled


def _published_kernel(channels: int) -> int:
    return int((math.log(channels) + 1) / 2)


def _odd_kernel(channels: int) -> int:
    return int((math.log2(channels) + 1) / 2) | 1


_KERNELS = {"published": _published_kernel, "odd": _odd_kernel}


def resnet18_eca(
    image: Any,
    *,
    dimension: int = 512,
    width: float = 1.0,
    kernels: str = "published",
    stem_strides: int = 1,
    momentum: float = 0.9,
) -> Any:
    """Compute embeddings ``(N, dimension)`` of images ``(N, H, W, C)`` in 0..1.

    Args:
        image: Keras tensor of images.
        dimension: length of the embedding.
        width: multiplier of the channels 64, 128, 256 and 512, which are rounded to multiples of 8.
        kernels: kernel sizes of the attention: ``"published"`` or ``"odd"``.
        stem_strides: 2 halves the size in the stem, which takes about a quarter of the time.
        momentum: momentum of batch normalization, 0 to 1. With the published 0.99 inference is wrong for some hundreds
            of steps; 0.9 adapts within about thirty.

    Raises:
        DataError: `kernels` is unknown, or a number is out of range.
    """
    in_range(0.0, 4.0, width=width)
    in_range(0.0, 1.0, momentum=momentum)
    in_range(1, stem_strides=stem_strides)
    kernel = lookup("kind of kernels", kernels, _KERNELS)
    x = _conv(image, scaled(64, width), 3, stem_strides, "leaky_relu", momentum, name="stem")
    x = layers.MaxPooling2D(3, 1, padding="same", name="stem_pool")(x)
    for stage, channels in enumerate((64, 128, 256, 512), start=1):
        filters = scaled(channels, width)
        x = _residual(x, filters, 1 if stage == 1 else 2, momentum, name=f"stage{stage}_0")
        x = _residual(x, filters, 1, momentum, name=f"stage{stage}_1")
        x = _attention(x, kernel(filters), name=f"stage{stage}_eca")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return layers.Dense(dimension, name="embedding")(x)


def _residual(x: Any, filters: int, strides: int, momentum: float, *, name: str) -> Any:
    y = _conv(x, filters, 3, strides, "leaky_relu", momentum, name=f"{name}_conv1")
    y = _conv(y, filters, 3, 1, None, momentum, name=f"{name}_conv2")
    if strides > 1:
        x = layers.Conv2D(filters, 1, strides, name=f"{name}_shortcut")(x)
    return layers.Activation("relu", name=f"{name}_relu")(layers.Add(name=f"{name}_add")([x, y]))


def _conv(
    x: Any, filters: int, kernel: int, strides: int, activation: str | None, momentum: float, *, name: str
) -> Any:
    return conv_bn(x, filters, kernel, strides, activation, use_bias=True, momentum=momentum, name=name)


def _attention(x: Any, kernel: int, *, name: str) -> Any:
    channels = x.shape[-1]
    gate = layers.GlobalAveragePooling2D(name=f"{name}_pool")(x)
    gate = layers.Reshape((channels, 1), name=f"{name}_sequence")(gate)
    gate = layers.Conv1D(1, kernel, padding="same", use_bias=False, activation="sigmoid", name=f"{name}_conv")(gate)
    gate = layers.Reshape((1, 1, channels), name=f"{name}_gate")(gate)
    return layers.Multiply(name=f"{name}_scale")([x, gate])
