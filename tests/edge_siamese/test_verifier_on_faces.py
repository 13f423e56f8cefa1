"""The loop over rendered people with the shipped models: far, blurred and turned faces."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from edge_siamese.decision import Outcome, Reason
from edge_siamese.engine import FaceEngine
from edge_siamese.face_result import FaceResult
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.gallery import Gallery
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese.verifier import Verifier
from tests.doubles import ListedSource

ADA, STRANGER = (Person.from_seed(seed) for seed in DEMO_SEEDS[:2])


def portrait(person: Person, yaw: float = 0.0, height: float = 150.0) -> RGB:
    return render_portrait(person, View(yaw=yaw), face_height=height, background_seed=7).image


@pytest.fixture(scope="module")
def gallery(engine: FaceEngine) -> Gallery:
    photos = [portrait(ADA, yaw) for yaw in (-10.0, 0.0, 10.0)]
    templates = np.stack([engine.embed(photo, engine.detect(photo)[0]).values for photo in photos])
    return Gallery.empty(engine.embedder_card).with_people({"Ada": templates})


Watch = Callable[..., list[FaceResult]]


@pytest.fixture
def watch(engine: FaceEngine, gallery: Gallery) -> Watch:
    def results(images: list[RGB], *, stills: bool = False) -> list[FaceResult]:
        return list(Verifier(ListedSource(images, stills=stills), engine, gallery))

    return results


def turned(image: RGB, quarters: int) -> RGB:
    return np.ascontiguousarray(np.rot90(image, quarters))


@pytest.mark.parametrize("stills", [True, False])
def test_a_blurred_known_face_is_undecided_and_a_sharp_stranger_unknown(watch: Watch, stills: bool) -> None:
    blurred = cv2.GaussianBlur(portrait(ADA), (0, 0), 7.5)
    (known,), (stranger,) = (watch([image], stills=stills) for image in (blurred, portrait(STRANGER)))
    assert (known.decision.outcome, known.decision.reason) == (Outcome.UNDECIDED, Reason.BLURRED)
    assert stranger.decision.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("height", [16.0, 22.0])
def test_a_far_stranger_is_undecided(watch: Watch, height: float) -> None:
    small = cv2.resize(portrait(STRANGER), None, fx=height / 150, fy=height / 150, interpolation=cv2.INTER_AREA)
    (seen,) = watch([small], stills=True)
    assert (seen.decision.outcome, seen.decision.reason) == (Outcome.UNDECIDED, Reason.TOO_SMALL)


def test_the_first_good_frame_of_a_blurred_track_decides(watch: Watch) -> None:
    sharp = portrait(ADA)
    blurred = cv2.GaussianBlur(sharp, (0, 0), 7.5)
    results = watch([blurred] * 4 + [sharp] * 2)
    assert {result.track for result in results} == {1}
    assert [result.decision.identity for result in results] == [None] * 4 + ["Ada"] * 2
    assert {result.decision.outcome for result in results[:4]} == {Outcome.UNDECIDED}


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("stills", [True, False])
def test_a_turned_camera_recognizes_people_and_says_so(watch: Watch, quarters: int, stills: bool) -> None:
    results = watch([turned(portrait(ADA, 4.0), quarters)] * 3, stills=stills)
    assert [result.decision.identity for result in results] == ["Ada"] * 3
    assert {result.turn for result in results} == {360 - 90 * quarters}


def test_a_track_is_turned_once_and_then_only_where_it_is_embedded(
    engine: FaceEngine, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: list[tuple[int, ...]] = []
    detect = engine.detect

    def counted(image: RGB) -> list[Face]:
        shapes.append(image.shape)
        return detect(image)

    monkeypatch.setattr(engine, "detect", counted)
    frames = [turned(portrait(ADA, 4.0), 1)] * 9
    results = watch(frames)
    assert results[-1].decision.identity == "Ada"
    assert len(shapes) == 9 + 3 + 1  # every frame as it is; three turns once; one turn at frame 8


@pytest.mark.parametrize("stills", [True, False])
def test_one_person_under_two_names_is_ambiguous_in_the_loop(
    engine: FaceEngine, gallery: Gallery, stills: bool
) -> None:
    twice = gallery.with_people({"Mia": gallery.templates_of("Ada")})
    results = list(Verifier(ListedSource([portrait(ADA, 4.0)] * 3, stills=stills), engine, twice))
    assert {(result.decision.outcome, result.decision.reason) for result in results} == {
        (Outcome.UNDECIDED, Reason.AMBIGUOUS)
    }
    assert {result.decision.identity for result in results} == {None}
