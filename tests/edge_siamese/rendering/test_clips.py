"""Clips: steady time, people who come and go, smooth movements."""

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.rendering import Clip, Person, Rendering

PEOPLE = [("Ada", Person.from_seed(1_000_000)), ("Bo", Person.from_seed(1_000_001))]


CLIP = Clip(PEOPLE, seconds_each=2.0, fps=10, size=(160, 120), seed=4)
Frames = list[tuple[int, Rendering, str | None]]


@pytest.fixture(scope="module")
def clip() -> Frames:
    return list(CLIP)


def test_frames_are_evenly_timed_from_zero(clip: Frames) -> None:
    times = [time for time, _, _ in clip]
    assert times == [i * 100_000_000 for i in range(len(CLIP))]


def test_people_appear_in_turn_with_nobody_between(clip: Frames) -> None:
    names = [name for _, _, name in clip]
    changes = [name for i, name in enumerate(names) if i == 0 or name != names[i - 1]]
    assert changes == [None, "Ada", None, "Bo", None]
    assert names.count("Ada") >= 12


def test_a_named_frame_has_one_face_and_the_others_none(clip: Frames) -> None:
    for _, rendering, name in clip:
        assert rendering.image.shape == (120, 160, 3)
        assert len(rendering.boxes) == len(rendering.landmarks) == (name is not None)


def test_equal_clips_have_equal_frames(clip: Frames) -> None:
    assert all(np.array_equal(a.image, b.image) for (_, a, _), (_, b, _) in zip(clip, CLIP, strict=True))


def test_a_person_in_the_middle_moves_smoothly(clip: Frames) -> None:
    noses = np.array([rendering.landmarks[0, 2] for _, rendering, name in clip if name == "Ada"])
    middle = noses[len(noses) // 4 : -len(noses) // 4]
    assert 0.2 < np.abs(np.diff(middle, axis=0)).max() < 12


def test_nobody_at_all_is_a_clip_too() -> None:
    assert [name for _, _, name in Clip([], size=(64, 48))] == [None] * 6


@pytest.mark.parametrize(("seconds", "fps", "size"), [(0, 10, (64, 48)), (1, 0, (64, 48)), (1, 10, (0, 48))])
def test_an_impossible_clip_is_refused(seconds: float, fps: float, size: tuple[int, int]) -> None:
    with pytest.raises(DataError):
        Clip(PEOPLE, seconds_each=seconds, fps=fps, size=size)
