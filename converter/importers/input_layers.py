"""Normalization that an imported network computes itself, right behind its input.

A network with ``Rescaling(1 / 255)`` in front takes pixels from 0 to 255; fed with ``(pixel - 128) / 128`` it would see a
flat image. Scales and offsets at the input are found here. They say which values the network takes, where nobody else
does, and become part of the one convolution that stands for the whole contract (`contract.PixelInput.convolution`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from .contract import PixelInput

_RAW, _UNIT, _SIGNED = PixelInput((0.0,), (1.0,)), PixelInput((0.0,), (255.0,)), PixelInput()
# What a network may take, and what is usual behind its normalization.
_TAKEN = ((_RAW, (0.0, 255.0)), (_UNIT, (0.0, 1.0)), (_SIGNED, (-1.0, 1.0)))
_USUAL = ((-1.0, 1.0), (0.0, 1.0), (0.0, 255.0), (-127.5, 127.5))
_TOLERANCE = 0.02  # of a range
_OPERATIONS = {"Add", "Subtract", "Multiply", "Divide", "TrueDivide"}

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class InputNormalization:
    """``scale * x + offset`` of a network's input.

    Attributes:
        scale, offset: float64, one number for all channels or one for each.
        layers: names of what computes it, in order.
    """

    scale: Doubles = field(default_factory=lambda: np.ones(1))
    offset: Doubles = field(default_factory=lambda: np.zeros(1))
    layers: tuple[str, ...] = ()

    def then(self, scale: Any, offset: Any, layer: str) -> "InputNormalization":
        """Followed by another one."""
        scale, offset = np.asarray(scale, np.float64).reshape(-1), np.asarray(offset, np.float64).reshape(-1)
        return InputNormalization(self.scale * scale, self.offset * scale + offset, (*self.layers, layer))

    def takes(self) -> PixelInput:
        """What it is most likely made for: pixels from 0 to 255, 0 to 1, or -1 to 1.

        The first that it maps exactly to a usual range is taken, else the one whose result is most like -1 to 1.
        """
        for pixels, taken in _TAKEN:
            if any(self._maps(taken, usual) for usual in _USUAL):
                return pixels
        return min(_TAKEN, key=lambda each: self._oddness(each[1]))[0]

    def behind(self, pixels: PixelInput) -> PixelInput:
        """What the rest of the network takes, where `pixels` is what this takes."""
        mean, std = np.asarray(pixels.mean), np.asarray(pixels.std)
        inner = mean - self.offset * std / self.scale
        outer = std / self.scale + 0 * inner
        return PixelInput(tuple(inner.tolist()), tuple(outer.tolist()), pixels.bgr)

    def describe(self, taken: PixelInput) -> str:
        """For people: ``"x * 0.00784 + -1 (rescaling) of pixels from 0 to 255"``, where `taken` is what it takes."""
        scale, offset = (" ".join(f"{value:.4g}" for value in values) for values in (self.scale, self.offset))
        ends = [f"{end:g}" for pixels, range_ in _TAKEN for end in range_ if pixels == taken]
        of = f"pixels from {ends[0]} to {ends[1]}" if ends else taken.describe()
        return f"x * {scale} + {offset} ({', '.join(self.layers)}) of {of}"

    def _ends(self, taken: tuple[float, float]) -> tuple[Doubles, Doubles]:
        ends = np.sort([self.scale * end + self.offset for end in taken], axis=0)
        return ends[0], ends[1]

    def _maps(self, taken: tuple[float, float], usual: tuple[float, float]) -> bool:
        tolerance = _TOLERANCE * (usual[1] - usual[0])
        return all(
            bool(np.all(np.abs(end - goal) < tolerance)) for end, goal in zip(self._ends(taken), usual, strict=True)
        )

    def _oddness(self, taken: tuple[float, float]) -> float:
        low, high = self._ends(taken)
        span, center = high - low, np.abs(high + low) / 2
        return float(np.mean(np.abs(np.log2(span / 2)) + center / span))


def whole_contract(pixels: PixelInput, found: InputNormalization | None) -> tuple[PixelInput, str]:
    """What a network takes from pixels once its normalization has been taken off it, and what that was for people.

    Args:
        pixels: what was said of the network's input; where nobody said so, the normalization tells.
        found: the normalization, None where there is none.
    """
    if found is None:
        return pixels, ""
    taken = contract_with(pixels, found)
    return found.behind(taken), found.describe(taken)


def contract_with(pixels: PixelInput, found: InputNormalization) -> PixelInput:
    """What the network takes at its input: as was said, else as its normalization tells."""
    if not pixels.assumed:
        return pixels
    taken = found.takes()
    return PixelInput(taken.mean, taken.std, pixels.bgr)


def split_normalization(network: Any) -> tuple[Any, InputNormalization | None]:
    """Take the normalization off the input of a Keras network of one input and one output.

    Returns:
        The network behind it, and what was taken off; the same network and None where there is nothing.
    """
    network = keras.Model(network.inputs[0], network.outputs[0], name=network.name)
    found, start = _leading(network)
    if found is None:
        return network, None
    return keras.Model(start, network.outputs[0], name=network.name), found


def nested_normalization(network: Any) -> InputNormalization | None:
    """The normalization at the input of a network inside the network, which stays where it is."""
    nodes = list(_consumers(network, network.inputs[0]))
    if len(nodes) != 1 or not isinstance(nodes[0].operation, keras.Model):
        return None
    inner = nodes[0].operation
    if len(getattr(inner, "inputs", None) or ()) != 1 or len(inner.outputs) != 1:
        return None
    return _leading(inner)[0] or nested_normalization(inner)


def _leading(network: Any) -> tuple[InputNormalization | None, Any]:
    """The normalization behind the input, and the tensor behind it."""
    found, tensor = InputNormalization(), network.inputs[0]
    while len(nodes := list(_consumers(network, tensor))) == 1:
        (node,) = nodes
        affine = _affine(node, tensor.shape[-1])
        if affine is None or node.outputs[0] is network.outputs[0]:
            break
        found, tensor = found.then(*affine, node.operation.name), node.outputs[0]
    return (found if found.layers else None), tensor


def _consumers(network: Any, tensor: Any) -> Iterator[Any]:
    for nodes in network._nodes_by_depth.values():
        for node in nodes:
            if any(each is tensor for each in node.input_tensors):
                yield node


def _affine(node: Any, channels: int | None) -> tuple[Any, Any] | None:
    """Scale and offset of an operation, None where it is none that works channel by channel."""
    layer = node.operation
    if isinstance(layer, keras.layers.Rescaling):
        affine = np.asarray(layer.scale, np.float64), np.asarray(layer.offset, np.float64)
    elif isinstance(layer, keras.layers.Normalization):
        if layer.invert or layer.axis not in {(), (-1,), (3,)}:
            return None
        mean, variance = (np.asarray(value, np.float64) for value in (layer.mean, layer.variance))
        deviation = np.maximum(np.sqrt(variance), keras.config.epsilon())
        affine = 1 / deviation, -mean / deviation
    elif type(layer).__name__ in _OPERATIONS:
        return _arithmetic(type(layer).__name__, node, channels)
    else:
        return None
    return affine if _by_channel(affine, channels) else None


def _arithmetic(name: str, node: Any, channels: int | None) -> tuple[Any, Any] | None:
    arguments = [*node.arguments.args, *node.arguments.kwargs.values()]
    if len(arguments) != 2 or len(node.input_tensors) != 1:
        return None
    first = arguments[0] is node.input_tensors[0]
    try:
        constant = np.asarray(arguments[1 if first else 0], np.float64)
    except (TypeError, ValueError):
        return None
    affine = affine_of(name, constant, first=first)
    return affine if affine and _by_channel(affine, channels) else None


def affine_of(kind: str, constant: Doubles, *, first: bool) -> tuple[Doubles, Doubles] | None:
    """Scale and offset of an arithmetic operation with a constant.

    Args:
        kind: ``"Add"``, ``"SUB"``..., in any case.
        constant: the other operand.
        first: the input is the first operand.
    """
    one, zero = np.ones_like(constant), np.zeros_like(constant)
    kind = kind.upper()
    if kind == "ADD":
        return one, constant
    if kind in {"SUB", "SUBTRACT"}:
        return (one, -constant) if first else (-one, constant)
    if kind in {"MUL", "MULTIPLY"}:
        return constant, zero
    return (1 / constant, zero) if first and constant.all() else None


def _by_channel(affine: tuple[Any, Any], channels: int | None) -> bool:
    """Whether it is finite, changes the input, and has one number or one for each channel, along the last axis."""
    return all(
        value.size in {1, channels} and (value.size == 1 or value.shape[-1] == channels) and np.isfinite(value).all()
        for value in affine
    ) and bool(np.all(affine[0] != 0))
