"""MobileNetV2: Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks" (CVPR 2018).

Layers, channels and the order of the weights are those of ``keras.applications.MobileNetV2``, so its weights can be
loaded with ``set_weights``. https://github.com/asik03/uc3m-bq-SiameseConvNet uses ReLU instead of ReLU6 and a
convolution in shortcuts with different channels: ``activation="relu", project_shortcuts=True``.
"""

from typing import Any

from keras import layers

from ..registry import in_range
from .layers import conv_bn, depthwise_bn, scaled

# Expansion, filters, repeats, strides of the first block.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
FEATURES = 1280


def mobilenetv2(
    image: Any,
    *,
    dimension: int = FEATURES,
    width: float = 1.0,
    activation: str = "relu6",
    project_shortcuts: bool = False,
) -> Any:
    """Compute embeddings ``(N, dimension)`` of images ``(N, H, W, C)`` in -1..1.

    Args:
        image: Keras tensor of images.
        dimension: length of the embedding; the length of the pooled features (1280, more if width > 1) returns them
            unchanged, any other length adds a linear layer.
        width: channel multiplier, 0 to 4; channels are rounded to multiples of 8.
        activation: name of a Keras activation.
        project_shortcuts: use a 1x1 convolution as the shortcut of blocks that keep the size but not the channels.

    Raises:
        DataError: `width` is outside of 0 to 4.
    """
    in_range(0.0, 4.0, width=width)
    x = conv_bn(image, scaled(32, width), 3, 2, activation, name="stem")
    number = 0
    for expansion, channels, repeats, strides in _STAGES:
        for repeat in range(repeats):
            name = f"block{number}"
            y = _inverted_residual(
                x, expansion, scaled(channels, width), 1 if repeat else strides, activation, name=name
            )
            x = _with_shortcut(x, y, project_shortcuts, name=name)
            number += 1
    x = conv_bn(x, scaled(FEATURES, max(1.0, width)), activation=activation, name="last")
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return x if x.shape[-1] == dimension else layers.Dense(dimension, name="embedding")(x)


def _inverted_residual(x: Any, expansion: int, filters: int, strides: int, activation: str, *, name: str) -> Any:
    if expansion > 1:
        x = conv_bn(x, expansion * x.shape[-1], activation=activation, name=f"{name}_expand")
    x = depthwise_bn(x, 3, strides, activation, name=f"{name}_depthwise")
    return conv_bn(x, filters, name=f"{name}_project")


def _with_shortcut(x: Any, y: Any, project: bool, *, name: str) -> Any:
    if x.shape[1:3] != y.shape[1:3] or (x.shape[-1] != y.shape[-1] and not project):
        return y
    if x.shape[-1] != y.shape[-1]:
        x = conv_bn(x, y.shape[-1], name=f"{name}_shortcut")
    return layers.Add(name=f"{name}_add")([x, y])
