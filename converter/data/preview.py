"""What an augmentation does, as an image: originals on the left, augmented copies beside them."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError

Image = npt.NDArray[np.uint8]

_GAP = 4
_AFTER_ORIGINAL = 12
_BACKGROUND = 255
_MIN_SIDE = 96


def preview_grid(
    images: npt.NDArray[np.uint8],
    augmentation: Callable[[Image, np.random.Generator], Image],
    *,
    copies: int = 8,
    seed: int = 0,
) -> Image:
    """A row for each image: as it is, then `copies` augmented ones.

    Args:
        images: uint8 ``(N, H, W, C)``.
        augmentation: from an image ``(H, W, C)`` and a generator to one of the same shape.
        copies: of each.
        seed: of the generators; one for each copy.

    Returns:
        uint8 ``(H', W', 3)`` RGB. Images under 96 pixels are enlarged by a whole factor.
    """
    rows = []
    for number, image in enumerate(images):
        made = [augmentation(image, np.random.default_rng((seed, number, copy))) for copy in range(copies)]
        tiles = [_tile(image, right=_AFTER_ORIGINAL - _GAP), *map(_tile, made)]
        rows.append(np.concatenate(tiles, axis=1))
    grid = np.concatenate(rows)
    return np.pad(grid, ((_GAP, 0), (_GAP, 0), (0, 0)), constant_values=_BACKGROUND)


def write_grid(path: Path, grid: Image) -> None:
    """Write an RGB image in the format of the path's suffix, whole or not at all.

    Raises:
        DataError: there is no such format.
    """
    try:
        encoded = cv2.imencode(path.suffix, cv2.cvtColor(grid, cv2.COLOR_RGB2BGR))[1]
    except cv2.error as error:
        raise DataError(f"{path}: expected a name that ends with .png, .jpg or another image format") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as stream:
        stream.write(bytes(encoded))


def _tile(image: Image, right: int = 0) -> Image:
    """RGB, enlarged, with a gap at the bottom and at the right."""
    factor = -(-_MIN_SIDE // min(image.shape[:2]))
    large = image.repeat(factor, axis=0).repeat(factor, axis=1)
    color = np.broadcast_to(large, (*large.shape[:2], 3))
    return np.pad(color, ((0, _GAP), (0, _GAP + right), (0, 0)), constant_values=_BACKGROUND)
