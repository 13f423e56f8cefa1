"""What the loop hands to the page, and what viewers get of it."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from edge_siamese.decision import Decision, Outcome, Reason, undecided
from edge_siamese.events import EventMaker
from edge_siamese.face_result import FaceResult
from edge_siamese.faces import Face
from edge_siamese.frames import Frame
from edge_siamese.web.live import LiveHub, encode, encode_marked
from edge_siamese.web.streams import Viewers, sse_message

MATCH = Decision(Outcome.MATCH, Reason.OK, "Ada", 30_000, None, 10_000)


def frame(number: int, side: int = 64) -> Frame:
    return Frame(np.full((side, side, 3), 100, np.uint8), number * 1_000_000, number, "door")


def result(of: Frame, decision: Decision, track: int = 1, changed: bool = True) -> FaceResult:
    face = Face(np.array((8, 10, 20, 30), np.float32), np.zeros((5, 2), np.float32), 0.9)
    return FaceResult(of, face, track - 1, track, decision, changed, 5_000_000)


def without_face(of: Frame, reason: Reason) -> FaceResult:
    return FaceResult(of, None, None, None, undecided(reason), True, 1_000_000)


def hub(now: list[int] | None = None) -> LiveHub:
    return LiveHub(clock=(lambda: now[0])) if now else LiveHub()


def test_a_frame_is_shown_when_all_its_faces_are_decided() -> None:
    now = [1]
    shown = hub(now)
    assert shown.latest() is None
    first, second = frame(0), frame(1)
    shown.show(result(first, MATCH, 1))
    assert shown.latest() is None
    shown.show(result(first, undecided(Reason.POSE), 2))
    shown.show(result(second, MATCH, 1))
    latest = shown.latest()
    assert latest is not None
    body = shown.to_json(latest)
    assert [(face["track"], face["words"], face["reason"]) for face in body["faces"]] == [
        (1, "Ada", "ok"),
        (2, "the face was turned away", "pose"),
    ]
    assert body["faces"][0]["box"] == [8.0, 10.0, 20.0, 30.0]
    assert (body["width"], body["height"], body["sequence"]) == (64, 64, 0)
    now[0] += 60_000_000
    latest = shown.latest()
    assert latest is not None
    assert latest.frame is second


def test_frames_a_second_and_stage_times_are_of_the_last_frames() -> None:
    now = [1]
    shown = hub(now)
    assert shown.frames_per_second() is None
    for number in range(11):
        shown.show(without_face(frame(number), Reason.NO_FACE))
        now[0] += 100_000_000
    assert shown.frames_per_second() == 10.0
    for _ in range(3):
        with shown.stages.stage("detect"):
            pass
    assert 0 <= shown.stages.medians_ms()["detect"] < 1000


def test_decisions_are_counted_and_kept_as_events() -> None:
    shown, maker = hub(), EventMaker("door", {})
    shown.emit(maker.started(gallery="g.esg"))
    shown.emit(maker.decision(result(frame(0), undecided(Reason.BLURRED))))
    shown.emit(maker.decision(result(frame(1), MATCH)))
    shown.emit(maker.decision(without_face(frame(2), Reason.NO_FACE)))
    assert [event["event"] for event in shown.events_after(0)] == ["started", "decision", "decision", "decision"]
    assert [event["number"] for event in shown.events_after(2)] == [3, 4]
    assert [event["number"] for event in shown.events_after(0, 1)] == [4]
    assert shown.counters.to_json()["named"] == 1
    assert shown.counters.to_json()["faces"] == 1
    for number in range(1000):
        shown.emit(maker.decision(result(frame(number), MATCH, number)))
    assert len(shown.events_after(0)) == 300


def test_an_image_is_encoded_once_and_small() -> None:
    shown = hub()
    large = Frame(np.zeros((1500, 2000, 3), np.uint8), 0, 0, "door")
    shown.show(result(large, MATCH))
    shown.show(result(frame(1), MATCH))
    latest = shown.latest()
    assert latest is not None
    data = shown.jpeg(latest)
    assert shown.jpeg(latest) is data
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape == (720, 960, 3)


def test_marked_images_have_a_box_and_leave_the_frame_as_it_is() -> None:
    shown = hub()
    first = frame(0)
    shown.show(result(first, MATCH))
    shown.show(result(frame(1), MATCH))
    latest = shown.latest()
    assert latest is not None
    assert encode_marked(latest) != encode(first.pixels)
    assert (first.pixels == 100).all()


def collect(viewers: Viewers, count: int, act: Callable[[], None] = lambda: None) -> list[bytes]:
    async def read() -> list[bytes]:
        found: list[bytes] = []
        stream = viewers.events(images=True, after=0)
        async for message in stream:
            found.append(message)
            if len(found) == count:
                act()
        return found

    return asyncio.run(asyncio.wait_for(read(), 30))


def fields(message: bytes) -> tuple[str, Any]:
    lines = dict(line.split(": ", 1) for line in message.decode().strip().splitlines())
    return lines["event"], json.loads(lines["data"])


def test_a_stream_has_events_frames_and_counters_and_ends_with_the_loop() -> None:
    shown = hub()
    shown.emit(EventMaker("door", {}).decision(result(frame(0), MATCH)))
    shown.show(result(frame(0), MATCH))
    shown.show(result(frame(1), MATCH))
    messages = [fields(message) for message in collect(Viewers(shown), 3, shown.close)]
    assert [kind for kind, _ in messages] == ["event", "frame", "counters", "ended"]
    assert messages[1][1]["image"]
    assert messages[1][1]["faces"][0]["identity"] == "Ada"
    assert messages[2][1]["named"] == 1


def test_names_with_line_breaks_cannot_make_messages() -> None:
    message = sse_message("event", {"identity": "A\n\nevent: x"}, 7)
    assert message.startswith(b"id: 7\nevent: event\ndata: ")
    assert message.count(b"\n") == 4
