"""From a frame to decisions: the C runtime with generated networks decides as `identify` does with the reference kernels."""

import os
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese import FaceEngine
from edge_siamese.decision import Decision, Reason, doubted, undecided
from edge_siamese.frames import RGB
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.writer import encode
from edge_siamese.image_io import read_image
from edge_siamese.models import named_model
from edge_siamese.quality.conditions import shipped_conditions
from edge_siamese.recognition import Identification, identify_faces
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese.rendering.conditions import CONDITIONS
from edge_siamese_firmware.frames import FORMATS, FrameFormat, decode_frame, encode_frame, fit_frame

from .engine_twin import DETECTOR, EMBEDDER, EngineTwin, FoundFace

_PEOPLE = [Person.from_seed(seed) for seed in DEMO_SEEDS[:5]]


@pytest.fixture(scope="module")
def python_engine() -> Iterator[FaceEngine]:
    with FaceEngine.open(named_model(EMBEDDER), named_model(DETECTOR), delegate="reference") as engine:
        yield engine


@pytest.fixture(scope="module")
def gallery(python_engine: FaceEngine, engine_twin: EngineTwin) -> Gallery:
    gallery = Gallery.empty(python_engine.embedder_card)
    for number, person in enumerate(_PEOPLE[:3]):
        photos = [render_portrait(person, View(yaw=yaw)).image for yaw in (-8.0, 0.0, 8.0)]
        gallery = gallery.enroll(f"person {number}", photos, engine=python_engine)
    assert engine_twin.open(gallery, encode(gallery)) == 0
    return gallery


def expected_of(engine: FaceEngine, gallery: Gallery, image: RGB) -> list[Identification]:
    point = gallery.operating_point(engine.embedder_card)
    found = identify_faces(engine, gallery, image, operating_point=point)
    return [identification for identification in found if identification.embedded]


def _verdict(decision: Decision) -> tuple[object, ...]:
    return decision.outcome, decision.reason, decision.identity


def _is_near(decision: Decision) -> bool:
    """Whether a score is so near to the threshold that the few other pixels of the crop in C can change the decision."""
    return (
        decision.score is not None
        and decision.threshold is not None
        and abs(decision.score - decision.threshold) < 0.01
    )


def assert_exact(gallery: Gallery, found: FoundFace) -> None:
    """The decision is that of Python for the embedding and the doubt that C found, to the last bit."""
    if found.rejection is None:
        assert found.decision.threshold_q15 is not None
        scores = gallery.scores_of(found.embedding[None, : gallery.dimension])[0]
        assert found.decision == doubted(gallery.decide(scores, found.decision.threshold_q15), found.doubt)
    else:
        assert found.decision == undecided(found.rejection)


def assert_same(engine: FaceEngine, gallery: Gallery, image: RGB, found: list[FoundFace]) -> list[Identification]:
    """The same faces with the same decisions; positions to a thousandth of a pixel, scores to 0.02.

    The decision is exactly that of Python for the embedding in C; that of Python's own may differ at the threshold.
    """
    expected = expected_of(engine, gallery, image)
    assert len(found) == len(expected)
    for face in found:
        assert_exact(gallery, face)
    for one, other in zip(expected, found, strict=True):
        assert one.embedded is not None
        face = one.embedded.face
        np.testing.assert_allclose(other.box, face.box, atol=0.002)
        np.testing.assert_allclose(other.landmarks, face.landmarks, atol=0.001)
        assert other.score == pytest.approx(face.score, abs=1e-5)
        assert (other.turn, other.rejection, other.doubt) == (
            one.embedded.turn,
            one.embedded.rejection,
            one.embedded.doubt,
        )
        if not _is_near(one.decision):
            assert _verdict(other.decision) == _verdict(one.decision)
        if one.decision.score is not None:
            assert other.decision.score == pytest.approx(one.decision.score, abs=0.02)
    return expected


def test_the_networks_compute_what_the_reference_kernels_do(engine_twin: EngineTwin) -> None:
    assert engine_twin.library.twin_self_test() == 1


@pytest.mark.parametrize(("person", "turn"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 0)])
def test_portraits(
    engine_twin: EngineTwin, python_engine: FaceEngine, gallery: Gallery, person: int, turn: int
) -> None:
    image = fit_frame(render_portrait(_PEOPLE[person], View(yaw=4.0 * turn)).image, 320, 240)
    image = np.ascontiguousarray(np.rot90(image, turn))
    assert_same(python_engine, gallery, image, engine_twin.identify(image))


@pytest.mark.parametrize("kind", FORMATS)
def test_camera_formats(
    engine_twin: EngineTwin, python_engine: FaceEngine, gallery: Gallery, kind: FrameFormat
) -> None:
    image = fit_frame(render_portrait(_PEOPLE[1], View()).image, 320, 240)
    seen = decode_frame(encode_frame(image, kind), 320, 240, kind)
    assert_same(python_engine, gallery, seen, engine_twin.identify(image, kind))


def test_several_faces_small_ones_and_none(
    engine_twin: EngineTwin, python_engine: FaceEngine, gallery: Gallery
) -> None:
    group = np.hstack([fit_frame(render_portrait(person, View()).image, 160, 240) for person in _PEOPLE[1:3]])
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3)).astype(np.uint8)
    for image in (group, fit_frame(group, 160, 120), cv2.blur(group, (9, 9)), group // 12, noise, np.zeros_like(group)):
        assert_same(python_engine, gallery, np.asarray(image), engine_twin.identify(np.asarray(image)))


def _drawn(person: Person, name: str) -> RGB:
    """A portrait without the person's own glasses, with a condition drawn on it, in a frame of 320x240."""
    rendering = render_portrait(person, View(without_glasses=True))
    drawn = CONDITIONS[name](rendering.image, rendering.landmarks[0], np.random.default_rng(0))
    return fit_frame(drawn, 320, 240)


@pytest.mark.parametrize("name", [name for name in CONDITIONS if not name.startswith("frames")])
def test_conditions_that_strangers_share(
    engine_twin: EngineTwin, python_engine: FaceEngine, gallery: Gallery, name: str
) -> None:
    for person in (_PEOPLE[0], _PEOPLE[4]):
        image = _drawn(person, name)
        assert_same(python_engine, gallery, image, engine_twin.identify(image))


def test_every_reason_of_a_condition_is_given(engine_twin: EngineTwin, gallery: Gallery) -> None:
    reasons = {
        face.decision.reason
        for name in ("mask black", "sunglasses black", "dark x0.2", "infrared spot")
        for person in _PEOPLE[3:]
        for face in engine_twin.identify(_drawn(person, name))
    }
    assert reasons >= {Reason.OCCLUDED, Reason.DARK, Reason.INFRARED}


def test_glasses_raise_the_threshold(engine_twin: EngineTwin, python_engine: FaceEngine, gallery: Gallery) -> None:
    """People enrolled with glasses; strangers and the people themselves, with and without."""
    wearing = Gallery.empty(python_engine.embedder_card)
    for number, person in enumerate(_PEOPLE[:3]):
        faces = python_engine.analyze(_drawn(person, "frames black"))
        assert faces[0].embedding is not None
        wearing = wearing.with_people({f"person {number}": faces[0].embedding.values[None]})
    rule = shipped_conditions().glasses_rule(wearing.embedder_digest.hex())
    assert rule is not None
    assert rule.present(wearing.templates, wearing.zero_point).any()
    assert engine_twin.open(wearing, encode(wearing)) == 0
    try:
        lowered = 0
        for person in _PEOPLE:
            for name in ("frames black", "frames square", "gray"):
                image = _drawn(person, name)
                found = engine_twin.identify(image)
                assert_same(python_engine, wearing, image, found)
                lowered += int(rule.present(found[0].embedding[None, : wearing.dimension], wearing.zero_point)[0])
        assert lowered
    finally:
        engine_twin.open(gallery, encode(gallery))


def _enrolled(engine: FaceEngine, images: dict[str, RGB]) -> Gallery:
    """A gallery of every second person's first photo; the names of photos are "person/file"."""
    first = {name.split("/")[-2]: name for name in reversed(images)}
    gallery = Gallery.empty(engine.embedder_card)
    for person in sorted(first)[::2]:
        faces = engine.analyze(images[first[person]])
        if faces and faces[0].embedding is not None:
            gallery = gallery.with_people({person: faces[0].embedding.values[None]})
    return gallery


def _photos() -> dict[str, RGB]:
    archive = Path(os.environ.get("EDGE_SIAMESE_DATA", "/nowhere")) / "celeba_dev.zip"
    if not archive.is_file():
        pytest.skip("EDGE_SIAMESE_DATA names no folder with celeba_dev.zip")
    with zipfile.ZipFile(archive) as photos:
        names = sorted(name for name in photos.namelist() if name.endswith(".jpg") and "/" in name)
        return {name: fit_frame(read_image(photos.read(name), name=name), 320, 240) for name in names}


def _with_conditions(engine: FaceEngine, images: dict[str, RGB]) -> Iterator[tuple[str, RGB]]:
    """Each photo, and each with a condition drawn on its largest face."""
    for number, (name, image) in enumerate(images.items()):
        yield name, image
        condition = list(CONDITIONS)[number % len(CONDITIONS)]
        faces = engine.analyze(image)
        if faces:
            yield (
                f"{name}, {condition}",
                CONDITIONS[condition](image, faces[0].landmarks, np.random.default_rng(number)),
            )


@pytest.mark.data
@pytest.mark.slow
def test_real_photos(engine_twin: EngineTwin, python_engine: FaceEngine) -> None:
    """Prints how many photos are decided alike, and the differences of scores. `EDGE_SIAMESE_PHOTOS` sets how many."""
    images = _photos()
    gallery = _enrolled(python_engine, images)
    assert engine_twin.open(gallery, encode(gallery)) == 0
    step = max(len(images) // int(os.environ.get("EDGE_SIAMESE_PHOTOS", "12")), 1)
    chosen, same, differences = dict(list(images.items())[::step]), [], []
    reasons: Counter[Reason] = Counter()
    for name, image in _with_conditions(python_engine, chosen):
        expected, found = expected_of(python_engine, gallery, image), engine_twin.identify(image)
        for face in found:
            assert_exact(gallery, face)
        same.append([_verdict(one.decision) for one in expected] == [_verdict(other.decision) for other in found])
        reasons.update(one.decision.reason for one in expected)
        if not same[-1]:
            print(name, [str(one.decision) for one in expected], [str(other.decision) for other in found])
        scores = [(one.decision.score, other.decision.score) for one, other in zip(expected, found, strict=False)]
        differences += [abs(one - other) for one, other in scores if one is not None and other is not None]
    print(f"{sum(same)} of {len(same)} photos alike: {dict(reasons)}")
    print(f"scores differ by {np.mean(differences):.4f}, at most {max(differences):.4f}")
    assert np.mean(same) >= 0.98
