"""What is said about photos, in one place for the command line and the page."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.decision import Outcome, Reason, decide, undecided
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import NoFaceError
from edge_siamese.faces import Embedding
from edge_siamese.gallery import Gallery
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.quality.conditions import Condition, shipped_conditions
from edge_siamese.quality.glasses import GlassesRule
from edge_siamese.recognition import ComparisonResult, EmbeddedFace, Identification, ProbeFace, identify_faces
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_background, render_portrait
from edge_siamese.rendering.wearables import Mask
from tests.doubles import embedder_card

POINT = OperatingPoint(1e-3, 16384, 9e-4, 10_000, 50, 0.1, "5a" * 32)


def image(person: int, yaw: float = 0.0) -> Any:
    return render_portrait(Person.from_seed(DEMO_SEEDS[person]), View(yaw=yaw)).image


@pytest.fixture(scope="module")
def probe(engine: FaceEngine) -> ProbeFace:
    return ProbeFace.on(engine, image(0), "a.png")


def with_embedding(probe: ProbeFace, values: list[int]) -> ProbeFace:
    embedding = Embedding(np.array(values, np.int8), 0, "ab")
    return replace(probe, embedded=replace(probe.embedded, embedding=embedding))


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        ([3, 4], "same person: score 0.800 is at least the threshold 0.500 for a false match rate of 0.001"),
        ([4, 3], "same person: score 0.600 is at least the threshold 0.500 for a false match rate of 0.001"),
        ([-1, 0], "different people: score 0.000 is below the threshold 0.500 for a false match rate of 0.001"),
    ],
)
def test_a_comparison_is_a_sentence(probe: ProbeFace, second: list[int], sentence: str) -> None:
    comparison = ComparisonResult.of(with_embedding(probe, [0, 5]), with_embedding(probe, second), POINT)
    assert comparison.sentence == sentence
    assert comparison.is_match == sentence.startswith("same")
    assert comparison.to_json()["score"] == comparison.score == comparison.score_q15 / 32768


def test_without_a_face_there_is_no_subject(engine: FaceEngine) -> None:
    with pytest.raises(NoFaceError, match=r"wall\.png: no face found"):
        ProbeFace.on(engine, render_background((240, 320), seed=3), "wall.png")


def test_several_faces_are_remarked_on(engine: FaceEngine) -> None:
    both = ProbeFace.on(engine, np.hstack([image(0), image(1)]), "both.png")
    assert both.remarks() == ["2 faces found, the largest is used"]


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({}, None),
        ({"side": 12.0}, "the face is too small to be compared"),
        ({"side": 25.0}, "the face is too small to say that it is somebody else"),
        ({"sharpness": 0.1}, "the face is too blurred to be compared"),
        ({"sharpness": 1.5}, "the face is too blurred to say that it is somebody else"),
        ({"brightness": 250.0}, "the face is too dark, too bright or too flat to be compared"),
        ({"yaw": 2.0}, "the face is turned too far to the side"),
        ({"misfit": 20.0}, "the face is turned too far to the side"),
        ({"sharpness": 2.1, "side": 27.0, "contrast": 6.0, "confidence": 0.5}, "the photo is poor (quality "),
    ],
)
def test_a_face_that_cannot_be_relied_on_is_remarked_on(
    probe: ProbeFace, changes: dict[str, float], remark: str | None
) -> None:
    embedded = replace(probe.embedded, quality=replace(probe.embedded.quality, **changes))
    remarks = embedded.remarks()
    assert len(remarks) == (remark is not None)
    assert remark is None or remarks[0].startswith(remark)
    assert bool(embedded.rejection) == bool(remark and ("compared" in remark or "side" in remark))
    assert bool(embedded.doubt) == bool(remark and "poor" not in remark)


def test_faces_are_named_from_the_largest(engine: FaceEngine) -> None:
    templates = {"Ada": engine.embed(image(0, 8.0), engine.detect(image(0, 8.0))[0]).values[None]}
    gallery = Gallery.empty(engine.embedder_card).with_people(templates)
    both = np.hstack([image(0), image(1)])
    answers = identify_faces(engine, gallery, both, operating_point=POINT, top_k=3)
    assert [answer.index for answer in answers] == [0, 1]
    assert {answer.decision.identity for answer in answers} == {"Ada", None}
    assert all(isinstance(answer.embedded, EmbeddedFace) and len(answer.candidates) == 1 for answer in answers)


def test_one_person_under_two_names_is_ambiguous(engine: FaceEngine) -> None:
    template = engine.embed(image(0), engine.detect(image(0))[0]).values[None]
    gallery = Gallery.empty(engine.embedder_card).with_people({"Mia": template, "Anna": template})
    (answer,) = identify_faces(engine, gallery, image(0, 5.0), operating_point=POINT, top_k=2)
    assert (answer.decision.outcome, answer.decision.reason) == (Outcome.UNDECIDED, Reason.AMBIGUOUS)
    assert [name for name, _ in answer.candidates] == ["Anna", "Mia"]
    assert answer.explanation.startswith("two people reach the threshold 0.500, and the best score 0.")
    assert answer.to_json()["margin"] == 0.0


def test_every_identification_is_explained() -> None:
    said = [
        Identification(0, None, decision).explanation
        for decision in (
            decide({"Ada": 20000, "Ben": 3}, 16384),
            decide({"Ada": 20000, "Ben": 19500}, 16384),
            decide({"Ada": 200}, 16384),
            decide({}, 16384),
            undecided(Reason.NO_FACE),
        )
    ]
    assert said == [
        "score 0.610 is at least the threshold 0.500",
        "two people reach the threshold 0.500, and the best score 0.610 is only 0.015 above the other",
        "the best score 0.006 is below the threshold 0.500",
        "nobody is in the gallery",
        "no face found",
    ]


def small(image: Any, side: int) -> Any:
    """The image with a face of about `side` pixels."""
    scale = side / 160
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def blurred(image: Any, sigma: float) -> Any:
    return cv2.GaussianBlur(image, (0, 0), sigma)


@pytest.fixture(scope="module")
def ada(engine: FaceEngine) -> Gallery:
    photos = [image(0, yaw) for yaw in (-8.0, 0.0, 8.0)]
    templates = np.stack([engine.embed(photo, engine.detect(photo)[0]).values for photo in photos])
    return Gallery.empty(engine.embedder_card).with_people({"Ada": templates})


class TestPoorFaces:
    """Of a far or blurred face a match is believed, "unknown" is not."""

    @pytest.mark.parametrize(
        ("spoiled", "reason"),
        [
            (small(image(0), 23), Reason.TOO_SMALL),
            (small(image(0), 17), Reason.TOO_SMALL),
            (blurred(image(0), 6.0), Reason.BLURRED),
        ],
    )
    def test_a_known_person_is_never_unknown(
        self, engine: FaceEngine, ada: Gallery, spoiled: Any, reason: Reason
    ) -> None:
        (answer,) = identify_faces(engine, ada, spoiled, operating_point=replace(POINT, threshold_q15=32_000))
        assert (answer.decision.outcome, answer.decision.reason) == (Outcome.UNDECIDED, reason)
        assert answer.decision.identity is None
        assert "face is too" in answer.explanation

    def test_a_score_high_enough_is_a_match(self, engine: FaceEngine, ada: Gallery) -> None:
        (answer,) = identify_faces(
            engine, ada, small(image(0), 24), operating_point=replace(POINT, threshold_q15=-32_000)
        )
        assert (answer.decision.identity, answer.embedded and answer.embedded.doubt) == ("Ada", Reason.TOO_SMALL)

    def test_a_face_too_small_to_be_compared_has_no_candidates(self, engine: FaceEngine, ada: Gallery) -> None:
        (answer,) = identify_faces(
            engine, ada, small(image(0), 17), operating_point=replace(POINT, threshold_q15=-32_000), top_k=3
        )
        assert (answer.decision.score, answer.candidates) == (None, [])

    def test_a_good_face_of_a_stranger_is_unknown(self, engine: FaceEngine, ada: Gallery) -> None:
        (answer,) = identify_faces(engine, ada, image(1), operating_point=POINT)
        assert answer.decision.outcome is Outcome.UNKNOWN

    def test_two_photos_cannot_be_distinguished_when_one_is_poor(self, engine: FaceEngine, probe: ProbeFace) -> None:
        poor = ProbeFace.on(engine, small(image(1), 23), "far.png")
        comparison = ComparisonResult.of(probe, poor, POINT)
        assert comparison.sentence == "cannot tell: far.png: the face is too small"
        assert (comparison.is_match, comparison.to_json()["decision"]) == (False, "undecided")
        assert comparison.to_json()["reason"] == "too_small"


class TestTurnedPhotos:
    @pytest.mark.parametrize("quarters", [1, 2, 3])
    def test_the_turned_photo_is_recognized_and_the_answer_says_so(
        self, engine: FaceEngine, ada: Gallery, probe: ProbeFace, quarters: int
    ) -> None:
        turned = np.ascontiguousarray(np.rot90(image(0, 4.0), quarters))
        (answer,) = identify_faces(engine, ada, turned, operating_point=POINT)
        assert answer.decision.identity == "Ada"
        assert answer.to_json()["turn"] == 360 - 90 * quarters
        other = ProbeFace.on(engine, turned, "turned.png")
        assert ComparisonResult.of(probe, other, POINT).is_match
        assert f"it was turned by {360 - 90 * quarters} degrees" in other.remarks()[0]

    def test_an_upright_photo_is_not_turned(self, engine: FaceEngine, probe: ProbeFace) -> None:
        assert (probe.embedded.turn, probe.embedded.doubtful_turn) == (0, False)

    def test_where_the_turn_is_in_doubt_nothing_is_decided(self, probe: ProbeFace) -> None:
        doubtful = replace(probe, embedded=replace(probe.embedded, doubtful_turn=True))
        decision = ComparisonResult.of(probe, doubtful, POINT).decision
        assert (decision.outcome, decision.reason) == (Outcome.UNDECIDED, Reason.POSE)


def in_condition(probe: ProbeFace, *conditions: Condition) -> ProbeFace:
    quality = replace(probe.embedded.quality, conditions=frozenset(conditions), suspected=frozenset(conditions))
    return replace(probe, embedded=replace(probe.embedded, quality=quality))


def test_two_faces_in_one_condition_are_not_compared(probe: ProbeFace) -> None:
    masked = in_condition(with_embedding(probe, [3, 4]), Condition.MASK)
    comparison = ComparisonResult.of(masked, masked, POINT)
    assert (comparison.decision, comparison.score) == (undecided(Reason.OCCLUDED), pytest.approx(1, abs=1e-3))
    assert comparison.sentence == (
        "cannot tell: in both photos a mask, sunglasses or something else covers too much of the face, "
        "and strangers look alike then"
    )


@pytest.mark.parametrize(
    ("second", "outcome", "reason"),
    [([3, 4], Outcome.MATCH, Reason.OK), ([-1, 0], Outcome.UNDECIDED, Reason.OCCLUDED)],
)
def test_a_face_in_a_condition_matches_a_plain_face_or_is_undecided(
    probe: ProbeFace, second: list[int], outcome: Outcome, reason: Reason
) -> None:
    masked = in_condition(with_embedding(probe, [0, 5]), Condition.MASK)
    comparison = ComparisonResult.of(masked, in_condition(with_embedding(probe, second)), POINT)
    assert (comparison.decision.outcome, comparison.reason) == (outcome, reason)
    assert "condition" not in comparison.explanation


@pytest.mark.parametrize(
    ("second", "outcome", "threshold"),
    [
        ([3, 4], Outcome.MATCH, 0.7),
        ([4, 3], Outcome.UNDECIDED, 0.7),
        ([5, 1], Outcome.UNKNOWN, 0.7),
        ([5, -5], Outcome.UNKNOWN, 0.5),
    ],
)
def test_two_faces_with_glasses_need_a_higher_score(
    probe: ProbeFace, monkeypatch: pytest.MonkeyPatch, second: list[int], outcome: Outcome, threshold: float
) -> None:
    rule = GlassesRule(np.array([0, 1], np.int8), 1000, 6554)
    measure = replace(shipped_conditions(), glasses={"ab": rule})
    monkeypatch.setattr("edge_siamese.recognition.shipped_conditions", lambda: measure)
    first, other = with_embedding(probe, [0, 5]), with_embedding(probe, second)
    comparison = ComparisonResult.of(first, other, POINT)
    assert (comparison.decision.outcome, comparison.threshold) == (outcome, pytest.approx(threshold, abs=1e-3))
    assert comparison.operating_point is POINT
    assert ("both wear glasses" in comparison.sentence) == (outcome is Outcome.UNDECIDED)


def test_a_gallery_lowers_the_score_of_a_probe_and_a_template_with_glasses(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = GlassesRule(np.array([0, 1, 0, 0], np.int8), 1000, 6554)
    measure = replace(shipped_conditions(), glasses={"5a" * 32: rule})
    monkeypatch.setattr("edge_siamese.gallery.identification.shipped_conditions", lambda: measure)
    gallery = Gallery.empty(embedder_card(4, digest="5a" * 32)).with_people(
        {"Anna": np.array([(0, 50, 0, 0)], np.int8), "Ben": np.array([(50, 0, 0, 0)], np.int8)}
    )
    plain, wearing = gallery.scores_of(np.array([(50, 0, 0, 0), (30, 40, 0, 0)], np.int8)).tolist()
    assert plain == [0, 32767]
    assert wearing == [26214 - 6554, 19660]


def test_a_masked_photo_is_reported_by_analyze_and_is_not_enrolled(engine: FaceEngine) -> None:
    rendering = render_portrait(Person.from_seed(DEMO_SEEDS[0]), View())
    masked = Mask().draw(rendering.image, rendering.landmarks[0])
    (face,) = engine.analyze(masked)
    assert (face.rejection, face.doubt) == (None, Reason.OCCLUDED)
    assert ProbeFace.on(engine, masked, "a.png").remarks() == [
        "a mask, sunglasses or something else covers too much of the face to say that it is somebody else"
    ]
    gallery = Gallery.empty(engine.embedder_card)
    with pytest.raises(NoFaceError, match=r"covers too much of the face"):
        gallery.enroll("Anna", [masked], engine=engine)
    kept = gallery.enroll("Anna", [masked, rendering.image], engine=engine)
    assert len(kept.templates_of("Anna")) == 1
    assert np.array_equal(kept.templates, gallery.enroll("Anna", [rendering.image], engine=engine).templates)
