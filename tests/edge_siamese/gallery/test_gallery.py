"""Who it is, and what a gallery holds after it was changed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.decision import Outcome, Reason
from edge_siamese.errors import ExpiredGalleryError, GalleryError, OperatingPointError
from edge_siamese.faces import Embedding
from edge_siamese.gallery import Gallery
from edge_siamese.matching import scores_q15
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.tflite.model_card import ModelCard
from tests.doubles import embedder_card

MakePoint = Callable[..., OperatingPoint]
DIGEST = "ab" * 32
TEMPLATES = 3


def card(digest: str = DIGEST, dimension: int = 4, points: tuple[OperatingPoint, ...] = ()) -> ModelCard:
    return embedder_card(dimension, digest=digest, zero_point=-3, operating_points=points)


def probe(values: Any, digest: str = DIGEST) -> Embedding:
    return Embedding(np.asarray(values, np.int8), -3, digest)


def test_a_score_is_the_best_of_a_persons_templates(gallery: Gallery) -> None:
    values = np.array([[10, 50, -60, 7]], np.int8)
    expected = scores_q15(values, gallery.templates, -3)[0].tolist()
    assert gallery.scores(probe(values[0])) == {"anna": max(expected[:2]), "ben": expected[2]}


def test_somebody_enrolled_is_named_and_a_stranger_is_not(gallery: Gallery) -> None:
    threshold = 0.9
    decision = gallery.identify(probe(gallery.templates[2]), threshold=threshold)
    assert (decision.outcome, decision.identity) == (Outcome.MATCH, "ben")
    assert gallery.identify(probe((-100, -100, 50, 50)), threshold=threshold).outcome is Outcome.UNKNOWN


def test_nobody_is_in_an_empty_gallery() -> None:
    empty = Gallery.empty(card())
    assert empty.scores(probe((1, 2, 3, 4))) == {}
    assert empty.scores_of(np.zeros((2, 4), np.int8)).shape == (2, 0)
    assert empty.identify(probe((1, 2, 3, 4)), threshold=-1.0).outcome is Outcome.UNKNOWN


def test_another_embedder_is_rejected_with_both_digests(gallery: Gallery) -> None:
    for call in (
        lambda: gallery.require(card("cd" * 32)),
        lambda: gallery.scores(probe((1, 2, 3, 4), "cd" * 32)),
        lambda: gallery.identify(probe((1, 2, 3, 4), "cd" * 32), threshold=0.0),
    ):
        with pytest.raises(GalleryError, match=f"{'ab' * 16}.*{'cd' * 16}"):
            call()
    gallery.require(card())
    with pytest.raises(GalleryError, match=r"dimension 4 .* the embedder has 5"):
        gallery.require(card(dimension=5))


def test_people_stay_sorted_and_the_order_of_adding_does_not_matter() -> None:
    rows = np.arange(12, dtype=np.int8).reshape(3, 4)
    one = Gallery.empty(card()).with_people({"b": rows[:1]}).with_people({"c": rows[1:2], "a": rows[2:]})
    other = Gallery.empty(card()).with_people({"a": rows[2:], "c": rows[1:2], "b": rows[:1]})
    assert one.names == other.names == ("a", "b", "c")
    np.testing.assert_array_equal(one.templates, other.templates)
    np.testing.assert_array_equal(one.identity_index, [0, 1, 2])


def test_more_photos_of_somebody_join_the_old_ones(gallery: Gallery) -> None:
    more = gallery.with_people({"ben": np.array([(1, 2, 3, 4), (5, 6, 7, -8)], np.int8)})
    assert [len(more.templates_of(name)) for name in more.names] == [2, 3]
    assert len(gallery.with_people({"ben": more.templates_of("ben")}, limit=1).templates_of("ben")) == 1
    assert len(gallery.templates_of("ben")) == 1
    assert gallery.templates_of("nobody").shape == (0, 4)


def test_names_are_the_same_however_they_were_typed(gallery: Gallery) -> None:
    zoe = gallery.with_people({" Zoe\u0308 ": gallery.templates[:1]})
    assert zoe.names == ("Zoë", "anna", "ben")
    assert zoe.without("Zoe\u0308").names == ("anna", "ben")


@pytest.mark.parametrize(("name", "problem"), [(" ", "empty"), ("a\nb", "control character"), ("é" * 128, "255 bytes")])
def test_a_name_that_cannot_be_is_rejected(gallery: Gallery, name: str, problem: str) -> None:
    with pytest.raises(GalleryError, match=problem):
        gallery.with_people({name: gallery.templates[:1]})


@pytest.mark.parametrize("shape", [(1, 5), (0, 4), (4,)])
def test_templates_of_another_shape_are_rejected(gallery: Gallery, shape: tuple[int, ...]) -> None:
    with pytest.raises(GalleryError, match=r"templates of 'eve': expected \(n, 4\)"):
        gallery.with_people({"eve": np.zeros(shape, np.int8)})


def test_removing_takes_everything_about_the_person(gallery: Gallery) -> None:
    known = gallery.with_people({"anna": gallery.templates[:1]}, about={"consent": "on paper"})
    assert known.metadata == {"people": {"anna": {"consent": "on paper"}}}
    gone = known.without("anna")
    assert (gone.names, gone.metadata) == (("ben",), {})
    np.testing.assert_array_equal(gone.templates, gallery.templates_of("ben"))
    assert gone.without("ben").templates.shape == (0, 4)


def test_removing_somebody_unknown_suggests_who_was_meant(gallery: Gallery) -> None:
    with pytest.raises(GalleryError, match=r"nobody is called 'ana'; did you mean 'anna'\?"):
        gallery.without("ana")


def test_changing_the_people_drops_operating_points(gallery: Gallery, operating_point: MakePoint) -> None:
    calibrated = gallery.with_operating_point(operating_point(0.01))
    assert calibrated.without("ben").operating_points == ()
    assert calibrated.with_people({"eve": gallery.templates[:1]}).operating_points == ()


def test_operating_points_are_kept_strictest_first_one_for_a_rate(gallery: Gallery, operating_point: MakePoint) -> None:
    for rate, threshold in ((0.01, 1), (0.001, 2), (0.1, 3), (0.01, 4)):
        gallery = gallery.with_operating_point(operating_point(rate, threshold))
    assert [(p.target_fmr, p.threshold_q15) for p in gallery.operating_points] == [(0.001, 2), (0.01, 4), (0.1, 3)]


def test_the_rate_of_one_comparison_shrinks_with_what_a_stranger_meets(
    gallery: Gallery, operating_point: MakePoint
) -> None:
    assert (len(gallery.names), len(gallery.templates)) == (2, TEMPLATES)
    assert gallery.required_fmr(0.01) == 0.01 / (3 * TEMPLATES)
    assert gallery.with_operating_point(operating_point(0.01)).required_fmr(0.01) == 0.005
    assert Gallery.empty(card()).required_fmr(0.01) == 0.01


@pytest.mark.parametrize(("target_fpir", "chosen"), [(0.1, 0.1), (0.099, 0.01), (0.01, 0.01), (0.001, 0.001)])
def test_the_loosest_point_that_is_strict_enough(
    gallery: Gallery, operating_point: MakePoint, target_fpir: float, chosen: float
) -> None:
    points = tuple(operating_point(rate) for rate in (0.001, 0.01, 0.1))
    assert gallery.operating_point(card(points=points), target_fpir * 3 * TEMPLATES).target_fmr == chosen


def test_a_gallerys_own_point_beats_the_models(gallery: Gallery, operating_point: MakePoint) -> None:
    models = card(points=(operating_point(0.0001),))
    assert gallery.operating_point(models).target_fmr == 0.0001
    assert gallery.with_operating_point(operating_point(0.1)).operating_point(models).target_fmr == 0.1


def test_without_any_point_the_way_out_is_named(gallery: Gallery) -> None:
    with pytest.raises(OperatingPointError, match="gallery calibrate"):
        gallery.operating_point(card())


def test_a_gallery_takes_no_second_name_that_looks_the_same(gallery: Gallery) -> None:
    with pytest.raises(GalleryError, match="'Anna' looks the same as 'anna', which is in the gallery"):
        gallery.with_people({"Anna": gallery.templates[:1]})
    with pytest.raises(GalleryError, match="'BEN' looks the same as 'ben'"):
        gallery.without("ben").with_people({"ben": gallery.templates[:1], "BEN": gallery.templates[1:2]})
    assert gallery.with_people({"anna": gallery.templates[:1]}).names == gallery.names


OVERDUE = {"retain_until": "2025-01-31"}
LAST_DAY, AFTER = date(2025, 1, 31), date(2025, 2, 1)


def test_somebody_overdue_is_recognized_and_not_named(gallery: Gallery) -> None:
    """They are no strangers, for whom an alarm would go off, and the name is not given."""
    kept = gallery.with_people({"ben": gallery.templates_of("ben")}, limit=None, about=OVERDUE)
    as_anna, as_ben = np.array([20000, 100], np.int16), np.array([100, 20000], np.int16)
    assert kept.decide(as_ben, 15000, day=LAST_DAY).identity == "ben"
    decision = kept.decide(as_ben, 15000, day=AFTER)
    assert (decision.outcome, decision.reason, decision.identity) == (Outcome.UNDECIDED, Reason.OVERDUE, None)
    assert (decision.score_q15, decision.margin_q15) == (20000, 19900)
    assert kept.decide(as_anna, 15000, day=AFTER).identity == "anna"
    assert kept.decide(as_ben, 25000, day=AFTER).reason is Reason.BELOW_THRESHOLD


def test_nobody_is_named_by_a_gallery_that_is_overdue(gallery: Gallery) -> None:
    kept = replace(gallery, metadata=OVERDUE)
    assert kept.overdue(LAST_DAY) == ()
    assert kept.overdue(AFTER) == ("anna", "ben")
    assert kept.decide(np.array([20000, 100], np.int16), 15000, day=AFTER).reason is Reason.OVERDUE


def test_an_expired_gallery_serves_no_engine(gallery: Gallery, tmp_path: Path) -> None:
    replace(gallery, metadata=OVERDUE).save(tmp_path / "people.esg")
    expired = Gallery.open(tmp_path / "people.esg")
    with pytest.raises(
        ExpiredGalleryError, match=r"people\.esg: an expired gallery: its last day was 2025-01-31, today is"
    ):
        expired.require(card())
    expired.described({"retain_until": "2999-01-31"}).require(card())


def test_identify_names_nobody_overdue(gallery: Gallery) -> None:
    kept = gallery.with_people({"ben": gallery.templates_of("ben")}, limit=None, about=OVERDUE)
    embedding = Embedding(gallery.templates_of("ben")[0], gallery.zero_point, "ab" * 32)
    assert gallery.identify(embedding, threshold=0.5).identity == "ben"
    assert kept.identify(embedding, threshold=0.5).reason is Reason.OVERDUE
