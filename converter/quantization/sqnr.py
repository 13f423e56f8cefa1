"""Signal-to-quantization-noise ratio (SQNR) of every layer of a quantized network.

SQNR is ``10 log10(sum(float^2) / sum((float - quantized)^2))`` in decibels over some images, of dequantized
values. A single quantization to eight bits leaves about 40 dB; a drop shows the layer that loses accuracy.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.tflite.graph import Graph, Operator, read_graph

from ..layer_names import LayerNames
from .tflite.probe import GraphProbe

_TRANSLATIONS = ("QUANTIZE", "DEQUANTIZE")
_MAX_DB = 120.0  # SQNR of equal tensors
_FIRST_DB = 40.0  # expected SQNR of a layer with exact inputs


@dataclass(frozen=True)
class LayerNoise:
    """Quantization noise of one layer.

    Attributes:
        layer: name of the layer.
        operator: kind of the operator in the .tflite.
        sqnr_db: SQNR of the output in dB, including the noise of all earlier layers.
        lost_db: difference in dB to the worst SQNR of the inputs, at most 40 dB: the loss in this layer itself.
    """

    layer: str
    operator: str
    sqnr_db: float
    lost_db: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def compare_layers(
    original: bytes, quantized: bytes, images: npt.NDArray[np.uint8], layers: Sequence[str] = ()
) -> list[LayerNoise]:
    """Compare two .tflite of one network layer by layer, in order of execution.

    Args:
        original: the float network.
        quantized: the same in int8, 16x8 or another format.
        images: uint8 ``(N, H, W, C)``.
        layers: names of the layers of the Keras network, if known.

    Operators are matched in order by kind and output shape; operators without a counterpart are left out.
    """
    first, second = read_graph(original), read_graph(quantized)
    pairs = matched_operators(first, second)
    noise, signal = np.zeros(len(pairs)), np.zeros(len(pairs))
    runs = [
        GraphProbe(model, [pair[side].outputs[0].index for pair in pairs])
        for side, model in enumerate((original, quantized))
    ]
    for image in images:
        for at, (expected, found) in enumerate(zip(*(run(image) for run in runs), strict=True)):
            signal[at] += np.sum(np.square(expected))
            noise[at] += np.sum(np.square(expected - found))
    decibels = [_decibels(*sums) for sums in zip(signal, noise, strict=True)]
    reached = {pair[0].outputs[0].index: value for pair, value in zip(pairs, decibels, strict=True)}
    names = LayerNames(first, layers)
    return [
        LayerNoise(names.of(operator), operator.kind, value, max(0.0, _worst_input(operator, reached) - value))
        for (operator, _), value in zip(pairs, decibels, strict=True)
    ]


def worst(layers: Sequence[LayerNoise], count: int = 8) -> list[LayerNoise]:
    """Return the layers with the largest loss of their own, the worst first."""
    return sorted(layers, key=lambda layer: -layer.lost_db)[:count]


def matched_operators(first: Graph, second: Graph) -> list[tuple[Operator, Operator]]:
    """Match the operators of two graphs of one network."""
    rows = [[each for each in graph.operators if each.kind not in _TRANSLATIONS] for graph in (first, second)]
    keys = [[(each.kind, each.outputs[0].shape) for each in row] for row in rows]
    blocks = SequenceMatcher(a=keys[0], b=keys[1], autojunk=False).get_matching_blocks()
    return [(rows[0][block.a + at], rows[1][block.b + at]) for block in blocks for at in range(block.size)]


def _worst_input(operator: Operator, reached: dict[int, float]) -> float:
    return min(
        _FIRST_DB, *(reached[tensor.index] for tensor in operator.computed if tensor.index in reached), _FIRST_DB
    )


def _decibels(signal: float, noise: float) -> float:
    if noise <= 0 or signal <= 0:
        return _MAX_DB if noise <= 0 else 0.0
    return min(_MAX_DB, 10 * math.log10(signal / noise))
