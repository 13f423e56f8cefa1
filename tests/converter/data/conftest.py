"""Labeled images of random noise, and trees of small image files."""

from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese_converter.data.labeled import LabeledImages

Make = Callable[..., LabeledImages]


@pytest.fixture(scope="session")
def labeled() -> Make:
    """``labeled({"anna": 3, "ben": 2}, channels=1)``: so many different images of everybody."""

    def make(counts: Mapping[str, int], channels: int = 3, *, grouped: bool = False) -> LabeledImages:
        names = [name for name, count in counts.items() for _ in range(count)]
        paths = [f"{name}/{number}.png" for name, count in counts.items() for number in range(count)]
        images = np.random.default_rng(1).integers(0, 256, (len(names), 8, 6, channels), np.uint8)
        return LabeledImages(images, names, paths, [name.split("/")[0] for name in names] if grouped else None)

    return make


@pytest.fixture(scope="session")
def write_noise() -> Callable[..., None]:
    """``write_noise(path, seed, size=(20, 16))``: an image file of its own content."""

    def write(path: Path, seed: int, size: tuple[int, int] = (20, 16)) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8))

    return write
