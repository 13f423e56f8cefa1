"""Terms of an operator: the quantities that its instructions are linear in.

A convolution costs so much for every tile that XNNPACK's kernel computes, for every 16 input channels of a tile, and
so on. The coefficients of the terms were fitted on operators that were counted one by one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from .cores import ArmCore
from .operators import PAIRWISE, KernelOperator

CostTerms = dict[str, float]


@dataclass(frozen=True)
class Tile:
    """What one call of XNNPACK's int8 convolution kernel computes.

    Attributes:
        pixels, channels: outputs of one tile.
        block: input channels of one turn of its loop.
        step: input channels that remain are padded to a multiple of this.
    """

    pixels: int
    channels: int
    block: int
    step: int


_TILES = {
    "a53": Tile(4, 16, 8, 1),  # the kernel 4x16, lane by lane
    "a72": Tile(2, 8, 16, 8),  # 2x8c8
    "a76": Tile(4, 16, 16, 4),  # 4x16c4, dot products
}


def tile(core: ArmCore) -> Tile:
    """The tile of a core's int8 convolution kernel."""
    return _TILES[core.name]


def terms(operator: KernelOperator, core: ArmCore) -> tuple[str, CostTerms]:
    """Group of an operator and the terms that its instructions are linear in.

    Args:
        operator: any operator.
        core: the core whose kernels run it.

    Returns:
        The group, ``""`` for an operator that this model does not know, and the value of each term.
    """
    group, found = _int8_terms(operator, core)
    if operator.dtype == "int8":
        return group, found
    if operator.macs:
        group, found = _float_terms(operator, group)
    return (f"{group}, {operator.dtype}" if group else ""), found


def _int8_terms(operator: KernelOperator, core: ArmCore) -> tuple[str, CostTerms]:
    if operator.kind in _PRODUCTS:
        return _PRODUCTS[operator.kind](operator, tile(core))
    measures = _PIXEL if operator.broadcast else _LINEAR.get(operator.kind, {})
    each = {name: measure(operator) for name, measure in measures.items()}
    group = operator.kind.lower() + (", broadcast" if operator.broadcast else "")
    return (group, each | {"operator": 1.0}) if each else ("", {})


def _convolution(operator: KernelOperator, tile: Tile) -> tuple[str, CostTerms]:
    taps = operator.kernel[0] * operator.kernel[1]
    products = _products(operator.pixels, operator.output_shape[-1], operator.input_shape[-1], taps, tile)
    if operator.kernel != (1, 1) or operator.stride != (1, 1):
        return "conv kxk", products
    return ("conv 1x1, one pixel" if operator.pixels == 1 else "conv 1x1"), products


def _products(pixels: int, outputs: int, inputs: int, taps: int, tile: Tile) -> CostTerms:
    """Terms of a product of matrices that a kernel computes tile by tile."""
    rows = math.ceil(pixels / tile.pixels)
    tiles = rows * math.ceil(outputs / tile.channels)
    padded = math.ceil(inputs / tile.step) * tile.step
    blocks, rest = divmod(padded, tile.block)
    found = {
        "block": float(tiles * taps * blocks),
        "loop": float(tiles * taps * (blocks > 1)),
        "channels left over": float(tiles * taps * rest // tile.step),
        "tile": float(tiles),
        "row": float(rows),
        "operator": 1.0,
    }
    return found | ({"tap": float(tiles * taps)} if taps > 1 else {})


def _depthwise(operator: KernelOperator, tile: Tile) -> tuple[str, CostTerms]:
    taps, channels = operator.kernel[0] * operator.kernel[1], operator.output_shape[-1]
    if taps <= 25:  # one kernel for up to 9 taps, another for up to 25
        found = {
            "sixteen channels": float(operator.pixels * (channels // 16)),
            "eight left over": float(operator.pixels * math.ceil(channels % 16 / 8)),
            "pixel": float(operator.pixels),
            "operator": 1.0,
        }
        return f"depthwise up to {9 if taps <= 9 else 25}", found
    rows = math.ceil(operator.pixels / tile.pixels)  # each channel goes alone through the convolution's kernel
    found = {
        "tap": float(channels * rows * taps),
        "row": float(channels * rows),
        "channel": float(channels),
        "operator": 1.0,
    }
    return "depthwise, larger" + (", one pixel" if operator.pixels == 1 else ""), found


def _dense(operator: KernelOperator, tile: Tile) -> tuple[str, CostTerms]:
    return "dense", _products(1, operator.output_shape[-1], operator.input_shape[-1], 1, tile)


def _transposed(operator: KernelOperator, tile: Tile) -> tuple[str, CostTerms]:
    pixels, taps = math.prod(operator.input_shape[:-1]), operator.kernel[0] * operator.kernel[1]
    return "transposed conv", _products(pixels, operator.output_shape[-1], operator.input_shape[-1], taps, tile)


_PRODUCTS: dict[str, Callable[[KernelOperator, Tile], tuple[str, CostTerms]]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "TRANSPOSE_CONV": _transposed,
}
_ELEMENT: dict[str, Callable[[KernelOperator], float]] = {"element": lambda operator: float(operator.elements)}
_PIXEL = _ELEMENT | {"pixel": lambda operator: float(operator.pixels)}
_WINDOW = _PIXEL | {
    "tap": lambda operator: float(operator.elements * operator.kernel[0] * operator.kernel[1]),
    "pixel tap": lambda operator: float(operator.pixels * operator.kernel[0] * operator.kernel[1]),
}
_REDUCTION = (
    _ELEMENT
    | {  # the kernel takes 32 channels at a time, then 8
        "thirty-two channels": lambda operator: float(
            math.prod(operator.input_shape[:-1]) * (operator.input_shape[-1] // 32)
        ),
        "eight left over": lambda operator: float(
            math.prod(operator.input_shape[:-1]) * math.ceil(operator.input_shape[-1] % 32 / 8)
        ),
    }
)
_BLOCKS = _ELEMENT | {
    "row of a block": lambda operator: float(operator.pixels * operator.input_shape[0] // operator.output_shape[0])
}
_LINEAR: dict[str, dict[str, Callable[[KernelOperator], float]]] = {
    **dict.fromkeys(PAIRWISE, _ELEMENT),
    **dict.fromkeys(("LOGISTIC", "TANH", "HARD_SWISH", "GELU", "RELU", "RELU6", "LEAKY_RELU", "PRELU"), _ELEMENT),
    **dict.fromkeys(("QUANTIZE", "DEQUANTIZE", "RESIZE_BILINEAR"), _ELEMENT),
    **dict.fromkeys(("CONCATENATION", "PAD", "SOFTMAX"), _PIXEL),
    "SPACE_TO_DEPTH": _BLOCKS,
    **dict.fromkeys(("TRANSPOSE", "STRIDED_SLICE"), _PIXEL),
    **dict.fromkeys(("AVERAGE_POOL_2D", "MAX_POOL_2D"), _WINDOW),
    **dict.fromkeys(("MEAN", "SUM"), _REDUCTION),
}


def _float_terms(operator: KernelOperator, group: str) -> tuple[str, CostTerms]:
    found = {"mac": float(operator.macs), "element": float(operator.elements), "pixel": float(operator.pixels)}
    return group, found | {"operator": 1.0}
