"""Measured cues of screens and prints on an aligned crop. They are recorded and reported, but decide nothing.

No threshold is given, because none was measured on real screens and prints with a real camera: `edge-siamese pad report`
shows their distributions for sessions of your own.
"""

from dataclasses import asdict, dataclass

import cv2
import numpy as np

from ..frames import RGB

_SIDE = 96  # side of the analyzed square
_RING = (0.25, 0.9)  # of the highest frequency


@dataclass(frozen=True)
class PresentationCues:
    """Cues of one face.

    Attributes:
        moire: highest peak of the spectrum between a quarter and nine tenths of the highest frequency, divided by the median
            there. The pixels of a screen beat with those of the camera and make peaks.
        saturation: mean saturation of the colors, 0 to 1; prints and screens often have less or more than skin.
        clipped: share of pixels that are nearly white, as in the reflection of a glossy print or screen.
    """

    moire: float
    saturation: float
    clipped: float

    def to_json(self) -> dict[str, float]:
        """The cues by name, rounded."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def measure_cues(crop: RGB) -> PresentationCues:
    """Measure an aligned crop, uint8 ``(112, 112, 3)``."""
    offset = (crop.shape[0] - _SIDE) // 2
    inner = crop[offset : offset + _SIDE, offset : offset + _SIDE]
    gray = cv2.cvtColor(inner, cv2.COLOR_RGB2GRAY).astype(np.float32)
    window = np.hanning(_SIDE)[:, None] * np.hanning(_SIDE)
    spectrum = np.abs(np.fft.fftshift(np.fft.fft2((gray - gray.mean()) * window)))
    axis = np.abs(np.arange(_SIDE) - _SIDE // 2) / (_SIDE / 2)
    radius = np.hypot(axis[:, None], axis)
    ring = spectrum[(radius >= _RING[0]) & (radius <= _RING[1])]
    saturation = cv2.cvtColor(inner, cv2.COLOR_RGB2HSV)[..., 1]
    return PresentationCues(
        moire=float(ring.max() / max(float(np.median(ring)), 1e-6)),
        saturation=float(saturation.mean() / 255),
        clipped=float((gray >= 250).mean()),
    )
