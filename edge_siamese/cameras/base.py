"""Base class, events and capture protocol of frame sources."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from ..frames import RGB, Frame
from .view import CameraView, FramePacer

_log = logging.getLogger(__name__)
_TOLERATED_SHARE = 0.01  # of a recording's frames; most containers only estimate the number of frames


@dataclass(frozen=True)
class CameraMissing:
    """Event: a live camera cannot be opened yet; the source tries again.

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
    """Event: a live camera stopped delivering frames; the source tries again.

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
    """Event: a camera that was missing or lost delivers frames again.

    Attributes:
        source: name of the camera.
        timestamp_ns: when, on the monotonic clock.
        away_ns: duration of the interruption in nanoseconds.
    """

    source: str
    timestamp_ns: int
    away_ns: int


@dataclass(frozen=True)
class FramesUnreadable:
    """Event: consecutive frames could not be decoded and were skipped; the next frame follows this event.

    Attributes:
        source: name of the camera or video, or path of the image.
        timestamp_ns: when, on the monotonic clock.
        first: sequence number of the first of them.
        frames: number of these frames.
        why: one sentence about the last of these frames.
    """

    source: str
    timestamp_ns: int
    first: int
    frames: int
    why: str


@dataclass(frozen=True)
class EndedEarly:
    """Event: a video ended before its announced number of frames.

    Attributes:
        source: name of the video.
        timestamp_ns: when, on the monotonic clock.
        announced: number of frames according to the file.
        found: number of frames read, decodable or not.
    """

    source: str
    timestamp_ns: int
    announced: int
    found: int


SourceEvent = CameraMissing | CameraLost | CameraBack | FramesUnreadable | EndedEarly


@dataclass(frozen=True)
class CapturedImage:
    """A captured image, uint8 ``(H, W, 3)`` RGB, and its timestamp in nanoseconds.

    A camera's timestamps are on the monotonic clock, a recording's are its own. `small` is the same image in a lower
    resolution, if the camera delivers one.
    """

    pixels: RGB
    timestamp_ns: int
    small: RGB | None = None


@dataclass(frozen=True)
class Undecodable:
    """A frame that could not be decoded.

    Attributes:
        why: one sentence.
    """

    why: str


class Capture(Protocol):
    """An open camera or recording. Only one thread may read it.

    Attributes:
        announced: number of frames according to a recording; 0 if not known.
    """

    announced: int

    def read(self) -> CapturedImage | Undecodable | None:
        """Wait for the next image. Returns None at the end of a recording.

        Raises:
            CameraError: the camera stopped delivering frames.
        """

    def close(self) -> None:
        """Close the device or file."""


class Source:
    """Base class of frame sources: name, iteration over frames without events, and context manager.

    Plain iteration logs the events about missing frames.

    Attributes:
        unreadable: number of frames that could not be decoded so far.
        view: what is taken of the images; set it with `use_view` before the first iteration.
    """

    name: str
    live = False
    stills = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopping = False
        self.unreadable = 0
        self._bad: FramesUnreadable | None = None
        self.use_view(CameraView())

    @property
    def dropped(self) -> int:
        return 0

    @property
    def skipped_frames(self) -> int:
        """Number of frames left out because of `CameraView.max_fps`."""
        return self._pacer.skipped

    def use_view(self, view: CameraView) -> None:
        """Take only this view of the images."""
        self.view, self._pacer = view, FramePacer(view.max_fps)

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

    def _frame(self, captured: CapturedImage, timestamp_ns: int, sequence: int) -> Frame | None:
        """The frame of an image, in the view of the source; None if it is beyond the frame rate."""
        if not self._pacer.takes(timestamp_ns):
            return None
        small = None if captured.small is None else self.view.applied(captured.small)
        return Frame(self.view.applied(captured.pixels), timestamp_ns, sequence, self.name, small)

    def _count_unreadable(self, sequence: int, frame: Undecodable) -> FramesUnreadable:
        """Count a frame that cannot be decoded; returns the event for it and the frames just before it."""
        first, count = (self._bad.first, self._bad.frames) if self._bad else (sequence, 0)
        why = f"{self.name}: frame {sequence}: {frame.why}"
        self._bad = FramesUnreadable(self.name, time.monotonic_ns(), first, count + 1, why)
        self.unreadable += 1
        return self._bad

    def _unreadable_before(self) -> list[SourceEvent]:
        """The event for the undecodable frames just before a decodable one, or an empty list."""
        bad, self._bad = self._bad, None
        return [] if bad is None else [bad]

    def _end_of_recording(self, sequence: int, announced: int) -> list[SourceEvent]:
        """The events at the end of a recording. Failures right before the end count as missing, not unreadable, frames.

        Args:
            sequence: sequence number of the frame that would be next.
            announced: number of frames according to the recording, often an estimate; 0 if not known.
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


class Stoppable(Protocol):
    """Something that can be stopped, such as a frame source."""

    def stop(self) -> None:
        """End the iteration after the current frame."""


@contextmanager
def stopped_after(source: "Stoppable", seconds: float | None) -> Iterator[threading.Event]:
    """Stop a source after a number of seconds of wall time, also while no frame arrives. The yielded event is then set.

    None never stops it; 0 or less stops it immediately.
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
