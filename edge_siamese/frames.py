"""The frame: what every camera delivers and everybody downstream reads."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RGB = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Frame:
    """One image of a camera, video or folder.

    Attributes:
        pixels: uint8 ``(H, W, 3)``, always RGB; the camera has converted.
        timestamp_ns: when it was taken, on the source's monotonic clock, in nanoseconds.
        sequence: number of the frame at its source, from 0; a gap means frames were dropped.
        source: name of the source; for a folder, the image's path inside it.
    """

    pixels: RGB
    timestamp_ns: int
    sequence: int
    source: str


def mirrored(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Images ``(.., H, W, C)`` with left and right changed."""
    return np.ascontiguousarray(images[..., ::-1, :])
