"""MobileFaceNet with free widths: the layout of a teacher network and of the students cut from it.

A 3x3 stem and a depthwise convolution are followed by stages of inverted residuals, each stage beginning with a stride
of 2, and by two 1x1 convolutions and one product over all that is left of the image (Chen et al., "MobileFaceNets:
Efficient CNNs for Accurate Real-Time Face Verification on Mobile Devices", 2018). A block's last convolution has no
activation, so the sum that runs through a stage, its *stream*, is written and read by linear maps alone.

A teacher has PReLU everywhere. A student begins with the teacher's slopes, which training shrinks to zero
(`AnnealedPReLU`), and ends with ReLU, which int8 delegates and cross-layer equalization ask for.
"""

from dataclasses import dataclass
from itertools import chain
from typing import Any

import keras
from keras import layers, ops

from edge_siamese.errors import DataError

from .layers import MOMENTUM, FastDepthwiseConv2D, FusedBatchNormalization

INPUT_SIZE = 112
ACTIVATIONS = ("prelu", "relu")


@dataclass(frozen=True)
class MobileFaceNetTable:
    """Widths of a MobileFaceNet.

    Attributes
    ----------
    stem : int
        Channels of the two layers at half of the input's size.
    hidden : tuple of tuple of int
        For each stage the channels inside each of its blocks.
    streams : tuple of int
        For each stage the channels between its blocks.
    last, reduced : int
        Channels of the two 1x1 convolutions after the last stage.
    dimension : int
        Length of the embedding.

    Raises
    ------
    DataError
        A stage without blocks, another number of streams than of stages, or a width below 1.
    """

    stem: int
    hidden: tuple[tuple[int, ...], ...]
    streams: tuple[int, ...]
    last: int
    reduced: int
    dimension: int

    def __post_init__(self) -> None:
        if not self.hidden or len(self.hidden) != len(self.streams) or not all(self.hidden):
            raise DataError(
                f"expected one stream for each stage and a block in each, found {len(self.streams)} streams and "
                f"{[len(stage) for stage in self.hidden]} blocks"
            )
        widths = (self.stem, *self.streams, *chain.from_iterable(self.hidden), self.last, self.reduced, self.dimension)
        if min(widths) < 1:
            raise DataError(f"expected widths of 1 and more, found {min(widths)}")

    def blocks(self) -> list[tuple[str, int, int, bool]]:
        """Name, hidden channels, stream channels and whether it is residual, for each block in order."""
        return [
            (f"stage{stage}_block{block}", width, self.streams[stage], block > 0)
            for stage, widths in enumerate(self.hidden)
            for block, width in enumerate(widths)
        ]


@keras.saving.register_keras_serializable(package="edge_siamese")
class AnnealedPReLU(layers.Layer):  # type: ignore[misc]
    """PReLU whose slopes, one a channel, count for a share that training takes from 1 to 0.

    At a share of 0 it is ReLU. `set_slope_share` sets it for a whole network.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the slopes ``(C,)`` and the share."""
        self.slope = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="slope")
        self.share = self.add_weight(shape=(), initializer="ones", trainable=False, name="share")

    def call(self, inputs: Any) -> Any:
        """Scale what is negative by slope and share."""
        slope = ops.cast(self.slope * self.share, inputs.dtype)
        return ops.relu(inputs) - slope * ops.relu(-inputs)


def set_slope_share(network: Any, share: float) -> None:
    """Set the share for which the PReLU slopes of a network count, 0 to 1."""
    for layer in network.layers:
        if isinstance(layer, AnnealedPReLU):
            layer.share.assign(share)


def build_mobilefacenet(table: MobileFaceNetTable, *, activation: str = "relu", input_size: int = INPUT_SIZE) -> Any:
    """Build a MobileFaceNet.

    Layers are named by what they are: ``stem``, ``stem_depthwise``, ``stage0_block0_expand`` (``_depthwise``,
    ``_project``), ``last``, ``reduce``, ``embedding``; each is followed by ``<name>_bn`` and, all but the projections and
    the embedding, by ``<name>_prelu`` or ``<name>_relu``.

    Parameters
    ----------
    table : MobileFaceNetTable
        Its widths.
    activation : {"relu", "prelu"}
        ReLU, or `AnnealedPReLU`. The other layers have the same names and weights.
    input_size : int
        Side of the square input in pixels, a multiple of 2 for the stem and for each stage.

    Returns
    -------
    keras.Model
        From float32 ``(N, input_size, input_size, 3)`` RGB scaled by ``(pixel - 128) / 128`` to float32 embeddings
        ``(N, dimension)``, not normalized.

    Raises
    ------
    DataError
        Another activation, or a size that the strides do not divide.
    """
    if activation not in ACTIVATIONS:
        raise DataError(f"expected an activation of {ACTIVATIONS}, found {activation!r}")
    reduction = 2 ** (1 + len(table.hidden))
    if input_size % reduction:
        raise DataError(f"expected an input size that is a multiple of {reduction}, found {input_size}")
    image = keras.Input((input_size, input_size, 3), name="image")
    x = _conv(image, table.stem, activation, kernel=3, strides=2, name="stem")
    x = _depthwise(x, activation, name="stem_depthwise")
    for name, hidden, stream, residual in table.blocks():
        y = _conv(x, hidden, activation, name=f"{name}_expand")
        y = _depthwise(y, activation, strides=1 if residual else 2, name=f"{name}_depthwise")
        y = _conv(y, stream, None, name=f"{name}_project")
        x = layers.Add(name=f"{name}_add")([x, y]) if residual else y
    x = _conv(x, table.last, activation, name="last")
    x = _conv(x, table.reduced, activation, name="reduce")
    side = input_size // reduction
    x = layers.Reshape((1, 1, side * side * table.reduced), name="whole")(x)
    x = _conv(x, table.dimension, None, name="embedding")
    return keras.Model(image, layers.Reshape((table.dimension,), name="flatten")(x), name="mobilefacenet")


def _conv(x: Any, filters: int, activation: str | None, *, kernel: int = 1, strides: int = 1, name: str) -> Any:
    if strides == 2:
        x = _padded(x, name)
    padding = "valid" if strides == 2 else "same"
    x = layers.Conv2D(filters, kernel, strides, padding=padding, use_bias=False, name=name)(x)
    return _finish(x, activation, name)


def _depthwise(x: Any, activation: str, *, strides: int = 1, name: str) -> Any:
    if strides == 2:
        x = _padded(x, name)
    padding = "valid" if strides == 2 else "same"
    x = FastDepthwiseConv2D(3, strides, padding=padding, use_bias=False, name=name)(x)
    return _finish(x, activation, name)


def _padded(x: Any, name: str) -> Any:
    """Zeros above and to the left: the teacher's strided kernels are centered on even pixels, "same" on odd ones."""
    return layers.ZeroPadding2D(((1, 0), (1, 0)), name=f"{name}_pad")(x)


def _finish(x: Any, activation: str | None, name: str) -> Any:
    x = FusedBatchNormalization(momentum=MOMENTUM, autocast=False, name=f"{name}_bn")(x)
    if activation == "prelu":
        return AnnealedPReLU(name=f"{name}_prelu")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x) if activation else x
