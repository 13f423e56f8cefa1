"""The MobileNetV3 twin: a face embedder that stays whole under int8 delegates.

The block table is that of Howard et al., "Searching for MobileNetV3" (ICCV 2019). Three things differ, because they
decide whether an int8 model is fast and faithful on edge runtimes:

* SiLU stands where the paper has hard-swish: XNNPACK and the Edge TPU take LOGISTIC and MUL but not HARD_SWISH. The stem
  has ReLU, through which its uneven channels can be equalised before quantisation (`quantisation.preparation`).
* Squeeze-and-excitation is optional and its gate is a sigmoid.
* The head is a global *depthwise* convolution (Chen et al., "MobileFaceNets", 2018) and a 1x1 convolution to the
  embedding; the L2 norm is left to the matcher, which does it exactly in integers.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from .layers import conv_bn, depthwise_bn

INPUT_SIZE = 112
DIMENSION = 256


@dataclass(frozen=True)
class Block:
    """One inverted residual: depthwise `kernel`, `expanded` channels inside, `filters` out."""

    kernel: int
    expanded: int
    filters: int
    excite: bool
    late: bool  # the paper's hard-swish half
    strides: int


SMALL = (
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


def build_twin(
    *,
    dimension: int = DIMENSION,
    width: float = 1.0,
    squeeze_excite: bool = False,
    activation: str = "silu",
    input_size: int = INPUT_SIZE,
) -> Any:
    """Build the embedder that both branches of the twin share.

    Args:
        dimension: length D of the embedding.
        width: channel multiplier of every block, rounded to multiples of 8.
        squeeze_excite: add squeeze-and-excitation where MobileNetV3 has it.
        activation: ``"silu"``, or ``"relu"`` for the minimalistic variant every accelerator takes.
        input_size: side of the square input in pixels.

    Returns:
        A Keras model from float32 ``(N, input_size, input_size, 3)`` RGB scaled by ``(pixel - 128) / 128`` to
        float32 embeddings ``(N, dimension)``, not normalised.
    """
    if activation not in ("silu", "relu"):
        raise ValueError(f"activation: expected 'silu' or 'relu', got {activation!r}")
    image = keras.Input((input_size, input_size, 3), name="image")
    x = conv_bn(image, _scaled(16, width), 3, 2, "relu", name="stem")
    for number, block in enumerate(SMALL):
        x = _inverted_residual(x, block, width, squeeze_excite, activation, name=f"block{number}")
    x = conv_bn(x, _scaled(576, width), activation=activation, name="last")
    x = depthwise_bn(x, x.shape[1], padding="valid", name="global_depthwise")
    x = conv_bn(x, dimension, name="embedding")
    return keras.Model(image, layers.Reshape((dimension,), name="flatten")(x), name="mobilenetv3_small_twin")


def _inverted_residual(
    x: Any, block: Block, width: float, squeeze_excite: bool, late_activation: str, *, name: str
) -> Any:
    activation = late_activation if block.late else "relu"
    expanded, filters = _scaled(block.expanded, width), _scaled(block.filters, width)
    y = x
    if expanded != x.shape[-1]:
        y = conv_bn(y, expanded, activation=activation, name=f"{name}_expand")
    y = depthwise_bn(y, block.kernel, block.strides, activation, name=f"{name}_depthwise")
    if squeeze_excite and block.excite:
        y = _squeeze_excite(y, name=f"{name}_se")
    y = conv_bn(y, filters, name=f"{name}_project")
    return layers.Add(name=f"{name}_add")([x, y]) if block.strides == 1 and x.shape[-1] == filters else y


def _squeeze_excite(x: Any, *, name: str) -> Any:
    channels = x.shape[-1]
    gate = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_pool")(x)
    gate = layers.Conv2D(_scaled(channels, 0.25), 1, activation="relu", name=f"{name}_reduce")(gate)
    gate = layers.Conv2D(channels, 1, activation="sigmoid", name=f"{name}_gate")(gate)
    return layers.Multiply(name=f"{name}_scale")([x, gate])


def _scaled(channels: int, width: float) -> int:
    """Channels times width, to the nearest multiple of 8, never losing more than a tenth (the paper's rule)."""
    wanted = channels * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded
