"""MobileNetV3 face embedder (the twin), adapted to int8 and delegates.

Table *small* is that of Howard et al., "Searching for MobileNetV3" (ICCV 2019). Table *dense* uses
its inverted residuals at low resolution and standard 3x3 convolutions before them, as EfficientNetV2 and MobileNetV4
do, to extract facial details at 28x28 and 14x14. Three differences from the paper make int8 models fast and accurate on
edge runtimes:

* SiLU replaces hard-swish: XNNPACK and the Edge TPU support LOGISTIC and MUL but not HARD_SWISH. The stem uses ReLU, so
  that its channels can be equalized before quantization (`quantization.keras.equalization`).
* Squeeze-and-excitation is optional and its gate is a sigmoid.
* The head is a global *depthwise* convolution (Chen et al., "MobileFaceNets", 2018) and a 1x1 convolution to the
  embedding; the matcher computes the L2 normalization exactly in integers.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from edge_siamese.errors import DataError

from .layers import conv_bn, depthwise_bn, scaled, squeezed_and_excited

INPUT_SIZE = 112
DIMENSION = 256


@dataclass(frozen=True)
class Dense:
    """A standard 3x3 convolution to `filters` channels with ReLU, residual if input and output shapes are equal."""

    filters: int
    strides: int


@dataclass(frozen=True)
class Block:
    """One inverted residual: depthwise `kernel`, `expanded` channels inside, `filters` out."""

    kernel: int
    expanded: int
    filters: int
    excite: bool
    late: bool  # the paper's hard-swish half
    strides: int


@dataclass(frozen=True)
class BlockTable:
    """The blocks between the stem's and the last convolution's channels."""

    stem: int
    blocks: tuple[Dense | Block, ...]
    last: int


_SMALL = (
    Block(3, 16, 16, True, False, 2),
    Block(3, 72, 24, False, False, 2),
    Block(3, 88, 24, False, False, 1),
    Block(5, 96, 40, True, True, 2),
    Block(5, 240, 40, True, True, 1),
    Block(5, 240, 40, True, True, 1),
    Block(5, 120, 48, True, True, 1),
    Block(5, 144, 48, True, True, 1),
    Block(5, 288, 96, True, True, 2),
    Block(5, 576, 96, True, True, 1),
    Block(5, 576, 96, True, True, 1),
)

_DENSE: tuple[Dense | Block, ...] = (
    Dense(64, 2),
    Dense(64, 1),
    Dense(64, 1),
    Dense(128, 2),
    *[Block(3, 256, 128, False, False, 1)] * 4,
    Block(3, 256, 160, False, False, 2),
    *[Block(3, 320, 160, False, False, 1)] * 4,
)

TABLES = {"small": BlockTable(16, _SMALL, 576), "dense": BlockTable(32, _DENSE, 384)}


def build_twin(
    *,
    table: str = "dense",
    dimension: int = DIMENSION,
    width: float = 1.0,
    squeeze_excite: bool = False,
    activation: str = "relu",
    input_size: int = INPUT_SIZE,
) -> Any:
    """Build the embedder that both branches of the siamese network share.

    Args:
        table, dimension, width, squeeze_excite, activation: see `twin`.
        input_size: side of the square input in pixels.

    Returns:
        A Keras model from float32 ``(N, input_size, input_size, 3)`` RGB scaled by ``(pixel - 128) / 128`` to
        float32 embeddings ``(N, dimension)``, not L2-normalized.
    """
    image = keras.Input((input_size, input_size, 3), name="image")
    embedding = twin(
        image, table=table, dimension=dimension, width=width, squeeze_excite=squeeze_excite, activation=activation
    )
    return keras.Model(image, embedding, name="mobilenetv3_twin")


def twin(
    image: Any,
    *,
    table: str = "dense",
    dimension: int = DIMENSION,
    width: float = 1.0,
    squeeze_excite: bool = False,
    activation: str = "relu",
) -> Any:
    """Compute embeddings ``(N, dimension)`` of square images ``(N, S, S, C)``.

    Args:
        image: Keras tensor of images.
        table: name of the layout, a key of `TABLES`.
        dimension: length D of the embedding.
        width: channel multiplier of every block, rounded to multiples of 8.
        squeeze_excite: add squeeze-and-excitation in the blocks where MobileNetV3 has it.
        activation: replacement of hard-swish: ``"relu"`` (the minimalistic variant) or ``"silu"``.

    Raises:
        DataError: the table or activation is unknown, or the images are not square.
    """
    if table not in TABLES or activation not in ("silu", "relu"):
        raise DataError(f"expected a table of {sorted(TABLES)} and 'silu' or 'relu', got {table!r}, {activation!r}")
    if image.shape[1] != image.shape[2]:
        raise DataError(f"the twin takes square images, found {image.shape[1]} x {image.shape[2]}")
    blocks = TABLES[table]
    x = conv_bn(image, scaled(blocks.stem, width), 3, 2, "relu", name="stem")
    for number, block in enumerate(blocks.blocks):
        if isinstance(block, Dense):
            x = _dense(x, block, width, name=f"block{number}")
        else:
            x = _inverted_residual(x, block, width, squeeze_excite, activation, name=f"block{number}")
    x = conv_bn(x, scaled(blocks.last, width), activation=activation, name="last")
    x = depthwise_bn(x, x.shape[1], padding="valid", name="global_depthwise")
    x = conv_bn(x, dimension, name="embedding")
    return layers.Reshape((dimension,), name="flatten")(x)


def _dense(x: Any, block: Dense, width: float, *, name: str) -> Any:
    y = conv_bn(x, scaled(block.filters, width), 3, block.strides, "relu", name=f"{name}_dense")
    return layers.Add(name=f"{name}_add")([x, y]) if y.shape == x.shape else y


def _inverted_residual(
    x: Any, block: Block, width: float, squeeze_excite: bool, late_activation: str, *, name: str
) -> Any:
    activation = late_activation if block.late else "relu"
    expanded, filters = scaled(block.expanded, width), scaled(block.filters, width)
    y = x
    if expanded != x.shape[-1]:
        y = conv_bn(y, expanded, activation=activation, name=f"{name}_expand")
    y = depthwise_bn(y, block.kernel, block.strides, activation, name=f"{name}_depthwise")
    if squeeze_excite and block.excite:
        y = squeezed_and_excited(y, "sigmoid", name=f"{name}_se")
    y = conv_bn(y, filters, name=f"{name}_project")
    return layers.Add(name=f"{name}_add")([x, y]) if block.strides == 1 and x.shape[-1] == filters else y
