from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.cameras.base import CameraBack, CameraLost, FramesUnreadable, SourceEvent
from edge_siamese.decision import Outcome, Reason
from edge_siamese.errors import GalleryError
from edge_siamese.face_result import FaceResult
from edge_siamese.faces import Face
from edge_siamese.finding import DetectionSchedule
from edge_siamese.frames import RGB
from edge_siamese.fusion import EmbeddingPolicy
from edge_siamese.gallery import Gallery
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.rendering import Person, View, render_background, render_portrait
from edge_siamese.verifier import Verifier
from tests.doubles import ListedSource, ScriptedAnalyzer, TickingClock, embedder_card

DIGEST = "ab" * 32
CARD = embedder_card(4, digest=DIGEST)
POINT = OperatingPoint(1e-3, 16_000, 9e-4, 5000, 20, 0.1, "00")
VECTORS = {"Ada": (100, 0, 0, 0), "Bob": (0, 100, 0, 0), "a stranger": (0, 0, 100, 0)}
SEEDS = {"Ada": 1, "Bob": 2, "a stranger": 5}
NOBODY = render_background((320, 240), 3)


class People(ScriptedAnalyzer):
    """Renders people, and finds and embeds them again exactly."""

    def show(self, name: str, **how: Any) -> RGB:
        rendering = render_portrait(Person.from_seed(SEEDS[name]), View(), background_seed=SEEDS[name], **how)
        face = Face(rendering.boxes[0], rendering.landmarks[0], 0.9)
        return rendering.image if self.detect(rendering.image) else self.put(rendering.image, face, VECTORS[name])


@pytest.fixture
def people() -> People:
    return People(CARD)


@pytest.fixture
def gallery() -> Gallery:
    known = {name: vector for name, vector in VECTORS.items() if name != "a stranger"}
    empty = Gallery.empty(CARD)
    return Gallery(
        names=tuple(known),
        identifiers=empty.identifiers,
        templates=np.array(list(known.values()), np.int8),
        identity_index=np.arange(len(known), dtype=np.uint32),
        zero_point=0,
        embedder_digest=bytes.fromhex(DIGEST)[:16],
        operating_points=(POINT,),
    )


Watch = Callable[..., list[FaceResult]]


@pytest.fixture
def watch(people: People, gallery: Gallery) -> Watch:
    def run(items: list[RGB | SourceEvent], *, stills: bool = False, **settings: Any) -> list[FaceResult]:
        return list(verifier(people, gallery, ListedSource(items, stills=stills), **settings))

    return run


def verifier(people: People, gallery: Gallery, film: ListedSource, **settings: Any) -> Verifier:
    return Verifier(film, people, gallery, **settings)


def last_emitted(results: list[FaceResult]) -> list[tuple[str | None, str]]:
    return [(seen.decision.identity, str(seen.decision.reason)) for seen in results if seen.changed]


def test_known_people_are_named_and_strangers_are_not(people: People, watch: Watch) -> None:
    names = ["Ada", "a stranger", "Bob"]
    results = watch([people.show(name) for name in names], stills=True)
    assert last_emitted(results) == [("Ada", "ok"), (None, "below_threshold"), ("Bob", "ok")]
    assert [seen.decision.outcome for seen in results] == [
        Outcome.MATCH,
        Outcome.UNKNOWN,
        Outcome.MATCH,
    ]
    assert [seen.frame.source for seen in results] == ["0.png", "1.png", "2.png"]
    assert results[0].decision.threshold_q15 == POINT.threshold_q15
    assert results[0].face is not None
    assert results[0].face.embedding is not None


def test_somebody_kept_beyond_the_last_day_is_not_named(people: People, gallery: Gallery) -> None:
    overdue = replace(gallery, metadata={"people": {"Ada": {"retain_until": "2020-01-01"}}})
    film = ListedSource([people.show("Ada"), people.show("Bob")], stills=True)
    results = list(verifier(people, overdue, film))
    assert last_emitted(results) == [(None, "overdue"), ("Bob", "ok")]
    assert results[0].decision.outcome is Outcome.UNDECIDED


def test_every_still_is_reported_even_when_nothing_changes(people: People, watch: Watch) -> None:
    results = watch([people.show("Ada")] * 3 + [NOBODY] * 2, stills=True)
    assert last_emitted(results) == [("Ada", "ok")] * 3 + [(None, "no_face")] * 2
    assert len({seen.track for seen in results[:3]}) == 3


def test_a_person_who_stays_is_reported_once_and_embedded_rarely(people: People, watch: Watch) -> None:
    results = watch([people.show("Ada")] * 40)
    assert last_emitted(results) == [("Ada", "ok")]
    assert len(results) == 40
    assert {seen.track for seen in results} == {1}
    assert people.embedded == 3


def test_a_face_that_the_edge_cuts_off_is_not_embedded(people: People, watch: Watch) -> None:
    image = people.show("Ada")
    (face,) = people.detect(image)
    cut = int(face.landmarks[1, 0]) - 4
    part = people.put(np.ascontiguousarray(image[:, :cut]), face, VECTORS["Ada"])
    assert last_emitted(watch([part] * 3)) == [(None, "cut_off")]
    assert people.embedded == 0


def test_decisions_are_kept_between_detections(people: People, watch: Watch) -> None:
    results = watch([people.show("Ada")] * 40, schedule=DetectionSchedule(10))
    assert {seen.decision.identity for seen in results} == {"Ada"}
    assert len(results) == 40
    assert people.embedded == 3


@pytest.mark.parametrize(("first", "embedded"), [(0.9, 1), (0.5, 2)])
def test_a_clearly_better_look_is_embedded_at_once(people: People, watch: Watch, first: float, embedded: int) -> None:
    better = people.show("a stranger")
    (face,) = people.detect(better)
    worse = people.put(np.array(better) ^ np.uint8(1), Face(face.box, face.landmarks, first), VECTORS["a stranger"])
    watch([worse, better])
    assert people.embedded == embedded


def test_one_photo_after_the_other_in_a_video_is_another_person(people: People, watch: Watch) -> None:
    results = watch([people.show("Ada")] * 5 + [people.show("a stranger")] * 5 + [people.show("Bob")] * 5)
    assert last_emitted(results) == [("Ada", "ok"), (None, "below_threshold"), ("Bob", "ok")]
    assert all(seen.decision.identity != "Ada" for seen in results[5:])


def test_frames_without_a_face_are_counted_and_reported_once(people: People, gallery: Gallery) -> None:
    film = ListedSource([NOBODY, NOBODY, people.show("Ada"), NOBODY])
    watching = verifier(people, gallery, film)
    assert last_emitted(list(watching)) == [(None, "no_face"), ("Ada", "ok"), (None, "no_face")]
    assert watching.counters.to_json() == {
        "frames": 4, "stale": 0, "no_face": 3, "faces": 1, "rejected": 0, "embeddings": 1, "detections": 4,
    }  # fmt: skip


def test_a_face_that_cannot_be_compared_is_undecided_with_the_reason(people: People, watch: Watch) -> None:
    (seen,) = watch([people.show("Ada", face_height=14.0)], stills=True)
    assert (seen.decision.outcome, seen.decision.reason) == (
        Outcome.UNDECIDED,
        Reason.TOO_SMALL,
    )
    assert people.embedded == 0


def test_a_bad_frame_does_not_unmake_what_is_known(people: People, watch: Watch) -> None:
    image = people.show("Ada")
    face = people.detect(image)[0]
    turned = face.landmarks.copy()
    turned[2, 0] += 3 * (turned[1, 0] - turned[0, 0])
    away = people.put(np.array(image) ^ np.uint8(1), Face(face.box, turned, 0.9), VECTORS["Ada"])
    assert last_emitted(watch([image, away, image])) == [("Ada", "ok")]


def test_stale_frames_are_not_looked_at(people: People, gallery: Gallery) -> None:
    film = ListedSource([people.show("Ada")] * 3, ages_ns=(0, 2_000_000_000, 10))
    watching = verifier(people, gallery, film)
    assert last_emitted(list(watching)) == [("Ada", "ok"), (None, "stale_frame")]
    assert watching.counters.stale == 1


def test_notices_pass_through_and_end_the_tracks(people: People, gallery: Gallery) -> None:
    lost, back = CameraLost("film", 1, "pulled"), CameraBack("film", 2, 1)
    items = list(verifier(people, gallery, ListedSource([people.show("Ada"), lost, back, people.show("Ada")])).watch())
    assert items[1:3] == [lost, back]
    assert isinstance(items[3], FaceResult)
    assert items[3].track == 2


def test_several_faces_are_reported_by_size(people: People, watch: Watch) -> None:
    image = people.show("Ada")
    face = people.detect(image)[0]
    shift = np.array((90, 20), np.float32)
    other = Face(np.concatenate([face.box[:2] + shift, face.box[2:] * np.float32(0.5)]), face.landmarks + shift, 0.8)
    people.put(image, other, VECTORS["Bob"])
    results = watch([image], stills=True)
    assert [(seen.face_index, seen.decision.identity) for seen in results] == [
        (0, "Ada"),
        (1, "Bob"),
    ]


def test_latency_counts_from_when_the_frame_was_taken(people: People, gallery: Gallery) -> None:
    film = ListedSource([NOBODY], ages_ns=(300,))
    (seen,) = verifier(people, gallery, film, clock=TickingClock(250, start_ns=1_000))
    assert seen.latency_ns == 1_250 - (1_000 - 300)


def test_a_timer_sees_every_stage(people: People, gallery: Gallery) -> None:
    class Timer:
        def __init__(self) -> None:
            self.stages: list[str] = []

        def stage(self, name: str) -> AbstractContextManager[None]:
            @contextmanager
            def timed() -> Iterator[None]:
                yield
                self.stages.append(name)

            return timed()

    timer = Timer()
    list(verifier(people, gallery, ListedSource([people.show("Ada"), NOBODY]), timer=timer))
    of_a_face = ["orient", "align", "quality", "embed", "match", "decide"]
    assert timer.stages == ["follow", "detect", "track", *of_a_face, "follow", "detect", "track"]


def test_the_policy_can_be_chosen(people: People, watch: Watch) -> None:
    watch([people.show("Ada")] * 6, policy=EmbeddingPolicy(max_wait=1))
    assert people.embedded == 6


def test_a_given_operating_point_beats_the_gallerys(people: People, watch: Watch) -> None:
    strict = OperatingPoint(1e-6, 32_767, 1e-6, 10**7, 20, 0.9, "00")
    people_seen = watch([people.show("Ada")], operating_point=strict)
    assert people_seen[0].decision.threshold_q15 == 32_767


def test_stopping_ends_the_watch(people: People, gallery: Gallery) -> None:
    watching = verifier(people, gallery, ListedSource([people.show("Ada")] * 10))
    seen = []
    for result in watching:
        seen.append(result)
        watching.stop()
    assert len(seen) == 1


def test_a_gallery_of_another_embedder_is_rejected(people: People, gallery: Gallery, tmp_path: Path) -> None:
    people.embedder_card = replace(CARD, digest="cd" * 32)
    with pytest.raises(GalleryError, match="cdcd"):
        verifier(people, gallery, ListedSource([NOBODY]))


def test_another_frame_size_begins_other_tracks(people: People, watch: Watch) -> None:
    image = people.show("Ada")
    (face,) = people.detect(image)
    wider = people.put(np.ascontiguousarray(np.pad(image, ((0, 0), (0, 64), (0, 0)))), face, VECTORS["Ada"])
    assert [seen.track for seen in watch([image, image, wider, wider, image])] == [1, 1, 2, 2, 3]


def test_unreadable_frames_pass_through_and_leave_the_tracks(people: People, gallery: Gallery) -> None:
    bad = FramesUnreadable("film", 1, 1, 1, "no JPEG in it")
    items = list(verifier(people, gallery, ListedSource([people.show("Ada"), bad, people.show("Ada")])).watch())
    assert items[1] is bad
    assert isinstance(items[2], FaceResult)
    assert items[2].track == 1
