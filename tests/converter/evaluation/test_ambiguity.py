"""Margins of two names that both reach the threshold, and how the same photo captured again changes them."""

import numpy as np
import pytest

from edge_siamese_converter.evaluation.ambiguity import Ambiguity, captured_again

LABELS = np.array(["ada", "ada", "ben", "eve"])
SCORES = np.array([(1.0, 0.6, 0.5, 0.1), (0.6, 1.0, 0.2, 0.7), (0.5, 0.2, 1.0, 0.9), (0.1, 0.7, 0.9, 1.0)])


def test_a_case_is_a_right_and_a_wrong_photo_that_both_reach_the_threshold() -> None:
    found = Ambiguity.measure(SCORES, SCORES, LABELS, 0.5)
    assert found.margins == pytest.approx([0.6 - 0.5, 0.6 - 0.7])
    assert found.noise == 0
    assert len(Ambiguity.measure(SCORES, SCORES, LABELS, 0.65).margins) == 0


def test_a_margin_saves_wrong_names_and_costs_right_ones() -> None:
    found = Ambiguity.measure(SCORES, SCORES, LABELS, 0.5)
    assert (found.wrong_at(0.0), found.wrong_at(0.05), found.wrong_at(0.2)) == (0.5, 0.5, 0.0)
    assert (found.undecided_at(0.0), found.undecided_at(0.05), found.undecided_at(0.2)) == (0.0, 0.0, 1.0)


def test_noise_is_what_margins_change_by() -> None:
    again = SCORES.copy()
    again[0, 1] += 0.04  # the margin of the first case grows, that of the second stays
    assert Ambiguity.measure(SCORES, again, LABELS, 0.5).noise == pytest.approx(0.02)


def test_a_crop_captured_again_is_nearly_the_same_and_repeatable() -> None:
    crop = np.kron(np.random.default_rng(1).integers(40, 216, (14, 14, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    first, second = (captured_again(crop, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)
    assert (first.shape, first.dtype) == (crop.shape, np.uint8)
    assert 0 < np.abs(first.astype(int) - crop).mean() < 40
