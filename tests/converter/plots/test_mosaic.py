import numpy as np
import pytest

from edge_siamese_converter.plots.mosaic import mosaic, thumbnails

pytest.importorskip("scipy", reason="a mosaic of thumbnails needs scipy (the extra 'converter')")


def test_every_image_is_there_once_near_its_place() -> None:
    rng = np.random.default_rng(0)
    plane = rng.uniform(size=(90, 2)).astype(np.float32)
    images = np.repeat(np.arange(1, 91, dtype=np.uint8), 12 * 8).reshape(90, 12, 8, 1)
    pixels = mosaic(plane, images).pixels
    rows, columns = pixels.shape[0] // 16, pixels.shape[1] // 12
    centers = pixels.reshape(rows, 16, columns, 12, 4)[:, 8, :, 6]
    assert sorted(centers[..., 0][centers[..., 3] == 255].tolist()) == list(range(1, 91))
    found = {int(centers[y, x, 0]): (x / (columns - 1), 1 - y / (rows - 1)) for y, x in np.argwhere(centers[..., 3])}
    distances = [np.hypot(*np.subtract(found[number + 1], place)) for number, place in enumerate(plane)]
    assert np.mean(distances) < 0.1
    assert np.max(distances) < 0.35


def test_frames_tell_classes_apart() -> None:
    plane = np.array([[0, 0], [1, 0], [2, 0]], np.float32)
    pixels = mosaic(plane, np.zeros((3, 4, 4, 3), np.uint8), np.array([5, 9, 5])).pixels
    colors = {tuple(color) for color in pixels[pixels[..., :3].any(axis=2), :3].tolist()}
    assert len(colors) == 2


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((3, 112, 112, 3), (3, 48, 48, 3)), ((2, 60, 80, 1), (2, 36, 48, 1)), ((2, 32, 32, 1), (2, 32, 32, 1))],
)
def test_thumbnails_keep_their_proportions_and_are_never_enlarged(
    shape: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    small = thumbnails(np.full(shape, 9, np.uint8))
    assert small.shape == expected
    assert (small == 9).all()
