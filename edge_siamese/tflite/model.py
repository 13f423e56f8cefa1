"""The seam between networks and whatever computes them."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..frames import RGB


class Network(Protocol):
    """A loaded int8 network on some delegate (`tflite.runtime.load_network` makes the real ones)."""

    @property
    def delegate(self) -> str:
        """``"xnnpack"``, ``"reference"`` or ``"edgetpu"``."""

    def run(self, image: npt.NDArray[np.int8]) -> dict[str, npt.NDArray[np.int8]]:
        """Compute the outputs, by name, for one int8 input ``(1, H, W, 3)``."""

    def output_scales(self) -> dict[str, tuple[float, int]]:
        """Scale and zero point of each output, by name."""


def model_input(image: RGB) -> npt.NDArray[np.int8]:
    """A uint8 ``(H, W, 3)`` image as the networks take it: ``(pixel - 128) / 128`` at scale 1/128, so ``pixel ^ 0x80``."""
    return (image ^ 0x80).view(np.int8)[None]
