"""Checks of a camera's colors on the faces it shows: red and blue exchanged, or no color at all.

The embedder was trained on RGB images in visible light. A camera that delivers BGR, or that switches to infrared light at night,
makes scores worse without an error. Skin of any tone reflects more red than blue, and has some color:
of 400 faces of LFW and CelebA one is more blue than red, and the colors of each differ by 20 gray levels or more.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ..frames import RGB
from .gate import INNER_FACE

FACES = 12
"""Number of faces that are looked at together."""
_SHARE = 0.9  # of the faces that have to agree
_EXCHANGED = -0.03  # (red - blue) / (red + blue) of a face
_GRAY = 2.0  # gray levels between the strongest and the weakest color


class StreamFault(StrEnum):
    """What is wrong with the colors of a camera."""

    RED_AND_BLUE_EXCHANGED = "red_and_blue_exchanged"
    NO_COLOR = "no_color"


_WORDS = {
    StreamFault.RED_AND_BLUE_EXCHANGED: (
        "the faces are more blue than red: the camera seems to deliver BGR as RGB, or the light is colored; scores are worse"
    ),
    StreamFault.NO_COLOR: (
        "the faces have no color: the camera delivers gray images or works in infrared light; scores are worse"
    ),
}


@dataclass(frozen=True)
class StreamSuspicious:
    """Event: the colors of the last faces are not those of visible light in RGB; told once until they change.

    Attributes:
        source: name of the camera or video.
        timestamp_ns: time of the frame.
        fault: what is wrong.
        why: one sentence.
    """

    source: str
    timestamp_ns: int
    fault: StreamFault
    why: str


class StreamCheck:
    """Looks at the colors of the embedded faces of one camera.

    Args:
        source: name of the camera or video.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._faults: deque[StreamFault | None] = deque(maxlen=FACES)
        self._last: StreamFault | None = None

    def add(self, crop: RGB) -> None:
        """Look at an aligned crop, uint8 ``(112, 112, 3)``."""
        self._faults.append(fault_of(crop))

    def suspicion(self, timestamp_ns: int) -> StreamSuspicious | None:
        """The event if most of the last faces have the same fault and it was not told yet."""
        fault = self._agreed()
        if fault is self._last or len(self._faults) < FACES:
            return None
        self._last = fault
        return None if fault is None else StreamSuspicious(self._source, timestamp_ns, fault, _WORDS[fault])

    def _agreed(self) -> StreamFault | None:
        for fault in StreamFault:
            if self._faults.count(fault) >= _SHARE * FACES:
                return fault
        return None


def fault_of(crop: RGB) -> StreamFault | None:
    """What the colors of one face suggest; None for ordinary colors."""
    red, green, blue = (float(value) for value in np.mean(crop[INNER_FACE], axis=(0, 1)))
    if max(red, green, blue) - min(red, green, blue) < _GRAY:
        return StreamFault.NO_COLOR
    exchanged = (red - blue) / (red + blue + 1.0) < _EXCHANGED
    return StreamFault.RED_AND_BLUE_EXCHANGED if exchanged else None
