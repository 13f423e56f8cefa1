"""The loop with the challenge, on rendered heads."""

from collections.abc import Iterator

import numpy as np
import pytest

from edge_siamese.decision import Reason
from edge_siamese.engine import FaceEngine
from edge_siamese.face_result import FaceResult
from edge_siamese.frames import RGB
from edge_siamese.gallery import Gallery
from edge_siamese.liveness.challenge import ChallengeLimits, Prompt
from edge_siamese.liveness.gate import LivenessGate
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese.verifier import Verifier
from tests.doubles import ListedSource
from tests.edge_siamese.test_fusion import gallery_of

ADA = Person.from_seed(DEMO_SEEDS[0])
MATCH = gallery_of("Ada").decide(np.array([20_000]), 10_000)
UNKNOWN = gallery_of("Ada").decide(np.array([2_000]), 10_000)


def portrait(yaw: float) -> RGB:
    return render_portrait(ADA, View(yaw=yaw), face_height=120.0, background_seed=1).image


def landmarks(yaw: float) -> np.ndarray:
    return render_portrait(ADA, View(yaw=yaw), face_height=120.0).landmarks[0]


def watch(engine: FaceEngine, *, follows: bool) -> list[FaceResult]:
    """Ada before the camera for six seconds."""
    templates = np.stack([engine.embed(image, engine.detect(image)[0]).values for image in map(portrait, (-10, 0, 10))])
    gallery = Gallery.empty(engine.embedder_card).with_people({"Ada": templates})
    results: list[FaceResult] = []

    def frames() -> Iterator[RGB]:
        yaw = 0.0
        for _ in range(60):
            prompt = results[-1].prompt if results else None
            wanted = {Prompt.LEFT: 38.0, Prompt.RIGHT: -38.0}.get(prompt, 0.0) if prompt and follows else 0.0
            yaw += float(np.clip(wanted - yaw, -8, 8))
            yield portrait(yaw)

    verifier = Verifier(ListedSource(frames()), engine, gallery, liveness=ChallengeLimits(turns=1, seconds=2.0))
    for result in verifier:
        results.append(result)
    return results


def test_a_person_who_follows_is_named_afterwards(engine: FaceEngine) -> None:
    results = watch(engine, follows=True)
    assert results[0].decision.reason is Reason.LIVENESS
    assert results[0].decision.identity is None
    assert results[0].prompt is Prompt.CENTER
    assert results[-1].decision.identity == "Ada"
    assert [result.prompt for result in results if result.changed][-1] is None


def test_a_still_face_is_never_named(engine: FaceEngine) -> None:
    results = watch(engine, follows=False)
    assert {result.decision.identity for result in results} == {None}
    assert {result.decision.reason for result in results} == {Reason.LIVENESS}


def test_only_a_match_needs_a_challenge() -> None:
    gate = LivenessGate(ChallengeLimits())
    assert gate.answer(1, UNKNOWN, landmarks(0.0), 0).decision == UNKNOWN
    assert gate.answer(1, MATCH, landmarks(0.0), 0).decision.reason is Reason.LIVENESS


@pytest.mark.parametrize(("seconds", "prompt"), [(7.9, None), (8.2, Prompt.CENTER)])
def test_after_a_failure_another_challenge_is_given_later(seconds: float, prompt: Prompt | None) -> None:
    gate = LivenessGate(ChallengeLimits(seconds=5.0))
    for second in (0.0, 5.1):
        gate.answer(1, MATCH, landmarks(30.0), round(second * 1e9))
    assert gate.answer(1, MATCH, landmarks(30.0), round(seconds * 1e9)).prompt is prompt


def test_another_track_begins_again() -> None:
    gate = LivenessGate(ChallengeLimits())
    gate.answer(1, MATCH, landmarks(0.0), 0)
    gate.keep([2])
    assert gate.answer(2, MATCH, landmarks(0.0), 1).prompt is Prompt.CENTER
