"""What a running loop shows on the page: its latest frame with the faces, its last events and today's counters.

The loop only stores references; encoding and sending are work of the viewers' threads. A viewer that is slow or gone does
not hold up the loop.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from ..decision import Outcome, Reason
from ..events import Event
from ..face_result import FaceResult
from ..frames import RGB, Frame
from ..instrumentation import RecentStageTimes
from .counters import DayCounters
from .words import REASON_WORDS

EVENTS_KEPT = 300
MAX_SIDE = 960
"""Longest side of an image that is sent, in pixels."""
JPEG_QUALITY = 80
_COMPLETE_AFTER_NS = 50_000_000
_COUNTED = frozenset(Reason) - {Reason.NO_FACE, Reason.STALE_FRAME}
_FRAME_TIMES = 32
_COLORS = {Outcome.MATCH: (70, 200, 120), Outcome.UNKNOWN: (255, 160, 60), Outcome.UNDECIDED: (235, 235, 235)}


@dataclass(eq=False)
class LiveFrame:
    """A frame with the results about its faces.

    Attributes:
        frame: the frame.
        results: one for each face, or one without a face.
        number: counts the frames that were shown, from 1.
        shown_ns: when its last result came, on the monotonic clock.
    """

    frame: Frame
    number: int
    results: list[FaceResult] = field(default_factory=list)
    shown_ns: int = 0

    @property
    def version(self) -> tuple[int, int]:
        """Changes with every frame and every result."""
        return self.number, len(self.results)


class LiveHub:
    """Passes the frames and events of one loop on to any number of viewers. An `EventSink`; thread-safe.

    Args:
        stages: measures the stages of the loop.
        counters: counts today's faces.
        clock: monotonic clock in nanoseconds.

    Attributes:
        stages, counters: the arguments.
        closed: whether the loop ended.
    """

    def __init__(
        self,
        *,
        stages: RecentStageTimes | None = None,
        counters: DayCounters | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.stages, self.counters = stages or RecentStageTimes(), counters or DayCounters()
        self.closed = False
        self._clock, self._lock = clock, threading.Lock()
        self._complete: LiveFrame | None = None
        self._current: LiveFrame | None = None
        self._shown = 0
        self._times: deque[int] = deque(maxlen=_FRAME_TIMES)
        self._events: deque[tuple[int, dict[str, Any]]] = deque(maxlen=EVENTS_KEPT)
        self._event_number = 0
        self._encoded: tuple[int, bytes] = (0, b"")

    def show(self, result: FaceResult) -> None:
        """Store a result of the loop; called for every face of every frame."""
        now = self._clock()
        with self._lock:
            current = self._current
            if current is None or current.frame is not result.frame:
                self._shown += 1
                self._times.append(now)
                self._complete = current
                current = self._current = LiveFrame(result.frame, self._shown)
            current.results.append(result)
            current.shown_ns = now

    def emit(self, event: Event) -> None:
        """Store an event, and count a decision."""
        body = event.to_json()
        with self._lock:
            self._event_number += 1
            self._events.append((self._event_number, body))
        if event.kind == "decision" and (reason := Reason(body["reason"])) in _COUNTED:
            self.counters.add(reason, (body["source"], body["track"]))

    def close(self) -> None:
        """End all views."""
        self.closed = True

    def latest(self) -> LiveFrame | None:
        """The latest frame whose results are complete, or None before the first."""
        with self._lock:
            current = self._current
            if current is not None and self._clock() - current.shown_ns >= _COMPLETE_AFTER_NS:
                return current
            return self._complete

    def events_after(self, number: int, limit: int = EVENTS_KEPT) -> list[dict[str, Any]]:
        """The last events with a higher number, oldest first, each with its ``number``.

        Args:
            number: the highest number that the caller has; 0 for all.
            limit: maximum number of events; the latest are returned.
        """
        with self._lock:
            found = [{"number": own} | body for own, body in self._events if own > number]
        return found[-limit:] if limit else []

    def frames_per_second(self) -> float | None:
        """Frames that the loop processes in a second, over the last frames; None before the second."""
        with self._lock:
            times = list(self._times)
        if len(times) < 2 or times[-1] == times[0]:
            return None
        return round((len(times) - 1) * 1e9 / (times[-1] - times[0]), 1)

    def to_json(self, live: LiveFrame) -> dict[str, Any]:
        """A frame's faces with boxes, names and reasons, and the durations of the stages."""
        height, width = live.frame.pixels.shape[:2]
        return {
            "number": live.number,
            "source": live.frame.source,
            "sequence": live.frame.sequence,
            "width": width,
            "height": height,
            "age_ms": round((self._clock() - live.shown_ns) / 1e6, 1),
            "frames_per_second": self.frames_per_second(),
            "stages_ms": self.stages.medians_ms(),
            "faces": [_face_json(result) for result in live.results if result.face is not None],
            "reason": str(live.results[0].decision.reason) if live.results[0].face is None else None,
        }

    def jpeg(self, live: LiveFrame) -> bytes:
        """A frame as JPEG without marks; encoded once for all viewers."""
        with self._lock:
            number, data = self._encoded
        if number != live.number:
            data = encode(live.frame.pixels)
            with self._lock:
                self._encoded = (live.number, data)
        return data


def encode(image: RGB) -> bytes:
    """An image as JPEG, at most `MAX_SIDE` pixels wide and high."""
    scale = MAX_SIDE / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return data.tobytes()


def encode_marked(live: LiveFrame) -> bytes:
    """A frame as JPEG with a box around each face, for programs that show nothing else; names are not drawn."""
    image = np.ascontiguousarray(live.frame.pixels.copy())
    thick = max(2, round(max(image.shape[:2]) / 320))
    for result in _with_face(live.results):
        assert result.face is not None
        x, y, width, height = (round(float(value)) for value in result.face.box)
        cv2.rectangle(image, (x, y), (x + width, y + height), _COLORS[result.decision.outcome], thick)
    return encode(image)


def _with_face(results: Sequence[FaceResult]) -> list[FaceResult]:
    return [result for result in results if result.face is not None]


def _face_json(result: FaceResult) -> dict[str, Any]:
    assert result.face is not None
    decision = result.decision
    return {
        "box": [round(float(value), 1) for value in result.face.box],
        "track": result.track,
        "words": decision.identity or REASON_WORDS[decision.reason],
        "latency_ms": round(result.latency_ns / 1e6, 1),
    } | decision.to_json()
