from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data.preview import preview_grid, write_grid


def darker(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return (image * rng.uniform(0.2, 0.6)).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_originals_stand_left_of_their_copies(channels: int) -> None:
    images = np.full((2, 100, 120, channels), 200, np.uint8)
    grid = preview_grid(images, darker, copies=3)
    assert grid.shape == (4 + 2 * 104, 4 + 124 + 8 + 3 * 124, 3)
    assert np.all(grid[50, 60] == 200)
    copies = [int(grid[50, 4 + 124 + 8 + 124 * copy + 60, 0]) for copy in range(3)]
    assert all(40 <= level <= 120 for level in copies)
    assert len(set(copies)) > 1


def test_small_images_are_enlarged_by_a_whole_factor() -> None:
    images = np.random.default_rng(0).integers(0, 256, (1, 30, 40, 3), np.uint8)
    grid = preview_grid(images, darker, copies=1)
    assert np.array_equal(grid[4 : 4 + 120 : 4, 4 : 4 + 160 : 4], images[0])


def test_the_same_seed_shows_the_same() -> None:
    images = np.full((1, 96, 96, 1), 200, np.uint8)
    first, again, other = (preview_grid(images, darker, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_grid_is_written_with_its_colors(tmp_path: Path) -> None:
    grid = np.full((8, 8, 3), (250, 20, 30), np.uint8)
    write_grid(tmp_path / "new" / "grid.png", grid)
    assert cv2.imread(str(tmp_path / "new" / "grid.png"))[0, 0].tolist() == [30, 20, 250]
    with pytest.raises(DataError, match=r"expected a name that ends with \.png"):
        write_grid(tmp_path / "grid.txt", grid)
