"""Checks of imported networks, and the conversion of their input normalization to that of the device.

The input on the device is ``(pixel - 128) / 128``. A network with another input gets a 1x1 convolution in front that
scales and shifts the channels and, for BGR, swaps them. This is exact for any padding of its first layer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError, EdgeSiameseError
from edge_siamese.preprocessing import PIXEL_OFFSET, PIXEL_SCALE
from edge_siamese.tflite.runtime import load_network

Floats = npt.NDArray[np.float32]
MAX_ERROR = 1e-3  # relative to the length of the embedding
_COLORS = {1, 3}
_IMAGES = 2


@dataclass(frozen=True)
class PixelInput:
    """Input normalization ``(pixel - mean) / std`` for pixels from 0 to 255.

    Attributes:
        mean, std: one number, or one per channel in the channel order of the network.
        bgr: the channel order is blue, green, red.
        assumed: this is the default and not given by the user; a normalization inside the network overrides it.
    """

    mean: tuple[float, ...] = (float(PIXEL_OFFSET),)
    std: tuple[float, ...] = (float(PIXEL_SCALE),)
    bgr: bool = False
    assumed: bool = False

    def __post_init__(self) -> None:
        if not all(np.isfinite([*self.mean, *self.std])) or not all(self.std):
            raise DataError(f"expected finite means and deviations other than 0, found {self.mean} and {self.std}")

    @classmethod
    def of_affine(cls, scale: float, offset: float, *, bgr: bool = False) -> "PixelInput":
        """Create the normalization ``pixel * scale + offset``."""
        return cls((-offset / scale,), (1 / scale,), bgr)

    def convolution(self, channels: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]] | None:
        """Return kernel ``(in, out)`` and bias ``(out,)`` that convert the input of the device; None if it is the same.

        Raises:
            DataError: mean or std has another number of channels, or BGR is used without three channels.
        """
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in {1, channels}:
                raise DataError(f"{name}: expected 1 or {channels} numbers, one for each channel, found {len(values)}")
        if self.bgr and channels != 3:
            raise DataError(f"BGR needs a network with 3 channels, this one has {channels}")
        mean, std = np.broadcast_to(self.mean, channels), np.broadcast_to(self.std, channels)
        kernel = np.diag(PIXEL_SCALE / std)
        kernel = kernel[::-1] if self.bgr else kernel
        bias = (PIXEL_OFFSET - mean) / std
        if np.array_equal(kernel, np.eye(channels)) and not bias.any():
            return None
        return kernel.astype(np.float32), bias.astype(np.float32)

    def describe(self) -> str:
        """Return the text of the card: ``"(pixel - 127.5) / 128, BGR"``, or ``"signed"`` for the input of the device."""
        if self == PixelInput(assumed=self.assumed):
            return "signed"
        mean, std = (" ".join(f"{value:g}" for value in values) for values in (self.mean, self.std))
        return f"(pixel - {mean}) / {std}, {'BGR' if self.bgr else 'RGB'}"


def image_shape(
    what: str, shape: Sequence[int | None], input_size: int | None = None
) -> tuple[tuple[int, int, int], bool]:
    """Return height, width and channels of an input tensor, and whether it is channels first.

    Args:
        what: name of the file for error messages.
        shape: shape of rank 4; None or a negative number for an open dimension.
        input_size: size in pixels of open dimensions.

    Raises:
        DataError: the shape is not one image with 1 or 3 channels, or its size is open and not given.
    """
    sides = [side if side is not None and side > 0 else None for side in shape]
    first = len(sides) == 4 and sides[1] in _COLORS and sides[3] not in _COLORS
    last = len(sides) == 4 and sides[3] in _COLORS
    if not (first or last) or sides[0] not in {None, 1}:
        raise DataError(
            f"{what}: expected one image of 1 or 3 channels as input, (1, H, W, C) or (1, C, H, W), found {tuple(shape)}"
        )
    channels = sides[1] if first else sides[3]
    height, width = sides[2:] if first else sides[1:3]
    if (height is None or width is None) and input_size is None:
        raise DataError(f"{what}: the network has no fixed input size; set it with --input-size")
    return (height or input_size or 0, width or input_size or 0, channels or 0), first


def require_vector(what: str, shape: Sequence[int | None]) -> None:
    """Check that the output is one vector.

    Raises:
        DataError: the shape is neither ``(1, D)`` nor ``(1, 1, 1, D)``.
    """
    if len(shape) < 2 or any(side not in {1, None, -1} for side in shape[:-1]) or (shape[-1] or 0) < 2:
        raise DataError(f"{what}: expected one embedding (1, D) as output, found shape {tuple(shape)}")


def require_same(what: str, tool: str, original: Callable[[Floats], Floats], converted: bytes) -> None:
    """Check on random inputs that a converted network computes the same as the original.

    Args:
        what: name of the original for error messages.
        tool: name of the conversion tool for error messages.
        original: maps float32 ``(1, H, W, C)`` to an embedding with D values in any shape.
        converted: the float .tflite.

    Raises:
        EdgeSiameseError: the outputs differ by more than `MAX_ERROR`.
    """
    network = load_network(converted, float_too=True)
    rng = np.random.default_rng(0)
    for _ in range(_IMAGES):
        image = rng.uniform(-1, 1, network.input_shape).astype(np.float32)
        expected = np.asarray(original(image), np.float32).reshape(-1)
        (found,) = network.run(image).values()
        error = np.linalg.norm(found.reshape(-1) - expected) / max(float(np.linalg.norm(expected)), 1e-12)
        if not error <= MAX_ERROR:
            raise EdgeSiameseError(
                f"{what}: {tool} wrote a network that computes something else (relative error {error:.3g}, allowed are "
                f"{MAX_ERROR}); try another version of it, or export the original in another format"
            )
