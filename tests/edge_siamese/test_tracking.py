import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese.tracking import Track, Tracker, TrackingLimits


def face(x: float, y: float, size: float = 60) -> Face:
    return Face(np.array((x, y, size, size), np.float32), np.zeros((5, 2), np.float32), 1.0)


def photo(seed: int, center: tuple[float, float] = (160.0, 120.0), view: View | None = None) -> tuple[RGB, Face]:
    rendering = render_portrait(Person.from_seed(seed), view or View(), center=center, background_seed=seed)
    return rendering.image, Face(rendering.boxes[0], rendering.landmarks[0], 1.0)


def textured(seed: int = 0) -> RGB:
    small = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), np.uint8)
    return np.asarray(cv2.resize(small, (320, 240), interpolation=cv2.INTER_CUBIC), np.uint8)


def numbers(tracks: list[Track]) -> list[int]:
    return [track.number for track in tracks]


class TestJoining:
    def test_a_moving_face_stays_one_track(self) -> None:
        tracker, found = Tracker(), []
        for step in range(12):
            image, seen = photo(1, (110 + 5.0 * step, 120), View(yaw=-15 + 2.5 * step))
            found += numbers(tracker.update(image, [seen]))
        assert set(found) == {1}

    def test_two_faces_keep_their_numbers_when_their_order_changes(self) -> None:
        tracker, image = Tracker(), textured()
        left, right = face(40, 60), face(200, 60)
        assert numbers(tracker.update(image, [left, right])) == [1, 2]
        assert numbers(tracker.update(image, [right, left])) == [2, 1]

    def test_a_track_has_one_face_and_the_nearer_one_gets_it(self) -> None:
        tracker, image = Tracker(), textured()
        tracker.update(image, [face(100, 60)])
        assert numbers(tracker.update(image, [face(120, 60), face(101, 60)])) == [2, 1]

    def test_a_face_elsewhere_is_another_track(self) -> None:
        tracker, image = Tracker(), textured()
        assert numbers(tracker.update(image, [face(20, 20)])) == [1]
        assert numbers(tracker.update(image, [face(220, 140)])) == [2]

    @pytest.mark.parametrize(("missed", "number"), [(5, 1), (6, 2)])
    def test_a_face_missed_too_long_comes_back_as_another(self, missed: int, number: int) -> None:
        tracker, image = Tracker(TrackingLimits(max_missed=5)), textured()
        tracker.update(image, [face(100, 60)])
        for _ in range(missed):
            assert tracker.update(image, []) == []
        assert numbers(tracker.update(image, [face(100, 60)])) == [number]

    def test_reset_ends_every_track(self) -> None:
        tracker, image = Tracker(), textured()
        tracker.update(image, [face(100, 60)])
        tracker.reset()
        assert numbers(tracker.update(image, [face(100, 60)])) == [2]


class TestSceneCuts:
    @pytest.mark.parametrize("pair", [(1, 2), (3, 4), (5, 6), (7, 8)])
    def test_two_photos_with_their_faces_in_the_same_place_are_two_tracks(self, pair: tuple[int, int]) -> None:
        tracker = Tracker()
        (first, one), (second, other) = (photo(seed) for seed in pair)
        assert numbers(tracker.update(first, [one])) == [1]
        assert numbers(tracker.update(first, [one])) == [1]
        assert numbers(tracker.update(second, [other])) == [2]
        assert len(tracker.tracks) == 1

    def test_the_cut_is_seen_on_dark_photos_too(self) -> None:
        tracker = Tracker()
        for number, seed in enumerate((1, 2), start=1):
            image, seen = photo(seed)
            assert numbers(tracker.update((image * 0.3).astype(np.uint8), [seen])) == [number]

    def test_noise_and_a_change_of_exposure_are_no_cut(self) -> None:
        tracker, (image, seen) = Tracker(), photo(1)
        rng = np.random.default_rng(2)
        for gain in (1.0, 0.93, 1.04, 0.98):
            noisy = np.clip(image * gain + rng.normal(0, 6, image.shape), 0, 255).astype(np.uint8)
            assert numbers(tracker.update(noisy, [seen])) == [1]

    @pytest.mark.parametrize(("other", "number"), [(1, 1), (4, 2), (9, 2)])
    def test_before_a_still_background_a_fast_person_is_no_cut_and_another_person_is(
        self, other: int, number: int
    ) -> None:
        tracker = Tracker()
        for seed, x, expected in ((1, 120.0, 1), (other, 150.0, number)):
            shown = render_portrait(
                Person.from_seed(seed), View(), center=(x, 120.0), face_height=90, background_seed=3
            )
            assert numbers(tracker.update(shown.image, [Face(shown.boxes[0], shown.landmarks[0], 1.0)])) == [expected]

    def test_black_bars_beside_two_photos_are_no_still_background(self) -> None:
        tracker = Tracker()
        for number, (seed, x) in enumerate(((1, 160.0), (5, 172.0)), start=1):
            shown = render_portrait(
                Person.from_seed(seed), View(), center=(x, 120.0), face_height=90, background_seed=seed
            )
            image = shown.image.copy()
            image[:, :60], image[:, 260:] = 0, 0
            assert numbers(tracker.update(image, [Face(shown.boxes[0], shown.landmarks[0], 1.0)])) == [number]

    def test_one_color_all_over_is_no_cut(self) -> None:
        tracker = Tracker()
        for level in (100, 102, 101):
            assert numbers(tracker.update(np.full((120, 160, 3), level, np.uint8), [face(40, 30)])) == [1]


class TestBounds:
    @settings(max_examples=20)
    @given(
        st.lists(
            st.lists(st.tuples(st.floats(-400, 700), st.floats(-400, 500), st.floats(0, 300)), max_size=12),
            max_size=12,
        )
    )
    def test_memory_is_bounded_whatever_is_detected(self, frames: list[list[tuple[float, float, float]]]) -> None:
        tracker = Tracker(TrackingLimits(max_tracks=5))
        for found in frames:
            faces = [face(*place) for place in found]
            assert len(tracker.update(textured(), faces)) == min(len(faces), 5)
            assert len(tracker.tracks) <= 5

    def test_a_thousand_passers_by_leave_nothing_behind(self) -> None:
        tracker, image, rng = Tracker(), textured(), np.random.default_rng(0)
        for _ in range(1000):
            tracker.update(image, [face(rng.uniform(0, 250), rng.uniform(0, 250), 12)])
        for _ in range(10):
            tracker.update(image, [])
        assert tracker.tracks == []


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (1, 1), (2, 9000)])
def test_images_of_any_shape_are_tracked(shape: tuple[int, int]) -> None:
    tracker, image = Tracker(), np.full((*shape, 3), 99, np.uint8)
    assert numbers(tracker.update(image, [])) == []
    assert numbers(tracker.update(image, [face(0, 0, 5)])) == [1]
