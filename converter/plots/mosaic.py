"""Thumbnail mosaic: images on a grid, each near its position in a two-dimensional projection."""

import cv2
import numpy as np

from edge_siamese.errors import RuntimeMissingError
from edge_siamese.reports.canvas import PALETTE, Pixels, Raster, as_rgb

from ..evaluation.scoring import Labels
from .projections import Plane

MAX_THUMBNAILS = 600
_CELLS_A_IMAGE = 1.7
_FRAME = 2


def thumbnails(images: Pixels, size: int = 48) -> Pixels:
    """Shrink images uint8 ``(N, H, W, C)`` to at most `size` pixels on the longer side."""
    height, width = images.shape[1:3]
    scale = min(1.0, size / max(height, width))
    if scale == 1.0:
        return images
    expected = max(round(width * scale), 1), max(round(height * scale), 1)
    small = [cv2.resize(image, expected, interpolation=cv2.INTER_AREA) for image in images]
    return np.asarray(small, np.uint8).reshape(len(images), expected[1], expected[0], images.shape[3])


def mosaic(plane: Plane, images: Pixels, labels: Labels | None = None) -> Raster:
    """Assign each image to its own grid cell with the smallest total displacement.

    Empty cells are transparent.

    Args:
        plane: ``(N, 2)``, y upwards; N up to about `MAX_THUMBNAILS`, because the time grows with N cubed.
        images: uint8 ``(N, H, W, C)`` thumbnails.
        labels: class of each image, for the colors of the frames; None draws no frames.
    """
    height, width = images.shape[1] + 2 * _FRAME, images.shape[2] + 2 * _FRAME
    rows, columns = _shape(len(images), height / width)
    canvas = np.zeros((rows * height, columns * width, 4), np.uint8)
    for image, cell, color in zip(
        as_rgb(images), _cells(plane, rows, columns), _colors(labels, len(images)), strict=True
    ):
        y, x = cell // columns * height, cell % columns * width
        canvas[y : y + height, x : x + width] = (*color, 255)
        canvas[y + _FRAME : y + height - _FRAME, x + _FRAME : x + width - _FRAME, :3] = image
    return Raster(canvas)


def _shape(count: int, proportion: float) -> tuple[int, int]:
    """Return rows and columns of a grid of about 4:3 with some empty cells."""
    cells = _CELLS_A_IMAGE * count
    columns = max(int(np.ceil(np.sqrt(cells * proportion * 4 / 3))), 1)
    return max(int(np.ceil(cells / columns)), 1), columns


def _cells(plane: Plane, rows: int, columns: int) -> Labels:
    """Assign a cell to each point with the smallest sum of squared distances."""
    try:
        from scipy.optimize import linear_sum_assignment
    except ImportError as error:
        raise RuntimeMissingError("a mosaic of thumbnails needs scipy; install edge-siamese[converter]") from error
    low, extent = plane.min(axis=0), np.maximum(np.ptp(plane, axis=0), 1e-9)
    places = (plane - low) / extent * (columns - 1, 1 - rows) + (0, rows - 1)
    y, x = np.divmod(np.arange(rows * columns), columns)
    costs = np.square(places[:, :1] - x) + np.square(places[:, 1:] - y)
    return np.asarray(linear_sum_assignment(costs)[1], np.int64)


def _colors(labels: Labels | None, count: int) -> Pixels:
    if labels is None:
        return np.full((count, 3), 255, np.uint8)
    palette = np.array([[int(color[at : at + 2], 16) for at in (1, 3, 5)] for color in PALETTE], np.uint8)
    return palette[np.unique(labels, return_inverse=True)[1] % len(palette)]
