"""The C runtime's image functions, with numpy arrays."""

import ctypes
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.decision import Reason
from edge_siamese_firmware.frames import FORMATS, FrameFormat

Pixels = npt.NDArray[np.uint8]
PIXEL = 2**16
_REASONS = tuple(Reason)


@dataclass
class ImageTwin:
    """The library."""

    library: ctypes.CDLL

    def pixels(self, frame: bytes, width: int, height: int, kind: FrameFormat, turn: int = 0) -> Pixels:
        """The frame as the runtime sees it, uint8 ``(H, W, 3)``."""
        seen = np.zeros((width, height, 3) if turn % 2 else (height, width, 3), np.uint8)
        self.library.twin_pixels(frame, _shape(width, height, kind, turn), _pointer(seen))
        return seen

    def letterbox(self, image: Pixels, height: int, width: int, *, mirrored: bool = False) -> npt.NDArray[np.int8]:
        """The detector's input for an RGB image."""
        fitted = np.zeros((height, width, 3), np.int8)
        self.library.twin_letterbox(
            image.tobytes(), _shape(image.shape[1], image.shape[0], "rgb888"), width, height, int(mirrored), _pointer(fitted)
        )  # fmt: skip
        return fitted

    def crop(self, image: Pixels, landmarks: npt.NDArray[np.floating]) -> tuple[Pixels, Reason | None, Reason | None]:
        """The aligned crop, rejection and doubt of a face in an RGB image."""
        crop, quality = np.zeros((112, 112, 3), np.uint8), np.zeros(2, np.int32)
        points = np.rint(landmarks.astype(np.float64) * PIXEL).astype(np.int32)
        shape = _shape(image.shape[1], image.shape[0], "rgb888")
        self.library.twin_crop(image.tobytes(), shape, _pointer(points), _pointer(crop), _pointer(quality))
        rejection, doubt = (_REASONS[code] for code in quality)
        return crop, *(None if reason is Reason.OK else reason for reason in (rejection, doubt))

    def conditions(self, crop: Pixels) -> tuple[list[int], Reason | None]:
        """Activations of the conditions on an aligned crop, in the order of C, and the reason without darkness."""
        gray, activations = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), (ctypes.c_int32 * 3)()
        reason = _REASONS[self.library.twin_conditions(crop.tobytes(), gray.tobytes(), activations)]
        return list(activations), None if reason is Reason.OK else reason


def _shape(width: int, height: int, kind: FrameFormat, turn: int = 0) -> ctypes.Array[ctypes.c_int32]:
    return (ctypes.c_int32 * 4)(width, height, FORMATS.index(kind), turn)


def _pointer(array: npt.NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
