"""`Gallery.identify` and `Gallery.enroll`: what a program calls."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edge_siamese.decision import MIN_MARGIN_Q15, Decision, Outcome, Reason
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import (
    DataError,
    EnrollmentError,
    ImageError,
    NoFaceError,
    OperatingPointError,
    OtherEmbedderError,
)
from edge_siamese.faces import Embedding, Face
from edge_siamese.gallery import Gallery
from edge_siamese.matching import Q15
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from tests.doubles import PatternAnalyzer, embedder_card

DIGEST = "ab" * 32
POINTS = tuple(
    OperatingPoint(fmr, threshold, fmr, 10**6, 50, 0.1, "5a" * 32) for fmr, threshold in ((1e-5, 20_000), (1e-3, 8_192))
)
CARD = embedder_card(3, digest=DIGEST, operating_points=POINTS)


def embedding(*values: int, points: tuple[OperatingPoint, ...] = POINTS) -> Embedding:
    return Embedding(np.array(values, np.int8), 0, DIGEST, points)


def face(*values: int, **fields: Any) -> Face:
    box = np.array((0, 0, 100, 100), np.float32)
    return Face(box, np.zeros((5, 2), np.float32), 0.99, embedding(*values) if values else None, **fields)


@pytest.fixture
def three() -> Gallery:
    """Ada along one axis, Ben and his double nearly along another."""
    templates = {"Ada": (100, 0, 0), "Ben": (0, 100, 0), "Double": (0, 100, 3)}
    return Gallery.empty(CARD).with_people({name: np.array([values], np.int8) for name, values in templates.items()})


class TestOneFace:
    def test_the_right_name_comes_with_floats(self, three: Gallery) -> None:
        decision = three.identify(face(90, 10, 0))
        assert (decision.outcome, decision.identity) == (Outcome.MATCH, "Ada")
        assert decision.score == pytest.approx(90 / np.hypot(90, 10), abs=1e-4)
        assert decision.margin is not None
        assert decision.margin == pytest.approx((90 - 10) / np.hypot(90, 10), abs=1e-3)

    def test_an_embedding_alone_is_identified_as_well(self, three: Gallery) -> None:
        assert three.identify(embedding(90, 10, 0)) == three.identify(face(90, 10, 0))

    def test_one_person_under_two_names_is_ambiguous(self, three: Gallery) -> None:
        decision = three.identify(face(0, 90, 0))
        assert (decision.outcome, decision.reason, decision.identity) == (Outcome.UNDECIDED, Reason.AMBIGUOUS, None)
        assert decision.margin_q15 is not None
        assert decision.margin_q15 < MIN_MARGIN_Q15

    def test_a_tie_is_ambiguous_whatever_the_names(self) -> None:
        tie = np.array([(100, 0, 0)], np.int8)
        gallery = Gallery.empty(CARD).with_people({"Mia": tie, "Anna": tie})
        decision = gallery.identify(face(100, 0, 0))
        assert (decision.reason, decision.score_q15, decision.margin) == (Reason.AMBIGUOUS, Q15 - 1, 0.0)

    def test_a_rejected_face_is_undecided_and_a_doubtful_one_is_not_unknown(self, three: Gallery) -> None:
        assert three.identify(face(90, 10, 0, rejection=Reason.BLURRED)) == Decision(Outcome.UNDECIDED, Reason.BLURRED)
        stranger = face(0, 0, 100, doubt=Reason.TOO_SMALL)
        assert (three.identify(stranger).outcome, three.identify(stranger).reason) == (
            Outcome.UNDECIDED, Reason.TOO_SMALL
        )  # fmt: skip
        assert three.identify(face(90, 10, 0, doubt=Reason.TOO_SMALL)).identity == "Ada"

    def test_a_face_that_was_not_embedded_is_refused(self, three: Gallery) -> None:
        with pytest.raises(DataError, match=r"expected an embedded face, found one without; FaceEngine\.analyze"):
            three.identify(face())
        with pytest.raises(DataError, match="expected a Face or an Embedding, found str"):
            three.identify(["Ada"])  # type: ignore[list-item]

    def test_the_face_of_another_embedder_is_refused(self, three: Gallery) -> None:
        with pytest.raises(OtherEmbedderError):
            three.identify(replace(embedding(1, 2, 3), embedder="cd" * 32))


class TestManyFaces:
    def test_a_list_gives_what_single_faces_give(self, three: Gallery) -> None:
        faces = [face(90, 10, 0), embedding(0, 90, 0), face(0, 0, 100), face(50, 0, 0, rejection=Reason.DARK)]
        decisions = three.identify(faces)
        assert decisions == [three.identify(one) for one in faces]
        assert [decision.identity for decision in decisions] == ["Ada", None, None, None]

    def test_no_faces_no_decisions(self, three: Gallery) -> None:
        assert three.identify([]) == []


class TestThreshold:
    def test_the_embedders_operating_point_holds_unless_the_gallery_has_its_own(self, three: Gallery) -> None:
        # 0.001 / (3 people x 3 for means) is stricter than the FMR 1e-3, so the FMR 1e-5 is taken.
        assert three.identify(face(90, 10, 0)).threshold == 20_000 / Q15
        assert three.identify(face(90, 10, 0), target_fpir=0.5).threshold == 8_192 / Q15
        own = replace(POINTS[0], threshold_q15=12_000)
        assert three.with_operating_point(own).identify(face(90, 10, 0)).threshold == 12_000 / Q15

    def test_without_any_operating_point_a_threshold_has_to_be_passed(self, three: Gallery) -> None:
        bare = embedding(90, 10, 0, points=())
        with pytest.raises(OperatingPointError, match="neither the gallery nor its embedder has an operating point"):
            three.identify(bare)
        assert three.identify(bare, threshold=0.5).identity == "Ada"
        assert three.identify(bare, operating_point=POINTS[0]).threshold == 20_000 / Q15

    @pytest.mark.parametrize(("threshold", "named"), [(0.367, False), (0.0, True), (1, False), (-1.0, True)])
    def test_a_bare_threshold_is_a_score(self, three: Gallery, threshold: float, named: bool) -> None:
        """The number that commands print, 0.367, named every stranger when it was taken for Q15."""
        stranger = face(34, 0, 94)
        assert three.identify(stranger).score == pytest.approx(0.340, abs=1e-3)
        assert three.identify(stranger, threshold=threshold).is_match == named

    def test_a_score_equal_to_the_threshold_is_a_match(self, three: Gallery) -> None:
        score = three.identify(face(90, 40, 0)).score
        assert score is not None
        assert three.identify(face(90, 40, 0), threshold=score).is_match
        assert not three.identify(face(90, 40, 0), threshold=score + 1e-5).is_match

    @pytest.mark.parametrize("threshold", [12_000, 1.01, -1.5, float("nan"), float("inf"), "0.4", True])
    def test_a_threshold_that_is_no_score_is_refused(self, three: Gallery, threshold: Any) -> None:
        with pytest.raises(DataError, match=r"^threshold: expected a score from -1 to 1, found ") as said:
            three.identify(face(90, 10, 0), threshold=threshold)
        assert said.value.found is threshold

    def test_an_operating_point_and_a_threshold_exclude_each_other(self, three: Gallery) -> None:
        with pytest.raises(DataError, match="either an operating point or a threshold, found both"):
            three.identify(face(90, 10, 0), operating_point=POINTS[0], threshold=0.5)
        with pytest.raises(DataError, match=r"expected an OperatingPoint, found 0\.5; a bare score"):
            three.identify(face(90, 10, 0), operating_point=0.5)  # type: ignore[arg-type]


class TestEnroll:
    def test_another_gallery_has_the_person_and_this_one_stays(
        self, engine: PatternAnalyzer, pattern: Callable[..., Any]
    ) -> None:
        empty = Gallery.empty(engine.embedder_card)
        gallery = empty.enroll("Anna", [pattern("anna", 1), pattern("anna", 2)], engine=engine)
        assert (empty.names, gallery.names, len(gallery.templates)) == ((), ("Anna",), 1)
        (seen,) = engine.analyze(pattern("anna", 3))
        assert gallery.identify(seen, threshold=0.5).identity == "Anna"

    def test_one_image_need_not_be_in_a_list(self, engine: PatternAnalyzer, pattern: Callable[..., Any]) -> None:
        one = Gallery.empty(engine.embedder_card).enroll("Anna", pattern("anna", 1), engine=engine)
        same = Gallery.empty(engine.embedder_card).enroll("Anna", [pattern("anna", 1)], engine=engine)
        assert np.array_equal(one.templates, same.templates)

    def test_what_is_no_image_is_refused_by_its_number(
        self, engine: PatternAnalyzer, pattern: Callable[..., Any]
    ) -> None:
        with pytest.raises(ImageError, match=r"^image 2: expected a uint8 array .*, found float64"):
            Gallery.empty(engine.embedder_card).enroll(
                "Anna", [pattern("anna", 1), pattern("anna", 2) / 255], engine=engine
            )

    def test_photos_that_are_not_used_are_named(
        self, engine: PatternAnalyzer, pattern: Callable[..., Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        empty = Gallery.empty(engine.embedder_card)
        with caplog.at_level(logging.WARNING):
            empty.enroll("Anna", [pattern("anna", 1), pattern("anna", 2, 0)], engine=engine)
        assert [record.getMessage() for record in caplog.records] == ["Anna: image 2 shows no face and is not used"]
        with pytest.raises(NoFaceError, match="none of the photos can be used: image 1: shows no face"):
            empty.enroll("Anna", pattern("anna", 1, 0), engine=engine)

    def test_photos_of_two_people_are_refused_unless_allowed(self, engine: FaceEngine) -> None:
        photos = [render_portrait(Person.from_seed(seed), View()).image for seed in DEMO_SEEDS[:2]]
        with FaceEngine.default() as real:
            empty = Gallery.empty(real.embedder_card)
            with pytest.raises(EnrollmentError, match="the photos of 'Mix' seem to show 2 different people"):
                empty.enroll("Mix", photos, engine=real)
            assert empty.enroll("Mix", photos, engine=real, allow_different_faces=True).names == ("Mix",)
            anna = empty.enroll("Anna", photos[0], engine=real)
            with pytest.raises(EnrollmentError, match="look like 'Anna'"):
                anna.enroll("Ada", photos[0], engine=real)
            both = anna.enroll("Ada", photos[0], engine=real, allow_look_alike=True)
            assert both.identify(real.analyze(photos[0])[0]).reason is Reason.AMBIGUOUS

    def test_the_gallery_of_another_embedder_is_refused(
        self, engine: PatternAnalyzer, pattern: Callable[..., Any]
    ) -> None:
        other = Gallery.empty(replace(engine.embedder_card, digest="cd" * 32))
        with pytest.raises(OtherEmbedderError):
            other.enroll("Anna", pattern("anna", 1), engine=engine)
