"""What an augmentation does, as a picture: originals on the left, augmented copies beside them."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError

Picture = npt.NDArray[np.uint8]

_GAP = 4
_AFTER_ORIGINAL = 12
_BACKGROUND = 255
_LEAST_SIDE = 96


def preview_grid(
    pictures: npt.NDArray[np.uint8],
    augmentation: Callable[[Picture, np.random.Generator], Picture],
    *,
    copies: int = 8,
    seed: int = 0,
) -> Picture:
    """A row for each picture: as it is, then `copies` augmented ones.

    Args:
        pictures: uint8 ``(N, H, W, C)``.
        augmentation: from a picture ``(H, W, C)`` and a generator to one of the same shape.
        copies: of each.
        seed: of the generators; one for each copy.

    Returns:
        uint8 ``(H', W', 3)`` RGB. Pictures under 96 pixels are enlarged by a whole factor.
    """
    rows = []
    for number, picture in enumerate(pictures):
        made = [augmentation(picture, np.random.default_rng((seed, number, copy))) for copy in range(copies)]
        tiles = [_tile(picture, right=_AFTER_ORIGINAL - _GAP), *map(_tile, made)]
        rows.append(np.concatenate(tiles, axis=1))
    grid = np.concatenate(rows)
    return np.pad(grid, ((_GAP, 0), (_GAP, 0), (0, 0)), constant_values=_BACKGROUND)


def write_grid(path: Path, grid: Picture) -> None:
    """Write an RGB picture in the format of the path's suffix, whole or not at all.

    Raises:
        DataError: there is no such format.
    """
    try:
        encoded = cv2.imencode(path.suffix, cv2.cvtColor(grid, cv2.COLOR_RGB2BGR))[1]
    except cv2.error as error:
        raise DataError(f"{path}: expected a name that ends with .png, .jpg or another picture format") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as stream:
        stream.write(bytes(encoded))


def _tile(picture: Picture, right: int = 0) -> Picture:
    """RGB, enlarged, with a gap at the bottom and at the right."""
    factor = -(-_LEAST_SIDE // min(picture.shape[:2]))
    large = picture.repeat(factor, axis=0).repeat(factor, axis=1)
    color = np.broadcast_to(large, (*large.shape[:2], 3))
    return np.pad(color, ((0, _GAP), (0, _GAP + right), (0, 0)), constant_values=_BACKGROUND)
