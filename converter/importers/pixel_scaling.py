"""What a foreign network does with pixels before its first layer, and the same as that layer.

The device's input is ``(pixel - 128) / 128``. A network that was trained on something else gets one 1x1 convolution in
front that scales, shifts and, for BGR, swaps the channels: exact, whatever the padding of its own first layer is.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.preprocessing import PIXEL_OFFSET, PIXEL_SCALE


@dataclass(frozen=True)
class PixelInput:
    """``(pixel - mean) / std`` for pixels from 0 to 255.

    Attributes:
        mean, std: one number for all channels or one for each, in the network's own order of channels.
        bgr: its channels are blue, green, red.
    """

    mean: tuple[float, ...] = (float(PIXEL_OFFSET),)
    std: tuple[float, ...] = (float(PIXEL_SCALE),)
    bgr: bool = False

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
        """For the card: ``"(pixel - 127.5) / 128, BGR"``."""
        mean, std = (" ".join(f"{value:g}" for value in values) for values in (self.mean, self.std))
        return f"(pixel - {mean}) / {std}, {'BGR' if self.bgr else 'RGB'}"
