"""Sessions that are recorded and decided again, with embeddings along the axes."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.decision import Outcome
from edge_siamese.errors import DataError, GalleryError
from edge_siamese.events import EventMaker
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.gallery import Gallery
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese.replay import replay
from edge_siamese.session import SessionRecorder, read_session, recorded_session
from edge_siamese.verifier import Verifier
from tests.doubles import ListedSource, ScriptedAnalyzer, embedder_card

CARD = embedder_card(3)
POINT = OperatingPoint(1e-3, 16_000, 9e-4, 5000, 20, 0.1, "00")
VECTORS = {"Ada": (100, 0, 0), "Bob": (0, 100, 0), "a stranger": (40, 0, 100)}
SEEDS = {"Ada": 1, "Bob": 2, "a stranger": 5}


def gallery_of(*names: str) -> Gallery:
    return Gallery.empty(CARD).with_people({name: np.array([VECTORS[name]], np.int8) for name in names})


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """Ada for three frames, then a stranger for nine."""
    engine, path = ScriptedAnalyzer(CARD), tmp_path / "session.jsonl"
    frames: list[RGB] = []
    for name, count in (("Ada", 3), ("a stranger", 9)):
        shown = render_portrait(Person.from_seed(SEEDS[name]), View(), background_seed=SEEDS[name])
        frames += [engine.put(shown.image, Face(shown.boxes[0], shown.landmarks[0], 0.95), VECTORS[name])] * count
    source = ListedSource(frames)
    verifier = Verifier(source, engine, gallery_of("Ada", "Bob"), operating_point=POINT)
    maker = EventMaker(source.name, engine.digests)
    with recorded_session(path, pytest.fail) as sink:
        recorder = SessionRecorder(sink, maker, CARD, stills=False, point=POINT)
        for result in verifier:
            recorder.add(result, verifier.gallery)
    return path


def test_a_session_has_every_embedded_face_and_no_image(session: Path) -> None:
    recorded = read_session(session)
    assert recorded.embedder == CARD.digest
    assert recorded.operating_point == POINT
    assert [face.identity for face in recorded.faces] == ["Ada", None, None, None]
    assert recorded.faces[0].embedding.tolist() == list(VECTORS["Ada"])
    assert len(recorded.faces) + recorded.frames_without == 12
    assert session.stat().st_size < 12 * 1500


def test_only_the_owner_can_read_a_session(session: Path) -> None:
    assert stat.S_IMODE(session.stat().st_mode) == 0o600


def test_lines_tell_landmarks_quality_and_the_best_scores(session: Path) -> None:
    line = json.loads(session.read_text().splitlines()[1])
    assert np.shape(line["landmarks"]) == (5, 2)
    assert line["scores"] == {"Ada": pytest.approx(1.0, abs=1e-4), "Bob": 0.0}
    assert 0 < line["quality"] <= 100
    assert line["doubt"] is None


def test_the_same_gallery_and_threshold_change_nothing(session: Path) -> None:
    result = replay(read_session(session), gallery_of("Ada", "Bob"), POINT)
    assert (result.decisions, result.changed) == (4, [])


def test_a_removed_person_loses_the_name(session: Path) -> None:
    result = replay(read_session(session), gallery_of("Bob"), POINT)
    assert [one.face.identity for one in result.changed] == ["Ada", None, None]
    assert {one.decision.outcome for one in result.changed} == {Outcome.UNKNOWN}
    assert (result.names_lost, result.names_gained, result.names_other) == (1, 0, 0)


def test_an_added_person_gains_a_name(session: Path) -> None:
    result = replay(read_session(session), gallery_of("Ada", "Bob", "a stranger"), POINT)
    assert [one.decision.identity for one in result.changed] == ["a stranger"] * 3
    assert result.to_json()["changed"][0]["after"]["identity"] == "a stranger"


def test_a_lower_threshold_names_the_stranger(session: Path) -> None:
    result = replay(read_session(session), gallery_of("Ada", "Bob"), replace(POINT, threshold_q15=12_000))
    assert {one.decision.identity for one in result.changed} == {"Ada"}
    assert result.names_gained == len(result.changed) == 3


def test_a_gallery_of_another_embedder_is_rejected(session: Path) -> None:
    other = Gallery.empty(embedder_card(3, digest="cd" * 32))
    with pytest.raises(GalleryError, match="cdcd"):
        replay(read_session(session), other, POINT)


def test_an_incomplete_last_line_is_left_out(session: Path) -> None:
    lines = session.read_text()
    session.write_text(lines + lines.splitlines()[1][:50])
    assert len(read_session(session).faces) == 4


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "expected a session"),
        ("hello\n", "expected a session of JSON lines"),
        ("[1]\n", "line 1: expected a JSON object"),
        (json.dumps({"schema": "edge-siamese/event/1", "event": "started"}) + "\n", "expected a session"),
    ],
)
def test_other_files_are_one_sentence(content: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_text(content)
    with pytest.raises(DataError, match=sentence):
        read_session(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("embedding", "AAA"),
        ("embedding", "AAAA" * 9),
        ("reason", "no_reason"),
        ("quality", None),
        ("doubt", "no_doubt"),
    ],
)
def test_a_damaged_line_is_named_by_its_number(key: str, value: object, session: Path) -> None:
    lines = session.read_text().splitlines()
    body = json.loads(lines[1]) | {key: value}
    session.write_text("\n".join([lines[0], json.dumps(body), *lines[2:]]) + "\n")
    with pytest.raises(DataError, match="line 2"):
        read_session(session)


def test_an_existing_file_is_not_overwritten(session: Path) -> None:
    with pytest.raises(DataError, match="new file"), recorded_session(session, pytest.fail):
        pass


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_session(tmp_path / "nothing")
