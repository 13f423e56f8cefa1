"""Frame source for live cameras: a capture thread and a buffer that keeps only the latest frame.

A reader that is slower than the camera gets fewer frames, never old ones. A lost camera is opened again, with growing
pauses, as long as the source is open.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator

from ..errors import CameraError
from ..frames import Frame
from ..protocols import Clock
from .base import CameraBack, CameraLost, CameraMissing, Capture, CapturedImage, Source, SourceEvent, Undecodable

_log = logging.getLogger(__name__)
_ITEMS_KEPT = 16
_POLL_S = 0.2  # interval for checking the flag that a signal handler sets
_MAX_UNREADABLE = 100  # consecutive undecodable frames after which a camera counts as lost
_CLOCK_SLACK_NS = 10_000_000_000  # a larger age of the first frame means that the camera uses another clock
_MAX_PAUSE_NS = 5_000_000_000
_LAST_WAIT_S = 6.0  # longer than a device's timeout


def back_off_seconds(attempt: int) -> float:
    """Pause in seconds before an attempt (from 0) to open a lost camera: 0.5 s, doubling up to 30 s."""
    return min(0.5 * 2.0 ** min(attempt, 10), 30.0)


class LatestFrameBuffer:
    """Passes the latest frame from one thread to another, with the events in their order before or after it.

    Attributes:
        dropped: number of frames that were replaced by newer ones.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._items: list[Frame | SourceEvent] = []
        self._ended = False
        self._error: BaseException | None = None
        self.dropped = 0

    def put(self, frame: Frame) -> None:
        """Add a frame; drops a frame that was not taken yet."""
        with self._changed:
            events = [item for item in self._items if not isinstance(item, Frame)]
            self.dropped += len(self._items) - len(events)
            self._items = [*events, frame]
            self._changed.notify()

    def put_event(self, event: SourceEvent) -> None:
        """Add an event; drops the oldest of too many events that were not taken yet."""
        with self._changed:
            self._items.append(event)
            while len(self._items) > _ITEMS_KEPT:
                self.dropped += isinstance(self._items.pop(0), Frame)
            self._changed.notify()

    def end(self, error: BaseException | None = None) -> None:
        """Mark the end. Waiting items can still be taken; after them `take` raises `error`."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def take(self, stopping: Callable[[], bool]) -> Frame | SourceEvent | None:
        """Wait for a frame or an event and remove it. Returns None at the end or when `stopping` is true."""
        with self._changed:
            while not stopping():
                if self._items:
                    return self._items.pop(0)
                if self._error is not None:
                    raise self._error
                if self._ended:
                    return None
                self._changed.wait(_POLL_S)
            return None


class LiveSource(Source):
    """Frames of a live camera. The device is opened immediately; the capture thread starts with the first iteration.

    Timestamps only increase: one that goes back or is in the future is replaced by the time of arrival. A camera whose
    clock differs from the board's is detected by its first frame.

    Args:
        name: name of the camera in events.
        open_capture: opens the device; called again after a loss, in the capture thread.
        clock: monotonic nanoseconds.
        back_off: returns the pause in seconds before a numbered attempt to open the device again.
        paced: whether the capture is a recording that is played at its frame rate.
        wait: whether to try again if the camera cannot be opened the first time.

    Raises:
        CameraError: the camera cannot be opened the first time and `wait` is false.
    """

    live = True

    def __init__(
        self,
        name: str,
        open_capture: Callable[[], Capture],
        *,
        clock: Clock = time.monotonic_ns,
        back_off: Callable[[int], float] = back_off_seconds,
        paced: bool = False,
        wait: bool = False,
    ) -> None:
        super().__init__(name)
        self._open, self._clock, self._back_off = open_capture, clock, back_off
        self._slot = LatestFrameBuffer()
        self._closing = threading.Event()
        self._sequence, self._last_ns = 0, -1
        self._why_missing = ""
        self._capture = self._open_first(wait)
        self._paced, self._epoch_ns = paced, 0
        self._thread: threading.Thread | None = None

    @property
    def dropped(self) -> int:
        return self._slot.dropped

    def watch(self) -> Iterator[Frame | SourceEvent]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"camera {self.name}", daemon=True)
            self._thread.start()
        while (item := self._slot.take(lambda: self.stopping)) is not None:
            yield item

    def age_ns(self, frame: Frame) -> int:
        return max(0, self._clock() - self._epoch_ns - frame.timestamp_ns)

    def close(self) -> None:
        """Stop the thread and close the device. A device that does not respond is left to the thread."""
        super().close()
        self._closing.set()
        if self._thread is None:
            self._release()
            return
        self._thread.join(_LAST_WAIT_S)
        if self._thread.is_alive():
            _log.warning("%s: the camera does not answer; leaving it", self.name)

    def _open_first(self, wait: bool) -> Capture | None:
        try:
            return self._open()
        except CameraError as error:
            if not wait:
                raise
            self._why_missing = str(error)
            return None

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            self._capture_all()
        except BaseException as raised:
            error = raised
        finally:
            self._release()
            self._slot.end(error)

    def _capture_all(self) -> None:
        if self._capture is None:
            self._deliver(self._search(CameraMissing(self.name, self._clock(), self._why_missing)))
        while not self._closing.is_set():
            try:
                captured = self._capture.read() if self._capture else None
                self._require_images(captured)
            except CameraError as error:
                captured = self._search(CameraLost(self.name, self._clock(), str(error)))
            if captured is None:
                announced = self._capture.announced if self._capture else 0
                for event in self._end_of_recording(self._sequence, announced):
                    self._slot.put_event(event)
                return
            self._deliver(captured)

    def _deliver(self, captured: CapturedImage | Undecodable | None) -> None:
        if isinstance(captured, CapturedImage):
            for event in self._unreadable_before():
                self._slot.put_event(event)
            if self._paced:
                self._await_its_time(captured)
            frame = self._frame(captured, self._timestamp(captured), self._sequence)
            if frame is not None:
                self._slot.put(frame)
        elif captured is not None:
            self._count_unreadable(self._sequence, captured)
        self._sequence += captured is not None

    def _require_images(self, captured: CapturedImage | Undecodable | None) -> None:
        """Check that a camera does not deliver only undecodable frames.

        Raises:
            CameraError: a camera delivers only frames that cannot be decoded.
        """
        if (
            self._paced
            or not isinstance(captured, Undecodable)
            or self._bad is None
            or self._bad.frames < _MAX_UNREADABLE
        ):
            return
        for event in self._unreadable_before():
            self._slot.put_event(event)
        raise CameraError(f"camera {self.name} delivers no images: {captured.why}")

    def _search(self, event: CameraMissing | CameraLost) -> CapturedImage | Undecodable | None:
        """Emit the event, then try to open the camera until it delivers a frame. Returns None if the source is closed."""
        _log.info("%s: %s; trying it again", self.name, event.why)
        self._slot.put_event(event)
        attempt = 0
        while not self._closing.wait(self._back_off(attempt)):
            self._release()
            try:
                self._capture = self._open()
                captured = self._capture.read()
            except CameraError as error:
                _log.debug("%s: try %d: %s", self.name, attempt + 1, error)
                attempt += 1
                continue
            now = self._clock()
            self._slot.put_event(CameraBack(self.name, now, now - event.timestamp_ns))
            self._last_ns = -1
            return captured
        return None

    def _timestamp(self, captured: CapturedImage) -> int:
        """Timestamp of an image on the clock of the board or of the recording; later than the one before."""
        timestamp = captured.timestamp_ns
        if not self._paced:
            now = self._clock() - self._epoch_ns
            if self._last_ns < 0 and not -_CLOCK_SLACK_NS < now - timestamp < _CLOCK_SLACK_NS:
                _log.warning("%s: its clock differs from the board's by %.0f s", self.name, (now - timestamp) / 1e9)
                self._epoch_ns += now - timestamp
                now = timestamp
            if not self._last_ns < timestamp <= now:
                timestamp = now
        self._last_ns = max(timestamp, self._last_ns + 1)
        return self._last_ns

    def _await_its_time(self, captured: CapturedImage) -> None:
        """Wait until a recording's image is due, at most a few seconds."""
        if self._last_ns < 0:
            self._epoch_ns = self._clock() - captured.timestamp_ns
        early_ns = self._epoch_ns + captured.timestamp_ns - self._clock()
        if early_ns > _MAX_PAUSE_NS:
            self._epoch_ns -= early_ns - _MAX_PAUSE_NS
            early_ns = _MAX_PAUSE_NS
        if early_ns > 0:
            self._closing.wait(early_ns / 1e9)

    def _release(self) -> None:
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.close()
