"""The challenge on rendered heads that turn and on flat portraits that are turned."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.liveness.challenge import (
    ChallengeLimits,
    ChallengeState,
    HeadPoseChallenge,
    Prompt,
    drawn_turns,
)
from edge_siamese.liveness.pose import planar_misfit, signed_yaw
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait

Landmarks = npt.NDArray[np.float32]
FRAME_NS = 100_000_000
LEFT, RIGHT = Prompt.LEFT, Prompt.RIGHT


def head(yaw: float, seed: int = DEMO_SEEDS[0]) -> Landmarks:
    return np.asarray(
        render_portrait(Person.from_seed(seed), View(yaw=yaw), face_height=120.0).landmarks[0], np.float32
    )


def flat(yaw: float, distance: float = 3.0) -> Landmarks:
    """A frontal portrait, turned as a flat print; the distance to the camera in heights of the face."""
    points = head(0.0).astype(np.float64)
    centered = (points - points.mean(axis=0)) / 120
    x = centered[:, 0] * np.cos(np.radians(yaw))
    nearer = distance + centered[:, 0] * np.sin(np.radians(yaw))
    shown = np.stack([x, centered[:, 1]], axis=1) * (distance / nearer[:, None]) * 120 + 160
    return np.asarray(shown, np.float32)


def run(challenge: HeadPoseChallenge, shown: Iterable[Landmarks], step_ns: int = FRAME_NS) -> ChallengeState:
    for number, landmarks in enumerate(shown):
        challenge.update(landmarks, number * step_ns)
    return challenge.state


def answer(*turns: float) -> list[Landmarks]:
    """A head that looks at the camera, turns smoothly to each angle and back."""
    angles: list[float] = [0.0] * 3
    for turn in turns:
        angles += [*np.linspace(0, turn, 6), turn, turn, *np.linspace(turn, 0, 6), 0.0, 0.0]
    return [head(angle) for angle in angles]


def challenge(*turns: Prompt, **limits: float) -> HeadPoseChallenge:
    return HeadPoseChallenge(ChallengeLimits(**limits), draw=lambda _: turns)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", DEMO_SEEDS[:4])
@pytest.mark.parametrize("yaw", [-40.0, -20.0, 20.0, 40.0])
def test_the_yaw_of_a_head_has_the_sign_of_its_turn(yaw: float, seed: int) -> None:
    assert np.sign(signed_yaw(head(yaw, seed))) == np.sign(yaw)
    assert 0.3 < abs(signed_yaw(head(yaw, seed))) < 1.4


@pytest.mark.parametrize("yaw", [-60.0, -30.0, 30.0, 60.0])
def test_turning_a_flat_photo_hardly_changes_the_yaw(yaw: float) -> None:
    assert abs(signed_yaw(flat(yaw))) < 0.25
    assert planar_misfit(flat(0.0), flat(yaw)) < 0.04


@pytest.mark.parametrize("seed", DEMO_SEEDS[:4])
@pytest.mark.parametrize("yaw", [-30.0, 30.0])
def test_a_head_that_turns_is_not_flat(yaw: float, seed: int) -> None:
    assert planar_misfit(head(0.0, seed), head(yaw, seed)) > 0.06


def test_a_person_who_follows_passes() -> None:
    assert run(challenge(LEFT, RIGHT), answer(35, -35)) is ChallengeState.PASSED


def test_prompts_are_given_one_after_the_other() -> None:
    asked = challenge(LEFT, LEFT)
    seen = []
    for number, landmarks in enumerate(answer(35, 35)):
        seen.append(asked.prompt)
        asked.update(landmarks, number * FRAME_NS)
    assert [prompt for prompt, before in zip(seen, [None, *seen], strict=False) if prompt is not before] == [
        Prompt.CENTER, LEFT, Prompt.CENTER, LEFT, None,
    ]  # fmt: skip


def test_a_video_that_was_recorded_for_other_prompts_fails() -> None:
    assert run(challenge(LEFT, RIGHT), answer(-35, 35)) is ChallengeState.WRONG_SIDE


def test_a_still_photo_times_out() -> None:
    assert run(challenge(LEFT, seconds=2.0), [head(0.0)] * 30) is ChallengeState.TIMED_OUT


def test_a_flat_photo_that_is_turned_times_out() -> None:
    angles = [0.0] * 3 + [60 * np.sin(step / 4) for step in range(60)]
    assert run(challenge(LEFT, seconds=3.0), [flat(angle) for angle in angles]) is ChallengeState.TIMED_OUT


def test_a_cut_between_two_photos_fails() -> None:
    assert run(challenge(LEFT), [head(0.0)] * 3 + [head(42.0)] * 3) is ChallengeState.JUMPED


def test_landmarks_that_a_plane_explains_fail() -> None:
    asked = challenge(LEFT, min_misfit=10.0)
    assert run(asked, answer(35)) is ChallengeState.FLAT


def test_a_single_frame_is_no_answer() -> None:
    shown = [head(0.0)] * 3 + [head(15.0), head(35.0), head(15.0)] + [head(0.0)] * 60
    assert run(challenge(LEFT, seconds=3.0), shown) is ChallengeState.TIMED_OUT


def test_the_end_is_final() -> None:
    asked = challenge(LEFT)
    run(asked, answer(35))
    assert asked.update(head(-40.0), 10**12) is ChallengeState.PASSED
    assert asked.prompt is None


def test_turns_are_drawn_from_both_sides() -> None:
    assert set(drawn_turns(200)) == {LEFT, RIGHT}


def test_eyes_in_one_place_do_no_harm() -> None:
    assert challenge(LEFT).update(np.zeros((5, 2), np.float32), 0) is ChallengeState.RUNNING
