"""The loops of ``edge-siamese run``: one for each camera, each in a thread of its own where there are several."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..events import Event, EventMaker
    from ..events.queued import SinkGroup
    from ..gallery import Gallery
    from ..instrumentation import Counters
    from ..session import SessionRecorder
    from ..unknowns.keeper import UnknownKeeper
    from ..verifier import Verifier
    from .run_web import RunPage


class SharedSinks:
    """The event sinks of a run, which several threads use one after the other.

    Args:
        group: the sinks.
    """

    def __init__(self, group: "SinkGroup") -> None:
        self._group, self._lock = group, threading.Lock()

    def emit(self, event: "Event") -> None:
        """Pass an event to every sink."""
        with self._lock:
            self._group.emit(event)


@dataclass
class CameraLoop:
    """The loop over one camera.

    Attributes:
        verifier: identifies the faces.
        maker: makes the events of the camera.
        recorder: records the session; None without.
        unknowns: keeps the faces of strangers; None for nothing.
        page: shows the frames; None without a page, and for all cameras but the first.
        sinks: get the events; set before `watch`.
        beat: called with every item of the verifier.
        why: reason of the end: ``end``, ``timeout``, ``failed`` or the name of a signal.
    """

    verifier: "Verifier"
    maker: "EventMaker"
    recorder: "SessionRecorder | None" = None
    unknowns: "UnknownKeeper | None" = None
    page: "RunPage | None" = None
    sinks: SharedSinks = field(init=False)
    beat: Callable[[object], None] = field(default=lambda _: None, init=False)
    why: str = field(default="failed", init=False)

    def started(self, gallery: str, delegate: str) -> "Event":
        """The event ``started`` of the camera."""
        verifier = self.verifier
        point = verifier.operating_point.to_json()
        people = len(verifier.gallery.names)
        return self.maker.started(gallery=gallery, identities=people, delegate=delegate, operating_point=point)

    def watch(self, stopped_by: Sequence[str], over: threading.Event) -> None:
        """Emit every change; always emits the event ``stopped`` at the end.

        Args:
            stopped_by: names of the signals that stop the run.
            over: set when the time is over.
        """
        try:
            self._watch()
            self.why = stopped_by[0] if stopped_by else "timeout" if over.is_set() else "end"
        finally:
            source = self.verifier.source
            counters = self.verifier.counters.to_json() | {"dropped": source.dropped, "unreadable": source.unreadable}
            self.sinks.emit(self.maker.stopped(why=self.why, **counters))

    def _watch(self) -> None:
        from ..face_result import FaceResult

        for item in self.verifier.watch():
            self.beat(item)
            if not isinstance(item, FaceResult):
                self.sinks.emit(self.maker.event(item))
                continue
            if self.page is not None:
                self.page.hub.show(item)
            if self.recorder is not None:
                self.recorder.add(item, self.verifier.gallery)
            if self.unknowns is not None:
                self.unknowns.add(item, self.verifier.operating_point.threshold_q15)
            if item.changed:
                self.sinks.emit(self.maker.decision(item))


def run_loops(loops: Sequence[CameraLoop], stopped_by: Sequence[str], timeout: float | None) -> None:
    """Run all loops until they end. An error in one ends the others and is raised.

    Args:
        loops: one for each camera.
        stopped_by: names of the signals that stop the run, in the order in which they came.
        timeout: seconds after which all end; None for no end.
    """
    from ..cameras.base import stopped_after

    with stopped_after(AllCameras(loops), timeout) as over:
        if len(loops) == 1:
            loops[0].watch(stopped_by, over)
            return
        errors: list[BaseException] = []
        threads = [
            threading.Thread(
                target=_guarded, args=(loop, loops, stopped_by, over, errors), name=f"loop {loop.maker.source}"
            )
            for loop in loops
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)  # a signal handler runs between two waits
        if errors:
            raise errors[0]


class AllCameras:
    """The loops of all cameras as one: stops them, and sums their counters for metrics.

    Args:
        loops: one for each camera.
    """

    def __init__(self, loops: Sequence[CameraLoop]) -> None:
        self._verifiers = [loop.verifier for loop in loops]

    def stop(self) -> None:
        """Stop all loops after their current frames; callable from any thread and from a signal handler."""
        for verifier in self._verifiers:
            verifier.stop()

    @property
    def gallery(self) -> "Gallery":
        """The gallery of the first camera; all read the same file."""
        return self._verifiers[0].gallery

    @property
    def counters(self) -> "Counters":
        """The sums of the counters."""
        from ..instrumentation import Counters

        counts = [verifier.counters.to_json() for verifier in self._verifiers]
        return Counters(**{name: sum(count[name] for count in counts) for name in counts[0]})

    @property
    def dropped(self) -> int:
        """Number of frames that were replaced by newer ones."""
        return sum(verifier.source.dropped for verifier in self._verifiers)

    @property
    def unreadable(self) -> int:
        """Number of frames that could not be decoded."""
        return sum(verifier.source.unreadable for verifier in self._verifiers)


def _guarded(
    loop: CameraLoop,
    loops: Sequence[CameraLoop],
    stopped_by: Sequence[str],
    over: threading.Event,
    errors: list[BaseException],
) -> None:
    try:
        loop.watch(stopped_by, over)
    except BaseException as error:
        errors.append(error)
        with suppress(Exception):
            AllCameras(loops).stop()
