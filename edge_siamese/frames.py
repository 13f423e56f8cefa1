"""Data type of a frame: one image of a camera, video or folder, with its timestamp."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RGB = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """One image of a camera, video or folder.

    Attributes:
        pixels: uint8 ``(H, W, 3)``, always RGB.
        timestamp_ns: capture time in nanoseconds of the source's monotonic clock.
        sequence: number of the frame at its source, from 0; a gap means dropped frames.
        source: name of the source; for a folder, the image's path in the folder.
        small: uint8 ``(h, w, 3)``, the same image in a lower resolution for the detector; None if the camera has none.
    """

    pixels: RGB
    timestamp_ns: int
    sequence: int
    source: str
    small: RGB | None = None


def mirrored(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Mirror images ``(..., H, W, C)`` of images: left and right exchanged."""
    return np.ascontiguousarray(images[..., ::-1, :])
