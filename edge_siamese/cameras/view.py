"""What is taken of a camera's images: rotated, mirrored, cut to a region, and at most so many a second."""

import math
from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from ..frames import RGB

_LATE = 0.1  # share of the interval by which a frame may come early and still be taken


@dataclass(frozen=True)
class CameraView:
    """How the images of a camera become frames, in the order of the attributes.

    Attributes:
        rotate: counterclockwise rotation in degrees: 0, 90, 180 or 270.
        mirror: whether left and right are exchanged, as for a camera that shows a mirror image.
        region: x, y, width, height of the part to take, as shares of the image's size, 0 to 1.
        max_fps: maximum number of frames a second; None for all.

    Raises:
        DataError: a value is not one of these.
    """

    rotate: int = 0
    mirror: bool = False
    region: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    max_fps: float | None = None

    def __post_init__(self) -> None:
        if self.rotate not in (0, 90, 180, 270):
            raise DataError(f"rotation: expected 0, 90, 180 or 270 degrees, found {self.rotate}")
        x, y, width, height = self.region
        inside = min(x, y) >= 0 and min(width, height) > 0 and max(x + width, y + height) <= 1 + 1e-9
        if not inside or not all(map(math.isfinite, self.region)):
            raise DataError(
                "region: expected x,y,width,height as shares of the image from 0 to 1, found "
                + ",".join(f"{value:g}" for value in self.region)
            )
        if self.max_fps is not None and not 0 < self.max_fps <= 1000:
            raise DataError(f"frames a second: expected more than 0 and at most 1000, found {self.max_fps:g}")

    @classmethod
    def parse_region(cls, text: str) -> tuple[float, float, float, float]:
        """Read ``x,y,width,height``.

        Raises:
            DataError: not four numbers.
        """
        try:
            x, y, width, height = (float(part) for part in text.split(","))
        except ValueError as error:
            raise DataError(
                f"region: expected four numbers x,y,width,height such as 0.25,0,0.5,1, found {text!r}"
            ) from error
        return x, y, width, height

    def applied(self, image: RGB) -> RGB:
        """The view of a uint8 ``(H, W, 3)`` image; at least one pixel of it."""
        if self.rotate:
            image = np.rot90(image, self.rotate // 90)
        if self.mirror:
            image = image[:, ::-1]
        if self.region != (0.0, 0.0, 1.0, 1.0):
            x, y, width, height = self.region
            rows, columns = image.shape[:2]
            top, left = min(round(y * rows), rows - 1), min(round(x * columns), columns - 1)
            bottom, right = max(round((y + height) * rows), top + 1), max(round((x + width) * columns), left + 1)
            image = image[top:bottom, left:right]
        return np.ascontiguousarray(image)


class FramePacer:
    """Leaves out frames beyond a number of frames a second.

    Args:
        max_fps: maximum number of frames a second; None for all.

    Attributes:
        skipped: number of frames left out.
    """

    def __init__(self, max_fps: float | None) -> None:
        self._interval_ns = 0 if max_fps is None else round(1e9 / max_fps)
        self._due_ns: int | None = None
        self.skipped = 0

    def takes(self, timestamp_ns: int) -> bool:
        """Whether to take the frame of this time."""
        if not self._interval_ns:
            return True
        slack, due = round(self._interval_ns * _LATE), self._due_ns
        if due is not None and due - 2 * self._interval_ns < timestamp_ns < due - slack:
            self.skipped += 1
            return False
        on_time = due is not None and due - slack <= timestamp_ns <= due + self._interval_ns
        self._due_ns = (due if on_time and due is not None else timestamp_ns) + self._interval_ns
        return True
