"""Turn channels so that what ReLU keeps of them is what carries most.

A PReLU channel whose inputs are mostly negative speaks through its slope. A batch normalization behind it makes up for a
slope that shrinks, however small it gets, so training does not feel the loss until the slope is zero and the channel
silent. Such a channel is turned around beforehand: ``prelu(x, a)`` is ``-a * prelu(-x, 1 / a)``, so with the sign of its
inputs changed, the factor moved into the next layer and the slope inverted, the network computes what it did, and ReLU
keeps the side that matters.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from .units import BATCH, Floats, FoldedUnit, get_unit, set_unit

MINIMUM_SLOPE = 1e-3
_SUCCESSORS = {
    "stem": "stem_depthwise",
    "stem_depthwise": "stage0_block0_expand",
    "last": "reduce",
    "reduce": "embedding",
}
_NEXT_PART = {"expand": "depthwise", "depthwise": "project"}


def turn_channels(network: Any, crops: npt.NDArray[np.uint8]) -> int:
    """Turn the channels of a network whose negative side varies more than their positive one.

    Parameters
    ----------
    network : keras.Model
        Of `build_mobilefacenet` with PReLU, its slopes counting in full. Its batch normalizations come out folded
        where a channel was turned; `insert_batch_norm` gives them statistics again.
    crops : uint8 array of shape (N, 112, 112, 3)
        RGB training crops to measure on; a few hundred.

    Returns
    -------
    int
        How many channels were turned.
    """
    names = [layer.name.removesuffix("_prelu") for layer in network.layers if layer.name.endswith("_prelu")]
    sides = _variances(network, names, crops)
    turned = 0
    for name, (positive, negative) in zip(names, sides, strict=True):
        slope = get_unit(network, name).slope
        assert slope is not None
        chosen = (np.square(slope) * negative > positive) & (np.abs(slope) > MINIMUM_SLOPE)
        if chosen.any():
            _turn(network, name, chosen)
        turned += int(chosen.sum())
    return turned


def successor(name: str) -> str:
    """The unit that reads what a unit with an activation answers."""
    block, _, part = name.rpartition("_")
    return _SUCCESSORS.get(name) or f"{block}_{_NEXT_PART[part]}"


def _turn(network: Any, name: str, chosen: npt.NDArray[np.bool_]) -> None:
    unit, after = get_unit(network, name), get_unit(network, successor(name))
    assert unit.slope is not None
    sign = np.where(chosen, -1, 1).astype(np.float32)
    factor = np.where(chosen, -unit.slope, 1).astype(np.float32)
    slope = np.where(chosen, 1 / np.where(chosen, unit.slope, 1), unit.slope).astype(np.float32)
    kernel = unit.kernel * (sign[:, None] if _is_depthwise(unit) else sign)
    set_unit(network, name, FoldedUnit(kernel.astype(np.float32), unit.bias * sign, slope))
    # The embedding reads every place of the last map: its inputs are the channels again and again.
    inputs = np.tile(factor, after.kernel.shape[2] // len(factor))
    set_unit(network, successor(name), FoldedUnit(after.kernel * inputs[:, None], after.bias, after.slope))


def _is_depthwise(unit: FoldedUnit) -> bool:
    return bool(unit.kernel.shape[3] == 1 and unit.kernel.shape[2] == len(unit.bias))


def _variances(network: Any, names: list[str], crops: npt.NDArray[np.uint8]) -> list[tuple[Floats, Floats]]:
    """For each unit the variance of the positive and of the negative part of what its activation gets, by channel."""
    inputs = keras.Model(network.input, [network.get_layer(f"{name}_prelu").input for name in names])
    sums = [np.zeros((2, 2, network.get_layer(f"{name}_prelu").slope.shape[0])) for name in names]
    counts = np.zeros(len(names))
    for start in range(0, len(crops), BATCH):
        pixels = (crops[start : start + BATCH].astype(np.float32) - 128) / 128
        outputs = inputs(pixels)
        for index, output in enumerate(outputs if isinstance(outputs, list | tuple) else [outputs]):
            rows = np.asarray(output, np.float64).reshape(-1, output.shape[-1])
            counts[index] += len(rows)
            for side, part in enumerate((np.maximum(rows, 0), np.minimum(rows, 0))):
                sums[index][side] += part.sum(0), np.square(part).sum(0)
    means = [total / count for total, count in zip(sums, counts, strict=True)]
    variances = [mean[:, 1] - np.square(mean[:, 0]) for mean in means]
    return [(both[0].astype(np.float32), both[1].astype(np.float32)) for both in variances]
