"""Predict the instructions of a network from its operators, without running or training it.

The model is linear for each group of operators: a convolution costs so much for every tile that XNNPACK's kernel
computes, for every 16 input channels of a tile, and so on. Its coefficients were fitted on operators counted one by
one (`operators.csv`, `fit.py`).
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError

from .cores import CORES, ArmCore
from .operators import PAIRWISE, KernelOperator, read_operators

COEFFICIENTS_FILE = "cost_model.json"
CostTerms = dict[str, float]
Coefficients = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Tile:
    """What one call of XNNPACK's int8 convolution kernel computes.

    Attributes
    ----------
    pixels, channels : int
        Outputs of one tile.
    block : int
        Input channels of one turn of its loop.
    step : int
        Input channels that remain are padded to a multiple of this.
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

    Parameters
    ----------
    operator : Operator
        Which.
    core : Core
        Whose kernels.

    Returns
    -------
    tuple of str and dict of str to float
        The group is ``""`` for an operator that this model does not know.
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


@dataclass(frozen=True)
class Prediction:
    """What a network would execute on one core.

    Attributes
    ----------
    core : str
        Name of the core.
    operators : tuple of float
        Instructions of each operator, 0 for one that is free or unknown.
    call : float
        Instructions of a call of the network itself.
    unknown : tuple of str
        Kinds of operators that the model does not know; with any, the prediction is too low.
    """

    core: str
    operators: tuple[float, ...]
    call: float
    unknown: tuple[str, ...]

    @property
    def instructions(self) -> float:
        """Of one run of the network."""
        return sum(self.operators) + self.call


class CostModel:
    """The fitted coefficients of one core.

    Parameters
    ----------
    core : Core
        Which.
    coefficients : mapping
        By group and term, instructions; ``{"call": {"operator": ...}}`` is the cost of a call itself.
    """

    def __init__(self, core: ArmCore, coefficients: Coefficients) -> None:
        self.core, self.coefficients = core, coefficients

    @classmethod
    def shipped(cls, core: ArmCore) -> "CostModel":
        """The one fitted on the shipped table of counted operators."""
        return cls(core, _shipped_coefficients()[core.name])

    def knows(self, operator: KernelOperator) -> bool:
        """Whether the operator can be predicted."""
        return operator.is_free or terms(operator, self.core)[0] in self.coefficients

    def instructions(self, operator: KernelOperator) -> float:
        """Instructions of one operator, 0 where `knows` is false."""
        if operator.is_free:
            return 0.0
        group, found = terms(operator, self.core)
        coefficients = self.coefficients.get(group, {})
        return sum(coefficients.get(name, 0.0) * value for name, value in found.items())

    def predict(self, operators: Sequence[KernelOperator]) -> Prediction:
        """Instructions of a network's operators."""
        unknown = dict.fromkeys(operator.label for operator in operators if not self.knows(operator))
        call = self.coefficients["call"]["operator"]
        return Prediction(self.core.name, tuple(map(self.instructions, operators)), call, tuple(unknown))


@cache
def _shipped_coefficients() -> dict[str, dict[str, dict[str, float]]]:
    document: dict[str, Any] = json.loads(files(__package__).joinpath(COEFFICIENTS_FILE).read_text())
    return {core: document["cores"][core] for core in document["cores"]}


def predict(network: Any, cores: Iterable[ArmCore] = tuple(CORES.values())) -> list[Prediction]:
    """Instructions of a network on each core.

    Parameters
    ----------
    network : Path, keras.Model or sequence of Operator
        A ``.tflite`` or ``.keras`` file, a Keras network that need not be trained, or operators.
    cores : iterable of Core
        Which; all by default.

    Raises
    ------
    DataError
        The file is of another kind, or a Keras layer has no counterpart here.
    ModelError
        The file cannot be read.
    """
    operators = network_operators(network)
    return [CostModel.shipped(core).predict(operators) for core in cores]


def network_operators(network: Any) -> list[KernelOperator]:
    """Operators of anything that `predict` takes."""
    if isinstance(network, str | Path):
        path = Path(network)
        if path.suffix == ".keras":
            from .keras_operators import keras_operators, load_keras

            return keras_operators(load_keras(path))
        if path.suffix != ".tflite":
            raise DataError(f"{path}: expected a .tflite or .keras file")
        return read_operators(path)
    if isinstance(network, Sequence):
        return list(network)
    from .keras_operators import keras_operators

    return keras_operators(network)
