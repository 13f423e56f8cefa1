import threading
from collections.abc import Callable

import numpy as np
import pytest

from edge_siamese.cameras.base import CameraBack, CameraLost, CapturedImage
from edge_siamese.cameras.latest_frame import LatestFrameBuffer, LiveSource, back_off_seconds
from edge_siamese.errors import CameraError
from edge_siamese.frames import Frame

PATIENCE_S = 20.0
Step = Callable[[], CapturedImage | None]


def captured(number: int) -> CapturedImage:
    return CapturedImage(np.full((2, 2, 3), number, np.uint8), number * 1_000_000)


def frame(number: int) -> Frame:
    return Frame(captured(number).pixels, number, number, "door")


class ScriptedCapture:
    """Delivers what its steps return or raise, then ends as a recording does."""

    def __init__(self, *steps: Step) -> None:
        self._steps = iter(steps)
        self.closed, self.announced = 0, 0
        self.read_by: set[str] = set()

    def read(self) -> CapturedImage | None:
        self.read_by.add(threading.current_thread().name)
        step = next(self._steps, None)
        return step() if step else None

    def close(self) -> None:
        self.closed += 1


def unplugged() -> CapturedImage:
    raise CameraError("the cable was pulled")


def after(event: threading.Event, then: Step) -> Step:
    def step() -> CapturedImage | None:
        assert event.wait(PATIENCE_S)
        return then()

    return step


def never_stop() -> bool:
    return False


class TestSlot:
    def test_keeps_the_freshest_frame_and_counts_the_others(self) -> None:
        slot = LatestFrameBuffer()
        for number in range(5):
            slot.put(frame(number))
        taken = slot.take(never_stop)
        assert isinstance(taken, Frame)
        assert taken.sequence == 4
        assert slot.dropped == 4

    def test_what_was_seen_before_a_loss_is_taken_before_it(self) -> None:
        slot = LatestFrameBuffer()
        lost = CameraLost("door", 1, "pulled")
        slot.put(frame(0))
        slot.put_event(lost)
        assert getattr(slot.take(never_stop), "sequence", None) == 0
        assert slot.take(never_stop) == lost
        assert slot.dropped == 0

    def test_what_was_seen_before_a_loss_is_dropped_once_there_is_something_fresher(self) -> None:
        slot = LatestFrameBuffer()
        lost, back = CameraLost("door", 1, "pulled"), CameraBack("door", 5, 4)
        slot.put(frame(0))
        slot.put_event(lost)
        slot.put_event(back)
        slot.put(frame(1))
        assert [slot.take(never_stop) for _ in range(2)] == [lost, back]
        assert getattr(slot.take(never_stop), "sequence", None) == 1
        assert slot.dropped == 1

    def test_the_last_frame_can_be_taken_after_the_end(self) -> None:
        slot = LatestFrameBuffer()
        slot.put(frame(7))
        slot.end()
        assert getattr(slot.take(never_stop), "sequence", None) == 7
        assert slot.take(never_stop) is None

    def test_an_error_of_the_capturing_thread_reaches_the_reader(self) -> None:
        slot = LatestFrameBuffer()
        slot.end(RuntimeError("driver"))
        with pytest.raises(RuntimeError, match="driver"):
            slot.take(never_stop)

    def test_a_stop_is_noticed_while_waiting(self) -> None:
        calls = iter([False, False, True])
        assert LatestFrameBuffer().take(lambda: next(calls)) is None

    def test_events_are_bounded(self) -> None:
        slot = LatestFrameBuffer()
        for number in range(1000):
            slot.put_event(CameraLost("door", number, "pulled"))
        slot.end()
        taken = [getattr(event, "timestamp_ns", None) for event in iter(lambda: slot.take(never_stop), None)]
        assert taken == list(range(984, 1000))


def test_a_slow_reader_gets_the_freshest_frame() -> None:
    go, drained = threading.Event(), threading.Event()

    def end() -> None:
        drained.set()

    steps = [
        lambda: captured(0),
        after(go, lambda: captured(1)),
        *((lambda n=n: captured(n)) for n in range(2, 6)),
        end,
    ]
    with LiveSource("door", lambda: ScriptedCapture(*steps)) as source:
        frames = iter(source)
        assert next(frames).sequence == 0
        go.set()
        assert drained.wait(PATIENCE_S)  # the camera has delivered five frames while the reader was busy
        rest = [frame.sequence for frame in frames]
    assert rest == [5]
    assert source.dropped == 4


def test_an_unplugged_camera_is_an_event_and_comes_back() -> None:
    seen = threading.Event()
    first = ScriptedCapture(lambda: captured(0), after(seen, unplugged))
    second = ScriptedCapture(lambda: captured(1))
    pauses: list[int] = []

    opened: list[ScriptedCapture] = []
    tries = iter([first, None, None, second])

    def open_capture() -> ScriptedCapture:
        capture = next(tries)
        if capture is None:
            raise CameraError("still gone")
        opened.append(capture)
        return capture

    def no_pause(attempt: int) -> float:
        pauses.append(attempt)
        return 0.0

    times = iter(range(10_000_000, 200_000_000, 10_000_000))
    with LiveSource("door", open_capture, clock=lambda: next(times), back_off=no_pause) as source:
        items = source.watch()
        assert getattr(next(items), "sequence", None) == 0
        seen.set()
        lost, back, again = next(items), next(items), next(items)
        assert list(items) == []

    assert lost == CameraLost("door", 20_000_000, "the cable was pulled")
    assert back == CameraBack("door", 30_000_000, 10_000_000)
    assert isinstance(again, Frame)
    assert again.sequence == 1
    assert pauses == [0, 1, 2]
    assert opened == [first, second]
    assert (first.closed, second.closed) == (1, 1)


def test_plain_iteration_gives_frames_only() -> None:
    captures = iter([ScriptedCapture(unplugged), ScriptedCapture(lambda: captured(3))])
    with LiveSource("door", lambda: next(captures), back_off=lambda _: 0.0) as source:
        assert [type(item) for item in source] == [Frame]


def test_a_camera_that_cannot_be_opened_at_first_is_an_error() -> None:
    def reject() -> ScriptedCapture:
        raise CameraError("no such camera")

    with pytest.raises(CameraError, match="no such camera"):
        LiveSource("door", reject)


def test_an_unexpected_error_of_the_driver_is_raised_in_the_reader() -> None:
    def break_down() -> CapturedImage:
        raise MemoryError("driver")

    capture = ScriptedCapture(break_down)
    with LiveSource("door", lambda: capture) as source, pytest.raises(MemoryError, match="driver"):
        list(source)
    assert capture.closed == 1


def test_closing_while_the_camera_is_away_ends_the_waiting() -> None:
    captures = iter([ScriptedCapture(unplugged)])
    source = LiveSource("door", lambda: next(captures), back_off=lambda _: 3600.0)
    assert isinstance(next(source.watch()), CameraLost)
    source.close()
    assert source._thread is not None
    assert not source._thread.is_alive()


def test_a_stopped_source_ends_its_iteration() -> None:
    waiting = threading.Event()
    with LiveSource(
        "door", lambda: ScriptedCapture(lambda: captured(0), after(waiting, lambda: captured(1)))
    ) as source:
        seen = []
        for item in source:
            seen.append(item.sequence)
            source.stop()
        waiting.set()
    assert seen == [0]


def test_the_device_is_read_and_closed_by_one_thread_and_not_before_the_first_iteration() -> None:
    capture = ScriptedCapture(lambda: captured(0))
    with LiveSource("door", lambda: capture) as source:
        assert capture.read_by == set()
        list(source)
    assert capture.read_by == {"camera door"}
    assert capture.closed == 1


def test_a_source_never_iterated_closes_its_device() -> None:
    capture = ScriptedCapture()
    LiveSource("door", lambda: capture).close()
    assert capture.closed == 1


def test_the_age_of_a_frame_is_measured_against_the_clock() -> None:
    source = LiveSource("door", ScriptedCapture, clock=lambda: 500)
    assert source.age_ns(Frame(captured(0).pixels, 420, 0, "door")) == 80
    assert source.age_ns(Frame(captured(0).pixels, 999, 0, "door")) == 0
    source.close()


def test_a_paced_recording_delivers_every_image_at_its_time() -> None:
    ticks = iter(range(1_000_000_000, 2_000_000_000, 10_000_000))
    times = []

    def clock() -> int:
        times.append(next(ticks))
        return times[-1]

    with LiveSource(
        "film", lambda: ScriptedCapture(*((lambda n=n: captured(n)) for n in range(3))), clock=clock, paced=True
    ) as film:
        last = list(film)[-1]
        assert last.timestamp_ns == 2_000_000
        assert film.age_ns(last) == times[-1] - 1_000_000_000 - 2_000_000


def test_the_pauses_grow_up_to_half_a_minute() -> None:
    pauses = [back_off_seconds(attempt) for attempt in range(12)]
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert pauses[-1] == 30.0
    assert pauses == sorted(pauses)
