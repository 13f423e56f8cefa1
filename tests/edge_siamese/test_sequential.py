import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.operating_point import OperatingPoint
from edge_siamese.sequential import FixedThreshold, SequentialTest, effective_views

POINT = OperatingPoint(1e-4, 12_000, 1e-4, 10**6, 99, 0.2, "00")


def test_one_view_is_named_exactly_as_by_the_operating_point() -> None:
    assert SequentialTest.of(POINT).accept_q15(1.0) == POINT.threshold_q15


def test_the_middle_is_between_the_two_distributions() -> None:
    test = SequentialTest.of(POINT)
    deviation = 12_000 / 3.719
    assert test.middle_q15 == pytest.approx((12_000 + 0.8416 * deviation) / 2, rel=1e-3)


def test_more_views_lower_what_the_mean_has_to_reach_but_never_below_the_middle() -> None:
    test = SequentialTest.of(POINT)
    limits = [test.accept_q15(views) for views in (1.0, 1.2, 2.0, 8.0)]
    assert limits == sorted(limits, reverse=True)
    assert limits[-1] > test.middle_q15


def test_more_views_prove_a_stranger_sooner() -> None:
    test = SequentialTest.of(POINT)
    score = int(test.middle_q15 - test.reject_q15 * 0.7)
    assert not test.is_stranger(score, 1.0)
    assert test.is_stranger(score, 2.0)


def test_a_held_name_needs_half_the_evidence() -> None:
    test = SequentialTest(10_000, 6_000.0, 2_000.0)
    assert test.accept_q15(1.0, held=True) == 8_000


@given(st.floats(1e-9, 0.5), st.floats(0, 1), st.integers(-32768, 32767))
def test_any_operating_point_gives_limits_in_order(fmr: float, fnmr: float, threshold: int) -> None:
    test = SequentialTest.of(OperatingPoint(fmr, threshold, fmr, 10, 2, fnmr, "00"))
    if threshold > 0:
        assert test.middle_q15 - test.reject_q15 < test.middle_q15 <= test.accept_q15(1.0) == threshold


def test_a_fixed_threshold_does_not_depend_on_the_views() -> None:
    test = FixedThreshold(500)
    assert [test.accept_q15(views) for views in (1.0, 9.0)] == [500, 500]
    assert [test.is_stranger(score, 1.0) for score in (499, 500)] == [True, False]


class TestEffectiveViews:
    def test_equal_embeddings_are_one_view(self) -> None:
        assert effective_views([np.array((5, 3, 0), np.int8)] * 4, 0) == pytest.approx(1.0)

    def test_perpendicular_embeddings_are_as_many_views(self) -> None:
        assert effective_views([np.array(row, np.int8) for row in np.eye(3) * 9], 0) == pytest.approx(3.0)

    def test_the_zero_point_is_subtracted(self) -> None:
        one, other = np.array((12, 2), np.int8), np.array((2, 12), np.int8)
        assert effective_views([one, other], 2) == pytest.approx(2.0)

    def test_the_score_of_the_mean_varies_less_by_that_factor(self) -> None:
        """Against templates in random directions."""
        rng = np.random.default_rng(0)
        base = rng.normal(0, 40, 64)
        views = [np.clip(base + rng.normal(0, 25, 64), -128, 127).astype(np.int8) for _ in range(4)]
        units = np.stack([view / np.linalg.norm(view.astype(float)) for view in views])
        templates = rng.normal(size=(40_000, 64))
        scores = units @ (templates / np.linalg.norm(templates, axis=1, keepdims=True)).T
        ratio = scores[0].var() / scores.mean(axis=0).var()
        assert effective_views(views, 0) == pytest.approx(ratio, rel=0.05)

    def test_zero_embeddings_do_no_harm(self) -> None:
        assert 1.0 <= effective_views([np.zeros(4, np.int8)] * 3, 0) <= 3.0
