import hypothesis.extra.numpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.decision import (
    MIN_MARGIN_Q15,
    Decision,
    Outcome,
    Reason,
    decide,
    decide_scores,
    named_rows,
    undecided,
)
from edge_siamese.matching import Q15


def test_the_best_identity_above_the_threshold_is_named() -> None:
    decision = decide({"Ada": 20000, "Ben": 9000}, 15000)
    assert (decision.outcome, decision.identity, decision.margin_q15) == (Outcome.MATCH, "Ada", 11000)


def test_a_score_equal_to_the_threshold_matches() -> None:
    assert decide({"Ada": 15000}, 15000).outcome is Outcome.MATCH


def test_below_the_threshold_nobody_is_named() -> None:
    decision = decide({"Ada": 14999, "Ben": 3}, 15000)
    assert (decision.outcome, decision.reason, decision.identity) == (Outcome.UNKNOWN, Reason.BELOW_THRESHOLD, None)


def test_two_identities_too_close_above_the_threshold_are_ambiguous() -> None:
    for runner_up in (20000, 20000 - MIN_MARGIN_Q15 + 1):
        decision = decide({"Ada": 20000, "Ben": runner_up}, 15000)
        assert (decision.outcome, decision.reason) == (Outcome.UNDECIDED, Reason.AMBIGUOUS)
        assert (decision.identity, decision.score_q15, decision.margin_q15) == (None, 20000, 20000 - runner_up)


def test_a_clear_margin_or_a_runner_up_below_the_threshold_is_a_match() -> None:
    assert decide({"Ada": 20000, "Ben": 20000 - MIN_MARGIN_Q15}, 15000).identity == "Ada"
    assert decide({"Ada": 15001, "Ben": 14999}, 15000).identity == "Ada"
    assert decide({"Ada": 20000, "Ben": 19999}, 15000, min_margin_q15=0).identity == "Ada"


def test_the_minimum_margin_is_a_score_of_a_twentieth() -> None:
    assert round(0.05 * Q15) == MIN_MARGIN_Q15


def test_scores_are_floats_outside() -> None:
    decision = decide({"Ada": 16384, "Ben": 8192}, 8193)
    assert (decision.score, decision.margin, decision.threshold) == (0.5, 0.25, 8193 / Q15)
    assert (decision.is_match, undecided(Reason.POSE).is_match) == (True, False)
    assert (undecided(Reason.POSE).score, undecided(Reason.POSE).margin, undecided(Reason.POSE).threshold) == (
        None,
    ) * 3


@pytest.mark.parametrize(
    ("decision", "line"),
    [
        (decide({"Ada": 16384, "Ben": 8192}, 8192), "match Ada: score 0.500, margin 0.250, threshold 0.250"),
        (decide({"Ada": 4096}, 8192), "unknown (below_threshold): score 0.125, threshold 0.250"),
        (undecided(Reason.NO_FACE), "undecided (no_face)"),
    ],
)
def test_a_decision_prints_as_one_line(decision: Decision, line: str) -> None:
    assert str(decision) == line


def test_an_empty_gallery_knows_nobody() -> None:
    decision = decide({}, 15000)
    assert (decision.outcome, decision.score, decision.margin) == (Outcome.UNKNOWN, None, None)


def test_the_json_shows_scores_as_people_read_them() -> None:
    shown = decide({"Ada": 16384, "Ben": 8192}, 8192).to_json()
    assert shown == {
        "decision": "match", "reason": "ok", "identity": "Ada", "score": 0.5, "margin": 0.25, "threshold": 0.25
    }  # fmt: skip
    assert undecided(Reason.NO_FACE).to_json()["score"] is None


@given(
    scores=hypothesis.extra.numpy.arrays(np.int16, st.tuples(st.integers(0, 5), st.integers(0, 4))),
    threshold=st.integers(-32768, 32767),
)
def test_many_probes_are_named_as_single_ones(scores: np.ndarray, threshold: int) -> None:
    names = [str(number) for number in range(scores.shape[1])]
    single = [decide_scores(names, row, threshold).is_match for row in scores]
    assert named_rows(scores, threshold).tolist() == single
