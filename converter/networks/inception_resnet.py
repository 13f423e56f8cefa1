"""Inception-ResNet-v1 with the layer names of FaceNet, for imported weights.

Szegedy et al., "Inception-v4, Inception-ResNet and the impact of residual connections on learning" (AAAI 2017), as
trained by https://github.com/davidsandberg/facenet on faces of 160 x 160 x 3. Layer names are its scope names joined by
underscores, as in the Keras port https://github.com/nyoki-mtl/keras-facenet. It has 22,808,144 parameters with an
embedding of 128 values, 23,497,424 with 512.
"""

from typing import Any

from keras import layers

FEATURES = 1792

# Branches of convolutions (scope, filters, kernel); a scope with "1a" halves the size, without padding.
_Branches = tuple[tuple[tuple[str, int, int | tuple[int, int]], ...], ...]

_BLOCK35: _Branches = (
    (("Conv2d_1x1", 32, 1),),
    (("Conv2d_0a_1x1", 32, 1), ("Conv2d_0b_3x3", 32, 3)),
    (("Conv2d_0a_1x1", 32, 1), ("Conv2d_0b_3x3", 32, 3), ("Conv2d_0c_3x3", 32, 3)),
)
_BLOCK17: _Branches = (
    (("Conv2d_1x1", 128, 1),),
    (("Conv2d_0a_1x1", 128, 1), ("Conv2d_0b_1x7", 128, (1, 7)), ("Conv2d_0c_7x1", 128, (7, 1))),
)
_BLOCK8: _Branches = (
    (("Conv2d_1x1", 192, 1),),
    (("Conv2d_0a_1x1", 192, 1), ("Conv2d_0b_1x3", 192, (1, 3)), ("Conv2d_0c_3x1", 192, (3, 1))),
)
_MIXED_6A: _Branches = (
    (("Conv2d_1a_3x3", 384, 3),),
    (("Conv2d_0a_1x1", 192, 1), ("Conv2d_0b_3x3", 192, 3), ("Conv2d_1a_3x3", 256, 3)),
)
_MIXED_7A: _Branches = (
    (("Conv2d_0a_1x1", 256, 1), ("Conv2d_1a_3x3", 384, 3)),
    (("Conv2d_0a_1x1", 256, 1), ("Conv2d_1a_3x3", 256, 3)),
    (("Conv2d_0a_1x1", 256, 1), ("Conv2d_0b_3x3", 256, 3), ("Conv2d_1a_3x3", 256, 3)),
)


def inception_resnet_v1(image: Any, *, dimension: int = 512, dropout: float = 0.2) -> Any:
    """Compute embeddings ``(N, dimension)`` of standardized RGB images ``(N, H, W, 3)`` of at least 75 x 75 pixels.

    Args:
        image: Keras tensor of images.
        dimension: length of the embedding; 512 and 128 have published weights; 1792 returns the pooled features
            without a bottleneck layer.
        dropout: dropout rate of the pooled features, 0 to 1.
    """
    x = _stem(image)
    for number in range(1, 6):
        x = _residual(x, _BLOCK35, 0.17, name=f"Block35_{number}")
    x = _reduction(x, _MIXED_6A, name="Mixed_6a")
    for number in range(1, 11):
        x = _residual(x, _BLOCK17, 0.1, name=f"Block17_{number}")
    x = _reduction(x, _MIXED_7A, name="Mixed_7a")
    for number in range(1, 6):
        x = _residual(x, _BLOCK8, 0.2, name=f"Block8_{number}")
    x = _residual(x, _BLOCK8, None, name="Block8_6")
    x = layers.GlobalAveragePooling2D(name="AvgPool")(x)
    if dimension == FEATURES:
        return x
    x = layers.Dropout(dropout, name="Dropout")(x)
    x = layers.Dense(dimension, use_bias=False, name="Bottleneck")(x)
    return _normalized(x, name="Bottleneck")


def _stem(x: Any) -> Any:
    x = _conv(x, 32, 3, 2, "valid", name="Conv2d_1a_3x3")
    x = _conv(x, 32, 3, 1, "valid", name="Conv2d_2a_3x3")
    x = _conv(x, 64, 3, name="Conv2d_2b_3x3")
    x = layers.MaxPooling2D(3, 2, name="MaxPool_3a_3x3")(x)
    x = _conv(x, 80, 1, name="Conv2d_3b_1x1")
    x = _conv(x, 192, 3, 1, "valid", name="Conv2d_4a_3x3")
    return _conv(x, 256, 3, 2, "valid", name="Conv2d_4b_3x3")


def _residual(x: Any, branches: _Branches, scale: float | None, *, name: str) -> Any:
    """Add the scaled output of the branches; the last block (scale None) is not scaled and has no ReLU."""
    y = layers.Concatenate(name=f"{name}_Concatenate")(_branches(x, branches, name))
    y = layers.Conv2D(x.shape[-1], 1, name=f"{name}_Conv2d_1x1")(y)
    if scale is None:
        return layers.Add(name=f"{name}_Add")([x, y])
    y = layers.Rescaling(scale, name=f"{name}_Scale")(y)
    return layers.Activation("relu", name=f"{name}_Activation")(layers.Add(name=f"{name}_Add")([x, y]))


def _reduction(x: Any, branches: _Branches, *, name: str) -> Any:
    pooled = layers.MaxPooling2D(3, 2, name=f"{name}_Branch_{len(branches)}_MaxPool_1a_3x3")(x)
    return layers.Concatenate(name=name)([*_branches(x, branches, name), pooled])


def _branches(x: Any, branches: _Branches, name: str) -> list[Any]:
    outputs = []
    for number, convolutions in enumerate(branches):
        y = x
        for scope, filters, kernel in convolutions:
            strides, padding = (2, "valid") if "1a" in scope else (1, "same")
            y = _conv(y, filters, kernel, strides, padding, name=f"{name}_Branch_{number}_{scope}")
        outputs.append(y)
    return outputs


def _conv(
    x: Any, filters: int, kernel: int | tuple[int, int], strides: int = 1, padding: str = "same", *, name: str
) -> Any:
    x = layers.Conv2D(filters, kernel, strides, padding, use_bias=False, name=name)(x)
    return layers.Activation("relu", name=f"{name}_Activation")(_normalized(x, name=name))


def _normalized(x: Any, *, name: str) -> Any:
    return layers.BatchNormalization(momentum=0.995, epsilon=0.001, scale=False, name=f"{name}_BatchNorm")(x)
