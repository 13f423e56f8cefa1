"""What every camera offers: frames, and events of what went wrong with them."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from ..frames import RGB, Frame

if TYPE_CHECKING:
    from ..protocols import FrameSource

_log = logging.getLogger(__name__)
_TOLERATED_SHARE = 0.01  # of a recording's frames; most containers only estimate their number


@dataclass(frozen=True)
class CameraMissing:
    """A live camera cannot be opened yet; it is tried again.

    Attributes:
        source: name of the camera.
        timestamp_ns: when, on the monotonic clock.
        why: one sentence.
    """

    source: str
    timestamp_ns: int
    why: str


@dataclass(frozen=True)
class CameraLost:
    """A live camera stopped delivering; it is tried again.

    Attributes:
        source: name of the camera.
        timestamp_ns: when, on the monotonic clock.
        why: one sentence.
    """

    source: str
    timestamp_ns: int
    why: str


@dataclass(frozen=True)
class CameraBack:
    """A camera that was missing or lost delivers.

    Attributes:
        source: name of the camera.
        timestamp_ns: when, on the monotonic clock.
        away_ns: how long it was away.
    """

    source: str
    timestamp_ns: int
    away_ns: int


@dataclass(frozen=True)
class FramesUnreadable:
    """Consecutive frames could not be decoded and were left out; the frame after them is the next to come.

    Attributes:
        source: name of the camera or video, or path of the image.
        timestamp_ns: when, on the monotonic clock.
        first: sequence number of the first of them.
        frames: how many there were.
        why: one sentence about the last of them.
    """

    source: str
    timestamp_ns: int
    first: int
    frames: int
    why: str


@dataclass(frozen=True)
class EndedEarly:
    """A video ended before all the frames that it announces.

    Attributes:
        source: name of the video.
        timestamp_ns: when, on the monotonic clock.
        announced: frames by the file's own account.
        found: frames that came, readable or not.
    """

    source: str
    timestamp_ns: int
    announced: int
    found: int


SourceEvent = CameraMissing | CameraLost | CameraBack | FramesUnreadable | EndedEarly


@dataclass(frozen=True)
class CapturedImage:
    """An image as it leaves a capture: uint8 ``(H, W, 3)`` RGB and when it was taken.

    A camera's times are on the monotonic clock, a recording's its own.
    """

    pixels: RGB
    timestamp_ns: int


@dataclass(frozen=True)
class Undecodable:
    """A frame that came but is no image.

    Attributes:
        why: one sentence.
    """

    why: str


class Capture(Protocol):
    """An open camera or recording. It belongs to the thread that reads it.

    Attributes:
        announced: how many frames a recording says it has; 0 where that is not known.
    """

    announced: int

    def read(self) -> CapturedImage | Undecodable | None:
        """Wait for the next image; None after the last one of a recording.

        Raises:
            CameraError: the camera stopped delivering.
        """

    def close(self) -> None:
        """Let go of the device or file."""


class Source:
    """What the sources share: a name, frames without events, and closing at the end of a ``with`` block.

    Plain iteration logs the events of frames that are missing.

    Attributes:
        unreadable: frames that could not be decoded so far.
    """

    name: str
    live = False
    stills = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopping = False
        self.unreadable = 0
        self._bad: FramesUnreadable | None = None

    @property
    def dropped(self) -> int:
        return 0

    def watch(self) -> Iterator[Frame | SourceEvent]:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Frame]:
        for item in self.watch():
            if isinstance(item, Frame):
                yield item
            elif isinstance(item, FramesUnreadable):
                _log.warning("left out: %s", item.why)
            elif isinstance(item, EndedEarly):
                _log.warning("%s: ended after %d of %d frames", item.source, item.found, item.announced)

    def age_ns(self, frame: Frame) -> int:
        return 0

    def stop(self) -> None:
        self.stopping = True

    def close(self) -> None:
        self.stop()

    def _count_unreadable(self, sequence: int, frame: Undecodable) -> FramesUnreadable:
        """Count a frame that cannot be decoded; gives what there is to say of it and of those just before it."""
        first, count = (self._bad.first, self._bad.frames) if self._bad else (sequence, 0)
        why = f"{self.name}: frame {sequence}: {frame.why}"
        self._bad = FramesUnreadable(self.name, time.monotonic_ns(), first, count + 1, why)
        self.unreadable += 1
        return self._bad

    def _unreadable_before(self) -> list[SourceEvent]:
        """What there is to say of the frames just before one that can be decoded."""
        bad, self._bad = self._bad, None
        return [] if bad is None else [bad]

    def _end_of_recording(self, sequence: int, announced: int) -> list[SourceEvent]:
        """What there is to say of the end: failures right before it are frames that never came, not unreadable ones.

        Args:
            sequence: of the frame that would be next.
            announced: how many the recording says it has, often an estimate; 0 where that is not known.
        """
        missing = self._bad.frames if self._bad else 0
        self.unreadable -= missing
        self._bad = None
        found = sequence - missing
        early = found < announced * (1 - _TOLERATED_SHARE)
        return [EndedEarly(self.name, time.monotonic_ns(), announced, found)] if early else []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def stopped_after(source: "FrameSource", seconds: float | None) -> Iterator[threading.Event]:
    """Stop a source after so many seconds of wall time, also while no frame comes; the event says that they are over.

    None never stops it, 0 or less stops it at once.
    """
    over = threading.Event()

    def end() -> None:
        over.set()
        source.stop()

    if seconds is None or seconds <= 0:
        if seconds is not None:
            end()
        yield over
        return
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
