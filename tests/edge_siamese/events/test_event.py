import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.cameras.base import CameraBack, CameraLost
from edge_siamese.decision import Decision, Outcome, Reason, undecided
from edge_siamese.events import Event, EventMaker, open_json_lines
from edge_siamese.face_result import FaceResult
from edge_siamese.faces import Face
from edge_siamese.frames import Frame

NOON = datetime(2026, 3, 1, 13, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))
MAKER = EventMaker("door", {"embedder": "ab" * 32}, clock=lambda: 77, utc=lambda: NOON)
KEYS = [
    "schema", "version", "event", "time", "monotonic_ns", "source", "model", "sequence", "frame_time_ns", "track",
    "face", "box", "decision", "reason", "identity", "score", "margin", "threshold", "latency_ms", "detail",
]  # fmt: skip


def result(decision: Decision, face: Face | None) -> FaceResult:
    frame = Frame(np.zeros((4, 4, 3), np.uint8), 1_500, 9, "dataset/1.jpg")
    index, track = (None, None) if face is None else (0, 4)
    return FaceResult(frame, face, index, track, decision, True, 12_345_678)


def all_kinds() -> list[Event]:
    return [
        MAKER.started(identities=3),
        MAKER.decision(result(undecided(Reason.NO_FACE), None)),
        MAKER.event(CameraLost("door", 1, "pulled")),
        MAKER.event(CameraBack("door", 2, 1_500_000)),
        MAKER.stopped(why="end", frames=2),
    ]


def test_a_decision_says_everything_about_itself() -> None:
    face = Face(np.array((1.26, -2.0, 30.0, 40.0), np.float32), np.zeros((5, 2), np.float32), 0.9)
    decision = Decision(Outcome.MATCH, Reason.OK, "Ada", 16_384, 8_192, 12_288)
    event = MAKER.decision(result(decision, face)).to_json()
    assert event == event | {
        "schema": "edge-siamese/event/1",
        "event": "decision",
        "time": "2026-03-01T12:00:00.250Z",
        "monotonic_ns": 77,
        "source": "dataset/1.jpg",
        "model": {"embedder": "ab" * 32},
        "sequence": 9,
        "frame_time_ns": 1_500,
        "track": 4,
        "face": 0,
        "box": [1.3, -2.0, 30.0, 40.0],
        "decision": "match",
        "reason": "ok",
        "identity": "Ada",
        "score": 0.5,
        "margin": 0.25,
        "threshold": 0.375,
        "latency_ms": 12.346,
        "detail": None,
    }


def test_every_kind_has_the_same_keys_and_is_json() -> None:
    for event in all_kinds():
        assert list(event.to_json()) == KEYS
        assert json.loads(json.dumps(event.to_json())) == event.to_json()


def test_the_other_kinds_have_details_instead_of_a_decision() -> None:
    started, nobody, lost, back, stopped = (event.to_json() for event in all_kinds())
    assert (nobody["decision"], nobody["reason"], nobody["box"]) == ("undecided", "no_face", None)
    assert [event["event"] for event in (started, lost, back, stopped)] == [
        "started", "camera_lost", "camera_back", "stopped",
    ]  # fmt: skip
    assert started["detail"] == {"identities": 3}
    assert lost["detail"] == {"why": "pulled"}
    assert back["detail"] == {"away_ms": 1.5}
    assert stopped["detail"] == {"why": "end", "frames": 2}
    assert {event["decision"] for event in (started, lost, back, stopped)} == {None}


def test_the_file_grows_by_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for _ in range(2):
        with open_json_lines(path) as sink:
            for event in all_kinds():
                sink.emit(event)
                assert path.read_bytes().endswith(b"\n")
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) == 10
    assert [json.loads(line)["event"] for line in lines[:2]] == ["started", "decision"]


def test_a_line_cut_short_before_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"schema": "edge-siam')
    with open_json_lines(path) as sink:
        sink.emit(MAKER.started())
    lines = path.read_text().splitlines()
    assert lines[0] == '{"schema": "edge-siam'
    assert json.loads(lines[1])["event"] == "started"


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_json_lines(tmp_path)


@given(st.text())
def test_any_name_fits_on_one_line(name: str) -> None:
    line = json.dumps(Event("decision", NOON.astimezone(UTC), 1, name, {}, {"identity": name}).to_json())
    assert "\n" not in line
    assert json.loads(line)["identity"] == name
