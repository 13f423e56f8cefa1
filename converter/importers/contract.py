"""What an imported network has to be: one image to one vector, from the device's pixels, computing what its original does.

The device's input is ``(pixel - 128) / 128``. A network that was trained on something else gets one 1x1 convolution in
front that scales, shifts and, for BGR, swaps the channels: exact, whatever the padding of its own first layer is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError, EdgeSiameseError
from edge_siamese.preprocessing import PIXEL_OFFSET, PIXEL_SCALE
from edge_siamese.tflite.runtime import load_network

Floats = npt.NDArray[np.float32]
MAX_ERROR = 1e-3  # of the embedding's length
_COLORS = {1, 3}
_IMAGES = 2


@dataclass(frozen=True)
class PixelInput:
    """``(pixel - mean) / std`` for pixels from 0 to 255.

    Attributes:
        mean, std: one number for all channels or one for each, in the network's own order of channels.
        bgr: its channels are blue, green, red.
        assumed: nobody said so; a network that normalizes its input itself may tell otherwise.
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
        """The same as ``pixel * scale + offset``."""
        return cls((-offset / scale,), (1 / scale,), bgr)

    def convolution(self, channels: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]] | None:
        """Kernel ``(in, out)`` and bias ``(out,)`` on the device's input; None where they would change nothing.

        Raises:
            DataError: there are means or deviations for another number of channels, or BGR for other than three.
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
        """For the card: ``"(pixel - 127.5) / 128, BGR"``, or ``"signed"`` for what the device's networks take."""
        if self == PixelInput(assumed=self.assumed):
            return "signed"
        mean, std = (" ".join(f"{value:g}" for value in values) for values in (self.mean, self.std))
        return f"(pixel - {mean}) / {std}, {'BGR' if self.bgr else 'RGB'}"


def image_shape(
    what: str, shape: Sequence[int | None], input_size: int | None = None
) -> tuple[tuple[int, int, int], bool]:
    """Height, width and channels of an input tensor, and whether its channels come first.

    Args:
        what: the file, for the message.
        shape: of rank 4; None or a negative number where a side is open.
        input_size: for open sides.

    Raises:
        DataError: it is not one image of 1 or 3 channels, or its size is open and not given.
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
        raise DataError(f"{what}: leaves the size of its input open; give it with --input-size")
    return (height or input_size or 0, width or input_size or 0, channels or 0), first


def require_vector(what: str, shape: Sequence[int | None]) -> None:
    """Refuse an output that is not one vector.

    Raises:
        DataError: it has another shape than ``(1, D)`` or ``(1, 1, 1, D)``.
    """
    if len(shape) < 2 or any(side not in {1, None, -1} for side in shape[:-1]) or (shape[-1] or 0) < 2:
        raise DataError(f"{what}: expected one embedding (1, D) as output, found shape {tuple(shape)}")


def require_same(what: str, tool: str, original: Callable[[Floats], Floats], converted: bytes) -> None:
    """Compare on random inputs.

    Args:
        what: the original, for the message.
        tool: what converted it, for the message.
        original: float32 inputs ``(1, H, W, C)`` to an embedding of any shape with D values.
        converted: the float .tflite.

    Raises:
        EdgeSiameseError: the two differ.
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
