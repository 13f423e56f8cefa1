"""Every event of a run is a sentence for people."""

import pytest

from edge_siamese.cameras.base import CameraBack, CameraLost, CameraMissing, EndedEarly, FramesUnreadable, SourceEvent
from edge_siamese.cli.event_lines import EventLines, sentence_of
from edge_siamese.decision import Decision, Outcome, Reason, undecided
from edge_siamese.events import Event, EventMaker
from edge_siamese.gallery.updates import GalleryEvent, GalleryRejected, GalleryReloaded

MAKER = EventMaker("door", {})
COUNTERS = {"frames": 1, "faces": 2, "embeddings": 1, "unreadable": 0, "dropped": 1234, "stale": 0, "no_face": 0}


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (CameraMissing("0", 1, "it cannot be opened"), "0: waiting for the camera (it cannot be opened)"),
        (CameraLost("0", 1, "pulled"), "0: the camera is lost (pulled); it is tried again"),
        (CameraBack("0", 1, 2_340_000_000), "0: the camera delivers, after 2.3 s"),
        (FramesUnreadable("door", 1, 4, 1, "door: frame 4: damaged"), "left out: door: frame 4: damaged"),
        (FramesUnreadable("d", 1, 4, 2, "d: frame 5: damaged"), "left out: d: frame 5: damaged and 1 frame before it"),
        (EndedEarly("a.avi", 1, 40, 14), "a.avi: ended after 14 of 40 frames: it is cut short or damaged"),
        (GalleryReloaded("f.esg", 1, 7, 1, 0, 1), "f.esg: read again, 1 person, 0 added and 1 removed"),
        (
            GalleryRejected("f.esg", 1, "f.esg: damaged"),
            "f.esg: changed and cannot be used; the people read before stay (f.esg: damaged)",
        ),
    ],
)
def test_what_happens_is_a_sentence(event: SourceEvent | GalleryEvent, sentence: str) -> None:
    assert sentence_of(MAKER.event(event).to_json()) == sentence


@pytest.mark.parametrize(
    ("why", "ending"),
    [
        ("end", "the end"),
        ("timeout", "the timeout expired"),
        ("SIGINT", "stopped by Ctrl-C"),
        ("SIGTERM", "stopped by SIGTERM"),
        ("failed", "failed"),
    ],
)
def test_the_end_says_why_and_what_there_was(why: str, ending: str) -> None:
    stopped = MAKER.stopped(why=why, **COUNTERS).to_json()
    assert sentence_of(stopped) == f"door: {ending}, after 1 frame, 2 faces, 1 embedding, 1,234 dropped frames"


@pytest.mark.parametrize(
    ("decision", "turn", "line"),
    [
        (Decision(Outcome.MATCH, Reason.OK, "Ada", 16384, 9, 8192), 0, "door  track 3  Ada  (0.500, from 0.250 on)"),
        (undecided(Reason.TOO_SMALL), 0, "door  track 3  cannot tell: too small"),
        (
            Decision(Outcome.UNKNOWN, Reason.BELOW_THRESHOLD, None, 4096, 9, 8192),
            90,
            "door  track 3  unknown  (0.125, below 0.250)  (turned by 90 degrees)",
        ),
    ],
)
def test_a_decision_is_a_line_on_standard_output(
    decision: Decision, turn: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"track": 3, "face": 0, "detail": {"turn": turn} if turn else None} | decision.to_json()
    EventLines(stills=False).emit(Event("decision", MAKER.utc(), 1, "door", {}, body))
    captured = capsys.readouterr()
    assert captured.out.rstrip().split("  ", 1)[1] == line
    assert captured.err == ""
