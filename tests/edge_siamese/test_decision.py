from edge_siamese.decision import Outcome, Reason, decide, undecided


def test_the_best_identity_above_the_threshold_is_named() -> None:
    decision = decide({"Ada": 20000, "Ben": 9000}, 15000)
    assert (decision.outcome, decision.identity, decision.margin) == (Outcome.MATCH, "Ada", 11000)


def test_a_score_equal_to_the_threshold_matches() -> None:
    assert decide({"Ada": 15000}, 15000).outcome is Outcome.MATCH


def test_below_the_threshold_nobody_is_named() -> None:
    decision = decide({"Ada": 14999, "Ben": 3}, 15000)
    assert (decision.outcome, decision.reason, decision.identity) == (Outcome.UNKNOWN, Reason.BELOW_THRESHOLD, None)


def test_two_identities_too_close_above_the_threshold_are_ambiguous() -> None:
    assert decide({"Ada": 20000, "Ben": 19900}, 15000, min_margin=500).reason is Reason.AMBIGUOUS
    assert decide({"Ada": 20000, "Ben": 14000}, 15000, min_margin=9000).outcome is Outcome.MATCH


def test_an_empty_gallery_knows_nobody() -> None:
    decision = decide({}, 15000)
    assert (decision.outcome, decision.score, decision.margin) == (Outcome.UNKNOWN, None, None)


def test_the_json_shows_scores_as_people_read_them() -> None:
    shown = decide({"Ada": 16384, "Ben": 8192}, 8192).to_json()
    assert shown == {
        "decision": "match", "reason": "ok", "identity": "Ada", "score": 0.5, "margin": 0.25, "threshold": 0.25
    }  # fmt: skip
    assert undecided(Reason.NO_FACE).to_json()["score"] is None
