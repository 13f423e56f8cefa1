"""Find and remove normalization layers at the input of an imported network.

A network that starts with ``Rescaling(1 / 255)`` takes pixels from 0 to 255; with ``(pixel - 128) / 128`` it would get a
nearly constant image. The scales and offsets found here show which input the network takes, if the user does not say
so, and become part of the input convolution (`contract.PixelInput.convolution`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from .contract import PixelInput

_RAW, _UNIT, _SIGNED = PixelInput((0.0,), (1.0,)), PixelInput((0.0,), (255.0,)), PixelInput()
# Possible inputs of a network, and the usual ranges after its normalization.
_TAKEN = ((_RAW, (0.0, 255.0)), (_UNIT, (0.0, 1.0)), (_SIGNED, (-1.0, 1.0)))
_USUAL = ((-1.0, 1.0), (0.0, 1.0), (0.0, 255.0), (-127.5, 127.5))
_TOLERANCE = 0.02  # relative to the range
_OPERATIONS = {"Add", "Subtract", "Multiply", "Divide", "TrueDivide"}

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class InputNormalization:
    """Normalization ``scale * x + offset`` of the input of a network.

    Attributes:
        scale, offset: float64, one number or one per channel.
        layers: names of the layers that compute it, in order.
    """

    scale: Doubles = field(default_factory=lambda: np.ones(1))
    offset: Doubles = field(default_factory=lambda: np.zeros(1))
    layers: tuple[str, ...] = ()

    def then(self, scale: Any, offset: Any, layer: str) -> "InputNormalization":
        """Append another scale and offset."""
        scale, offset = np.asarray(scale, np.float64).reshape(-1), np.asarray(offset, np.float64).reshape(-1)
        return InputNormalization(self.scale * scale, self.offset * scale + offset, (*self.layers, layer))

    def takes(self) -> PixelInput:
        """Guess the input range: pixels from 0 to 255, 0 to 1, or -1 to 1.

        The result is the first range that is mapped exactly to a usual range, else the one mapped closest to -1 to 1.
        """
        for pixels, taken in _TAKEN:
            if any(self._maps(taken, usual) for usual in _USUAL):
                return pixels
        return min(_TAKEN, key=lambda each: self._oddness(each[1]))[0]

    def behind(self, pixels: PixelInput) -> PixelInput:
        """Return the input of the rest of the network, if `pixels` is the input of this normalization."""
        mean, std = np.asarray(pixels.mean), np.asarray(pixels.std)
        inner = mean - self.offset * std / self.scale
        outer = std / self.scale + 0 * inner
        return PixelInput(tuple(inner.tolist()), tuple(outer.tolist()), pixels.bgr)

    def describe(self, taken: PixelInput) -> str:
        """Return a text such as ``"x * 0.00784 + -1 (rescaling) of pixels from 0 to 255"`` for the input `taken`."""
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
    """Return the input of a network without its normalization layers, and a text that describes these layers.

    Args:
        pixels: input given by the user; if it is only assumed, the normalization determines it.
        found: the normalization, or None.
    """
    if found is None:
        return pixels, ""
    taken = contract_with(pixels, found)
    return found.behind(taken), found.describe(taken)


def contract_with(pixels: PixelInput, found: InputNormalization) -> PixelInput:
    """Return the input of the network: as given by the user, else as determined by its normalization."""
    if not pixels.assumed:
        return pixels
    taken = found.takes()
    return PixelInput(taken.mean, taken.std, pixels.bgr)


def split_normalization(network: Any) -> tuple[Any, InputNormalization | None]:
    """Remove the normalization at the input of a Keras network with one input and one output.

    Returns:
        The rest of the network and the removed normalization; the same network and None if there is none.
    """
    network = keras.Model(network.inputs[0], network.outputs[0], name=network.name)
    found, start = _leading(network)
    if found is None:
        return network, None
    return keras.Model(start, network.outputs[0], name=network.name), found


def nested_normalization(network: Any) -> InputNormalization | None:
    """Find the normalization at the input of a nested network, which is not removed."""
    nodes = list(_consumers(network, network.inputs[0]))
    if len(nodes) != 1 or not isinstance(nodes[0].operation, keras.Model):
        return None
    inner = nodes[0].operation
    if len(getattr(inner, "inputs", None) or ()) != 1 or len(inner.outputs) != 1:
        return None
    return _leading(inner)[0] or nested_normalization(inner)


def _leading(network: Any) -> tuple[InputNormalization | None, Any]:
    """Return the normalization at the input and the tensor after it."""
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
    """Return scale and offset of an operation, or None if it is not a per-channel scale and offset."""
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
    """Return scale and offset of an arithmetic operation with a constant, or None.

    Args:
        kind: name of the operation, ``"Add"``, ``"SUB"``...; the case is ignored.
        constant: the other operand.
        first: True if the input is the first operand.
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
    """Check that the values are finite, not the identity, and have one number or one per channel (last axis)."""
    return all(
        value.size in {1, channels} and (value.size == 1 or value.shape[-1] == channels) and np.isfinite(value).all()
        for value in affine
    ) and bool(np.all(affine[0] != 0))
