from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge_siamese.alignment import align
from edge_siamese.cameras.base import CameraBack, CameraLost, Source, SourceEvent
from edge_siamese.decision import Outcome, Reason
from edge_siamese.errors import GalleryError
from edge_siamese.faces import Embedding, Face
from edge_siamese.frames import RGB, Frame
from edge_siamese.fusion import EmbeddingPolicy
from edge_siamese.gallery import Gallery
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.rendering import Person, View, render_background, render_portrait
from edge_siamese.verifier import FaceResult, Verifier

DIGEST = "ab" * 32
CARD: Any = SimpleNamespace(digest=DIGEST, dimension=4, zero_point=0, operating_points=(), name="fake")
POINT = OperatingPoint(1e-3, 16_000, 9e-4, 5000, 20, 0.1, "00")
VECTORS = {"Ada": (100, 0, 0, 0), "Bob": (0, 100, 0, 0), "a stranger": (0, 0, 100, 0)}
SEEDS = {"Ada": 1, "Bob": 2, "a stranger": 5}
NOBODY = render_background((320, 240), 3)


class People:
    """Renders people and, as the engine's seam, finds and embeds them again exactly."""

    embedder_card = CARD

    def __init__(self) -> None:
        self.embedded = 0
        self._shown: dict[bytes, list[tuple[str, Face]]] = {}
        self._names: dict[bytes, str] = {}

    def show(self, name: str, **how: Any) -> RGB:
        rendering = render_portrait(Person.from_seed(SEEDS[name]), View(), background_seed=SEEDS[name], **how)
        self._shown.pop(rendering.image.tobytes(), None)
        return self.shows(rendering.image, name, Face(rendering.boxes[0], rendering.landmarks[0], 0.9))

    def shows(self, image: RGB, name: str, face: Face) -> RGB:
        self._shown.setdefault(image.tobytes(), []).append((name, face))
        return image

    def detect(self, image: RGB) -> list[Face]:
        return [face for _, face in self._shown.get(image.tobytes(), [])]

    def align(self, image: RGB, face: Face) -> RGB:
        crop = align(image, face.landmarks)
        name = next(name for name, known in self._shown[image.tobytes()] if known.box is face.box)
        self._names[crop.tobytes()] = name
        return crop

    def embed_crop(self, crop: RGB) -> Embedding:
        self.embedded += 1
        return Embedding(np.array(VECTORS[self._names[crop.tobytes()]], np.int8), 0, DIGEST)


class Film(Source):
    """Frames, notices, and ages, as given."""

    def __init__(self, items: list[RGB | SourceEvent], *, stills: bool = False, ages_ns: tuple[int, ...] = ()) -> None:
        super().__init__("film")
        self.stills = stills
        self._items, self._ages_ns = items, ages_ns

    def watch(self) -> Iterator[Frame | SourceEvent]:
        for number, item in enumerate(self._items):
            if self.stopping:
                return
            yield Frame(item, number * 10**8, number, f"{number}.png") if isinstance(item, np.ndarray) else item

    def age_ns(self, frame: Frame) -> int:
        return self._ages_ns[frame.sequence] if self._ages_ns else 0


@pytest.fixture
def people() -> People:
    return People()


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
        return list(verifier(people, gallery, Film(items, stills=stills), **settings))

    return run


def verifier(people: People, gallery: Gallery, film: Film, **settings: Any) -> Verifier:
    return Verifier(film, people, gallery, **settings)  # type: ignore[arg-type]


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
    assert results[0].decision.threshold == POINT.threshold
    assert results[0].face is not None
    assert results[0].face.embedding is not None


def test_every_still_is_told_even_when_nothing_changes(people: People, watch: Watch) -> None:
    results = watch([people.show("Ada")] * 3 + [NOBODY] * 2, stills=True)
    assert last_emitted(results) == [("Ada", "ok")] * 3 + [(None, "no_face")] * 2
    assert len({seen.track for seen in results[:3]}) == 3


def test_a_person_who_stays_is_told_once_and_embedded_rarely(people: People, watch: Watch) -> None:
    results = watch([people.show("Ada")] * 40)
    assert last_emitted(results) == [("Ada", "ok")]
    assert len(results) == 40
    assert {seen.track for seen in results} == {1}
    assert people.embedded == 3


@pytest.mark.parametrize(("first", "embedded"), [(0.9, 1), (0.5, 2)])
def test_a_clearly_better_look_is_embedded_at_once(people: People, watch: Watch, first: float, embedded: int) -> None:
    better = people.show("Ada")
    (face,) = people.detect(better)
    worse = people.shows(np.array(better) ^ np.uint8(1), "Ada", Face(face.box, face.landmarks, first))
    watch([worse, better])
    assert people.embedded == embedded


def test_one_photo_after_the_other_in_a_video_is_another_person(people: People, watch: Watch) -> None:
    results = watch([people.show("Ada")] * 5 + [people.show("a stranger")] * 5 + [people.show("Bob")] * 5)
    assert last_emitted(results) == [("Ada", "ok"), (None, "below_threshold"), ("Bob", "ok")]
    assert all(seen.decision.identity != "Ada" for seen in results[5:])


def test_frames_without_a_face_are_counted_and_told_once(people: People, gallery: Gallery) -> None:
    film = Film([NOBODY, NOBODY, people.show("Ada"), NOBODY])
    watching = verifier(people, gallery, film)
    assert last_emitted(list(watching)) == [(None, "no_face"), ("Ada", "ok"), (None, "no_face")]
    assert watching.counters.to_json() == {
        "frames": 4, "stale": 0, "no_face": 3, "faces": 1, "rejected": 0, "embeddings": 1,
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
    away = people.shows(np.array(image) ^ np.uint8(1), "Ada", Face(face.box, turned, 0.9))
    assert last_emitted(watch([image, away, image])) == [("Ada", "ok")]


def test_stale_frames_are_not_looked_at(people: People, gallery: Gallery) -> None:
    film = Film([people.show("Ada")] * 3, ages_ns=(0, 2_000_000_000, 10))
    watching = verifier(people, gallery, film)
    assert last_emitted(list(watching)) == [("Ada", "ok"), (None, "stale_frame")]
    assert watching.counters.stale == 1


def test_notices_pass_through_and_end_the_tracks(people: People, gallery: Gallery) -> None:
    lost, back = CameraLost("film", 1, "pulled"), CameraBack("film", 2, 1)
    items = list(verifier(people, gallery, Film([people.show("Ada"), lost, back, people.show("Ada")])).watch())
    assert items[1:3] == [lost, back]
    assert isinstance(items[3], FaceResult)
    assert items[3].track == 2


def test_several_faces_are_told_by_size(people: People, watch: Watch) -> None:
    image = people.show("Ada")
    face = people.detect(image)[0]
    shift = np.array((90, 20), np.float32)
    other = Face(np.concatenate([face.box[:2] + shift, face.box[2:] * np.float32(0.5)]), face.landmarks + shift, 0.8)
    people.shows(image, "Bob", other)
    results = watch([image], stills=True)
    assert [(seen.face_index, seen.decision.identity) for seen in results] == [
        (0, "Ada"),
        (1, "Bob"),
    ]


def test_latency_counts_from_when_the_frame_was_taken(people: People, gallery: Gallery) -> None:
    ticks = iter([1_000, 1_250])
    film = Film([NOBODY], ages_ns=(300,))
    (seen,) = verifier(people, gallery, film, clock=lambda: next(ticks))
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
    list(verifier(people, gallery, Film([people.show("Ada"), NOBODY]), timer=timer))
    assert timer.stages == ["detect", "track", "align", "quality", "embed", "match", "detect", "track"]


def test_the_policy_can_be_chosen(people: People, watch: Watch) -> None:
    watch([people.show("Ada")] * 6, policy=EmbeddingPolicy(max_wait=1))
    assert people.embedded == 6


def test_a_given_operating_point_beats_the_gallerys(people: People, watch: Watch) -> None:
    strict = OperatingPoint(1e-6, 32_767, 1e-6, 10**7, 20, 0.9, "00")
    people_seen = watch([people.show("Ada")], operating_point=strict)
    assert people_seen[0].decision.threshold == 32_767


def test_stopping_ends_the_watch(people: People, gallery: Gallery) -> None:
    watching = verifier(people, gallery, Film([people.show("Ada")] * 10))
    seen = []
    for result in watching:
        seen.append(result)
        watching.stop()
    assert len(seen) == 1


def test_a_gallery_of_another_embedder_is_refused(people: People, gallery: Gallery, tmp_path: Path) -> None:
    people.embedder_card = SimpleNamespace(**vars(CARD) | {"digest": "cd" * 32})
    with pytest.raises(GalleryError, match="cdcd"):
        verifier(people, gallery, Film([NOBODY]))
