import cv2
import numpy as np
import pytest

from edge_siamese.detection import STRIDES, cell_centers, decode_cells
from edge_siamese.rendering import Person, View, render_crop, render_portrait
from edge_siamese_converter.data.detection import AnnotatedImage
from edge_siamese_converter.tasks.detector.samples import Sample, SampleComposer
from edge_siamese_converter.tasks.detector.targets import encode_targets, landmark_weight

SIZE = 160


@pytest.fixture(scope="module")
def composer() -> SampleComposer:
    scene = render_portrait(Person.from_seed(0), View())
    face = AnnotatedImage(scene.image, scene.boxes, scene.landmarks, "rendered")
    empty = AnnotatedImage(
        np.full((240, 320, 3), 90, np.uint8), np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), "negative"
    )
    return SampleComposer([face, empty], render_crop(Person.from_seed(1), View())[None], [face], SIZE)


def test_samples_have_faces_with_landmarks_in_their_boxes(composer: SampleComposer) -> None:
    faces = 0
    for seed in range(60):
        sample = composer(np.random.default_rng(seed))
        assert sample.image.shape == (SIZE, SIZE, 3)
        for box, landmarks in zip(sample.boxes, sample.landmarks, strict=True):
            faces += 1
            assert (landmarks > box[:2] - 0.1 * box[2:]).all()
            assert (landmarks < box[:2] + 1.1 * box[2:]).all()
    assert faces > 40


def test_a_mirrored_face_keeps_its_right_eye_on_the_images_left(composer: SampleComposer) -> None:
    for seed in range(40):
        for landmarks in composer(np.random.default_rng(seed)).landmarks:
            assert landmarks[0, 0] < landmarks[1, 0]
            assert landmarks[3, 0] < landmarks[4, 0]


def test_boxes_follow_their_faces_into_windows_and_mosaics() -> None:
    image = np.full((300, 400, 3), 20, np.uint8)
    boxes = np.array([(60, 50, 40, 40), (250, 180, 60, 60)], np.float32)
    for x, y, width, height in boxes.astype(int):
        image[y : y + height, x : x + width] = 220
    squares = AnnotatedImage(image, boxes, np.full((2, 5, 2), np.nan, np.float32), "wider")
    dark = AnnotatedImage(np.full((240, 320, 3), 20, np.uint8), boxes[:0], np.zeros((0, 5, 2), np.float32), "negative")
    composer = SampleComposer([squares, dark], np.zeros((0, 112, 112, 3), np.uint8), [], SIZE)
    bright, faces, crowded = 0, 0, 0
    for seed in range(80):
        sample = composer(np.random.default_rng(seed))
        crowded += len(sample.boxes) > 2
        for x, y, width, height in sample.boxes:
            faces += 1
            middle = sample.image[int(y + height / 2), int(x + width / 2)].mean()
            bright += middle > sample.image.mean(axis=2).min() + 40
    assert bright > 0.95 * faces > 0
    assert crowded > 10


def test_something_stands_before_a_side_of_some_faces_but_not_before_their_middle() -> None:
    white = AnnotatedImage(
        np.full((300, 300, 3), 255, np.uint8), np.array([(100, 100, 80, 80)], np.float32),
        np.full((1, 5, 2), np.nan, np.float32), "wider",
    )  # fmt: skip
    black = AnnotatedImage(
        np.zeros((240, 320, 3), np.uint8), np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), "negative"
    )
    composer = SampleComposer([white, black], np.zeros((0, 112, 112, 3), np.uint8), [], SIZE)
    covered, faces = 0, 0
    for seed in range(300):
        sample = composer(np.random.default_rng(seed))
        for x, y, width, height in sample.boxes:
            if width > 24 and min(x, y) > 0.2 * width and max(x, y) + 1.2 * width < SIZE:
                faces += 1
                inside = sample.image[int(y) : int(y + height), int(x) : int(x + width)].max(axis=2)
                dark = 0.25 * np.percentile(inside, 90)
                covered += (cv2.blur(inside, (3, 3)) < dark).mean() > 0.05
                assert cv2.blur(inside, (3, 3))[int(0.49 * height), int(0.49 * width)] > dark
    assert faces > 60
    assert 0.01 * faces < covered < 0.15 * faces


def test_backgrounds_come_turned_blended_and_as_negatives() -> None:
    def empty(red_side: slice, shade: int) -> AnnotatedImage:
        image = np.full((240, 240, 3), shade, np.uint8)
        image[red_side, :, 0] = 250
        return AnnotatedImage(image, np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), "negative")

    face = render_portrait(Person.from_seed(0), View())
    faces = AnnotatedImage(face.image, face.boxes, face.landmarks, "rendered")
    composer = SampleComposer(
        [faces, empty(slice(0, 120), 10), empty(slice(120, 240), 90)], np.zeros((0, 112, 112, 3), np.uint8), [], SIZE
    )
    lying, negatives, seen = 0, 0, 0
    for seed in range(400):
        sample = composer(np.random.default_rng(seed))
        if len(sample.boxes) == 0:
            seen += 1
            red = sample.image[..., 0].astype(float)
            lying += np.ptp(red.mean(axis=0)) > 2 * np.ptp(red.mean(axis=1))
            negatives += bool(np.median(sample.image[..., 1]) > 140)
    assert 100 < seen < 190
    assert lying > 0.15 * seen
    assert 0.05 * seen < negatives < 0.4 * seen


@pytest.mark.parametrize(("side", "stride"), [(16, 8), (30, 8), (64, 16), (130, 32)])
def test_what_is_encoded_for_a_face_decodes_to_it(side: int, stride: int) -> None:
    box = np.array([(20.3, 11.7, side * 0.9, side * 1.1)], np.float32)
    landmarks = (box[0, :2] + np.array([(3, 4), (9, 4), (6, 8), (4, 11), (8, 11)]) * side / 14)[None].astype(np.float32)
    grids = encode_targets(Sample(np.zeros((SIZE, SIZE, 3), np.uint8), box, landmarks), SIZE)
    grid = grids[f"grid{stride}"].reshape(-1, 17)
    chosen = grid[:, 0] == 1
    assert chosen.any()
    centers = cell_centers(SIZE, SIZE, stride).reshape(-1, 2)[chosen]
    boxes, marks = decode_cells(centers, grid[chosen, 2:6], grid[chosen, 6:16], stride)
    assert boxes == pytest.approx(np.repeat(box, len(boxes), 0), abs=1e-3)
    assert marks == pytest.approx(np.repeat(landmarks, len(marks), 0), abs=1e-3)


def test_a_face_without_landmarks_teaches_no_landmarks() -> None:
    box = np.array([(40, 40, 60, 60)], np.float32)
    missing = np.full((1, 5, 2), np.nan, np.float32)
    grids = encode_targets(Sample(np.zeros((SIZE, SIZE, 3), np.uint8), box, missing), SIZE)
    for stride in STRIDES:
        grid = grids[f"grid{stride}"]
        assert not np.isnan(grid).any()
        assert not grid[grid[..., 0] == 1, 1].any()


def test_what_surrounds_a_image_seldom_fills_a_window():
    """A window lies inside its image where it fits: the gray around images has nothing to teach."""
    image = np.random.default_rng(0).integers(0, 100, (300, 400, 3), np.uint8)
    box = np.array([(300, 40, 40, 50)], np.float32)
    corner = AnnotatedImage(image, box, np.full((1, 5, 2), np.nan, np.float32), "wider")
    composer = SampleComposer([corner], np.zeros((0, 112, 112, 3), np.uint8), [], SIZE)
    gray = [
        (composer._window(corner, SIZE, np.random.default_rng(seed)).image == 128).all(axis=2).mean()
        for seed in range(60)
    ]
    assert np.median(gray) < 0.3


def test_some_windows_are_stretched_with_their_boxes():
    image = np.full((300, 400, 3), 20, np.uint8)
    image[100:200, 150:250] = 220
    box = np.array([(150, 100, 100, 100)], np.float32)
    square = AnnotatedImage(image, box, np.full((1, 5, 2), np.nan, np.float32), "wider")
    composer = SampleComposer([square], np.zeros((0, 112, 112, 3), np.uint8), [], SIZE)
    shapes = []
    for seed in range(60):
        for _, _, width, height in composer._window(square, SIZE, np.random.default_rng(seed)).boxes:
            shapes.append(abs(np.log(width / height)))
    assert 0.1 < np.mean(np.array(shapes) > 0.05) < 0.5
    assert max(shapes) < 0.61


def test_parts_of_images_with_faces_are_backgrounds_only_where_no_face_is():
    image = np.full((200, 300, 3), 20, np.uint8)
    image[60:120, 200:260] = 220
    box = np.array([(200, 60, 60, 60)], np.float32)
    bright = AnnotatedImage(image, box, np.full((1, 5, 2), np.nan, np.float32), "wider")
    composer = SampleComposer([bright], np.zeros((0, 112, 112, 3), np.uint8), [], SIZE)
    parts = [composer._beside_faces(np.random.default_rng(seed)) for seed in range(60)]
    found = [part for part in parts if part is not None]
    assert len(found) > 40
    assert all(part.image.max() == 20 and not len(part.boxes) for part in found)


def portrait(yaw: float = 0.0) -> AnnotatedImage:
    scene = render_portrait(Person.from_seed(0), View(yaw=yaw))
    return AnnotatedImage(scene.image, scene.boxes, scene.landmarks, "rendered")


def test_portraits_are_shown_in_front_of_backgrounds() -> None:
    shade = np.full((240, 320, 3), 100, np.uint8)
    plain = AnnotatedImage(shade, np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), "negative")
    face = AnnotatedImage(
        shade, np.array([(9, 9, 40, 50)], np.float32), np.full((1, 5, 2), np.nan, np.float32), "wider"
    )
    composer = SampleComposer([face, plain], np.zeros((0, 112, 112, 3), np.uint8), [], SIZE, [portrait()])
    drawn = [composer._faces_window(SIZE, np.random.default_rng(seed)) for seed in range(200)]
    portraits = [sample for sample in drawn if np.isfinite(sample.landmarks).any()]
    assert 45 < len(portraits) < 95
    alone = [composer._window(portrait(), SIZE, np.random.default_rng(seed), minimum=0.02) for seed in range(60)]

    def gray(samples: list[Sample]) -> float:
        return float(np.mean([(sample.image == 128).all(axis=2).mean() for sample in samples]))

    assert gray(portraits) < 0.35 * gray(alone)


def test_faces_may_be_larger_than_the_sample(composer: SampleComposer) -> None:
    sizes = [box[3] for seed in range(200) for box in composer(np.random.default_rng(seed)).boxes]
    assert max(sizes) > SIZE


@pytest.mark.parametrize(("yaw", "low", "high"), [(0, 1.0, 1.3), (45, 1.6, 2.5)])
def test_the_landmarks_of_turned_faces_weigh_more(yaw: float, low: float, high: float) -> None:
    assert low <= landmark_weight(portrait(yaw).landmarks[0]) <= high


def test_unknown_landmarks_weigh_nothing_and_no_weight_exceeds_two_and_a_half() -> None:
    assert landmark_weight(np.full((5, 2), np.nan, np.float32)) == 0
    assert landmark_weight(np.zeros((5, 2), np.float32)) == pytest.approx(1.0)
    assert landmark_weight(np.array([(0, 0), (1, 0), (500, 5), (0, 10), (1, 10)], np.float32)) == 2.5
