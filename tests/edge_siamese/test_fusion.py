"""Scores over time, with galleries whose scores are known exactly."""

from typing import Any

import numpy as np
import pytest

from edge_siamese.decision import Decision, Outcome, Reason, decide_scores
from edge_siamese.faces import Embedding, Face
from edge_siamese.fusion import EmbeddingPolicy, ScoreFusion, TrackHistory
from edge_siamese.gallery import Gallery
from edge_siamese.sequential import SequentialTest
from edge_siamese.thumbnails import FaceThumbnails, Thumbnail
from edge_siamese.tracking import Track
from tests.doubles import embedder_card

THRESHOLD = 10_000
TEST = SequentialTest(THRESHOLD, 6_000.0, 2_000.0)
DIGEST = "ab" * 32
CARD = embedder_card(3, digest=DIGEST)
AXES = {"Ada": (100, 0, 0), "Bob": (0, 100, 0), "Cleo": (0, 0, 100)}


def gallery_of(*names: str) -> Gallery:
    return Gallery.empty(CARD).with_people({name: np.array([AXES[name]], np.int8) for name in names})


def embedding(*values: int) -> Embedding:
    return Embedding(np.array(values, np.int8), 0, DIGEST)


def new_track(number: int = 1) -> Track:
    face = Face(np.zeros(4, np.float32), np.zeros((5, 2), np.float32), 1.0)
    thumbnail = Thumbnail.of(np.zeros((32, 32, 3), np.uint8))
    return Track(number, face, FaceThumbnails.of(thumbnail, face, thumbnail.people([face])))


class FixedScores:
    """A gallery that gives the scores it is told to, for any embedding."""

    def __init__(self, *names: str) -> None:
        self.names, self.next_scores = names, [0] * len(names)
        self.zero_point = 0

    def scores_of(self, probes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.array([self.next_scores] * len(probes), np.int16).reshape(len(probes), len(self.names))

    def decide(self, scores: np.ndarray[Any, Any], threshold: int) -> Decision:
        return decide_scores(self.names, scores, threshold)


class Scored:
    """A fusion that is fed with scores rather than embeddings."""

    def __init__(self, *names: str) -> None:
        self.gallery = FixedScores(*names)
        gallery: Any = self.gallery
        self.fusion, self.track = ScoreFusion(gallery, TEST), new_track()

    def observe(self, *scores: int, quality: float = 50.0, doubt: Reason | None = None) -> Decision:
        self.gallery.next_scores = list(scores)
        self.fusion.observe(self.track, embedding(1, 2, 3), quality, doubt)
        return self.fusion.decide(self.track)

    @property
    def history(self) -> TrackHistory:
        return self.fusion.history(self.track)


class TestFusion:
    def test_one_embedding_decides_by_itself(self) -> None:
        decision = Scored("Ada", "Bob").observe(12_000, 3_000)
        assert decision == Decision(Outcome.MATCH, Reason.OK, "Ada", 12_000, 9_000, THRESHOLD)

    def test_one_lucky_frame_does_not_name_a_stranger(self) -> None:
        scored = Scored("Ada")
        for score in (4_000, 5_000, 4_500):
            scored.observe(score)
        lucky = scored.observe(20_000)
        assert lucky.outcome is Outcome.UNKNOWN
        assert lucky.score_q15 == (4_000 + 5_000 + 4_500 + 20_000) // 4

    def test_the_mean_is_taken_for_each_identity_and_rounded_down(self) -> None:
        scored = Scored("Ada", "Bob")
        scored.observe(11_000, -3)
        decision = scored.observe(10_001, 0)
        assert (decision.score_q15, decision.margin_q15) == (10_500, 10_502)

    def test_old_embeddings_are_forgotten(self) -> None:
        scored = Scored("Ada")
        scored.observe(-30_000)
        for _ in range(8):
            decision = scored.observe(12_000)
        assert decision.identity == "Ada"

    def test_an_empty_gallery_knows_nobody(self) -> None:
        assert Scored().observe().outcome is Outcome.UNKNOWN

    def test_a_score_near_the_threshold_needs_more_views(self) -> None:
        scored = Scored("Ada")
        reasons = [scored.observe(9_000).reason for _ in range(4)]
        assert reasons == [Reason.MORE_VIEWS] * 2 + [Reason.BELOW_THRESHOLD] * 2

    def test_a_low_score_is_a_stranger_at_once(self) -> None:
        assert Scored("Ada").observe(4_000).outcome is Outcome.UNKNOWN

    def test_different_views_prove_more_than_equal_ones(self) -> None:
        decisions = []
        for second in ((100, 0, 0), (20, 100, 0)):
            scored = Scored("Ada")
            scored.gallery.next_scores = [9_000]
            for values in ((100, 0, 0), second):
                scored.fusion.observe(scored.track, embedding(*values), 50.0)
            decisions.append(scored.fusion.decide(scored.track).identity)
        assert decisions == [None, "Ada"]

    def test_a_name_is_kept_until_half_of_its_evidence_is_gone(self) -> None:
        scored = Scored("Ada")
        assert [scored.observe(score).identity for score in (10_000, 8_000, 6_400, 5_000)] == ["Ada"] * 3 + [None]

    def test_an_embedding_of_another_person_begins_again(self) -> None:
        fusion, track = ScoreFusion(gallery_of("Ada", "Bob"), TEST), new_track()
        for values in ((100, 0, 0), (100, 5, 0), (0, 3, 100)):
            fusion.observe(track, embedding(*values), 50.0)
            decision = fusion.decide(track)
        assert decision.outcome is Outcome.UNKNOWN
        assert len(fusion.history(track).scores) == 1

    def test_another_persons_name_is_not_held(self) -> None:
        scored = Scored("Ada", "Bob")
        scored.observe(10_000, 0)
        assert scored.observe(4_000, 18_500).identity is None

    def test_memory_is_bounded(self) -> None:
        scored = Scored("Ada")
        for _ in range(100):
            scored.observe(1)
        assert (len(scored.history.scores), len(scored.history.embeddings)) == (8, 8)
        assert scored.history.observations == 100

    def test_forgotten_tracks_start_anew(self) -> None:
        fusion, kept, gone = ScoreFusion(gallery_of("Ada"), TEST), new_track(1), new_track(2)
        for track in (kept, gone):
            fusion.observe(track, embedding(*AXES["Ada"]), 50.0)
        fusion.keep([kept])
        assert fusion.history(kept).observations == 1
        assert fusion.history(gone).observations == 0


class TestDoubts:
    """A face too poor for "unknown" may name somebody, but never says that it is a stranger."""

    def test_a_low_score_is_undecided_with_the_reason(self) -> None:
        decision = Scored("Ada").observe(2_000, doubt=Reason.TOO_SMALL)
        assert (decision.outcome, decision.reason, decision.score_q15) == (
            Outcome.UNDECIDED, Reason.TOO_SMALL, 2_000,
        )  # fmt: skip

    def test_a_high_score_is_a_match(self) -> None:
        assert Scored("Ada").observe(12_000, doubt=Reason.BLURRED).identity == "Ada"

    def test_the_first_good_face_replaces_the_poor_ones(self) -> None:
        scored = Scored("Ada")
        for _ in range(5):
            scored.observe(2_000, doubt=Reason.TOO_SMALL)
        decision = scored.observe(12_000)
        assert (decision.identity, decision.score_q15, len(scored.history.scores)) == ("Ada", 12_000, 1)

    def test_poor_faces_after_a_good_one_do_not_make_a_stranger_of_it(self) -> None:
        scored = Scored("Ada")
        scored.observe(12_000)
        for _ in range(3):
            decision = scored.observe(1_000, doubt=Reason.BLURRED)
        assert (decision.outcome, decision.reason) == (Outcome.UNDECIDED, Reason.BLURRED)

    def test_good_faces_that_say_so_make_a_stranger(self) -> None:
        scored = Scored("Ada")
        scored.observe(3_000)
        assert scored.observe(1_000, doubt=Reason.BLURRED).outcome is Outcome.UNKNOWN

    def test_an_empty_gallery_knows_nobody_however_poor_the_face(self) -> None:
        assert Scored().observe(doubt=Reason.TOO_SMALL).outcome is Outcome.UNKNOWN

    @pytest.mark.parametrize(("doubt", "wanted"), [(None, True), (Reason.BLURRED, False)])
    def test_the_first_good_face_is_embedded_at_once(self, doubt: Reason | None, wanted: bool) -> None:
        scored = Scored("Ada")
        scored.observe(2_000, doubt=Reason.TOO_SMALL)
        assert EmbeddingPolicy().wants(scored.history, scored.track, 50.0, doubt) is wanted


class TestAnotherGallery:
    """Bob's column moves from 0 to 1 when Ada is added, and back when she is removed."""

    def fused(self, *names: str) -> tuple[ScoreFusion, Track]:
        fusion, track = ScoreFusion(gallery_of(*names), TEST), new_track()
        for _ in range(3):
            fusion.observe(track, embedding(20, 100, 0), 50.0)
        fusion.decide(track)
        return fusion, track

    def test_an_added_person_does_not_shift_the_scores_of_others(self) -> None:
        fusion, track = self.fused("Bob")
        before = fusion.history(track).decision
        fusion.use_gallery(gallery_of("Ada", "Bob", "Cleo"), TEST)
        after = fusion.history(track).decision
        assert (before.identity, after.identity) == ("Bob", "Bob")
        assert before.score == after.score
        fusion.observe(track, embedding(20, 100, 0), 50.0)
        assert fusion.decide(track).score == before.score

    def test_a_removed_person_is_not_named_any_more(self) -> None:
        fusion, track = self.fused("Ada", "Bob")
        assert fusion.history(track).decision.identity == "Bob"
        fusion.use_gallery(gallery_of("Ada"), TEST)
        assert fusion.history(track).decision.outcome is Outcome.UNKNOWN
        fusion.use_gallery(gallery_of(), TEST)
        assert fusion.history(track).decision.outcome is Outcome.UNKNOWN

    def test_an_added_person_is_named_from_what_was_seen_before(self) -> None:
        fusion, track = self.fused("Ada")
        fusion.use_gallery(gallery_of("Ada", "Bob"), TEST)
        assert fusion.history(track).decision.identity == "Bob"

    def test_a_track_without_embeddings_stays_undecided(self) -> None:
        fusion, track = ScoreFusion(gallery_of("Ada"), TEST), new_track()
        fusion.history(track)
        fusion.use_gallery(gallery_of("Bob"), TEST)
        assert fusion.history(track).decision.outcome is Outcome.UNDECIDED

    def test_the_new_threshold_holds(self) -> None:
        fusion, track = self.fused("Bob")
        fusion.use_gallery(gallery_of("Bob"), SequentialTest(32_767, 30_000.0, 100.0))
        assert fusion.history(track).decision.outcome is Outcome.UNKNOWN


class TestPolicy:
    POLICY = EmbeddingPolicy()

    def frames_embedded(self, score: int, frames: int, quality: float = 50.0) -> list[int]:
        scored, embedded = Scored("Ada"), []
        for number in range(frames):
            scored.track.frames = number
            if self.POLICY.wants(scored.history, scored.track, quality):
                embedded.append(number)
                scored.observe(score, quality=quality)
        return embedded

    def test_a_new_face_is_embedded(self) -> None:
        assert self.POLICY.wants(TrackHistory(), new_track(), 0.0)

    def test_a_named_face_is_embedded_rarely(self) -> None:
        assert self.frames_embedded(20_000, 200) == [0, 8, 24, 56, 120, 184]

    def test_an_undecided_face_is_embedded_soon_and_a_decided_one_rarely(self) -> None:
        assert self.frames_embedded(THRESHOLD - 100, 200) == [0, 2, 6, 38, 102, 166]

    def test_a_stranger_is_left_alone_too(self) -> None:
        assert self.frames_embedded(0, 200) == [0, 8, 24, 56, 120, 184]

    def test_a_face_that_moved_far_is_embedded_again_soon(self) -> None:
        scored = Scored("Ada")
        scored.observe(20_000)
        scored.track.jumped = 3
        due = []
        for number in range(1, 9):
            scored.track.frames = number
            due.append(self.POLICY.due(scored.history, scored.track))
        assert due == [False] * 6 + [True] * 2

    @pytest.mark.parametrize(("quality", "wanted"), [(45.0, False), (60.0, True)])
    def test_a_clearly_better_face_of_nobody_known_is_embedded_at_once(self, quality: float, wanted: bool) -> None:
        scored = Scored("Ada")
        scored.observe(1_000, quality=40.0)
        assert self.POLICY.wants(scored.history, scored.track, quality) is wanted

    def test_a_better_face_of_a_named_person_is_not_needed(self) -> None:
        scored = Scored("Ada")
        scored.observe(20_000, quality=40.0)
        assert not self.POLICY.wants(scored.history, scored.track, 90.0)
