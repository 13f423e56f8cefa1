"""Normalizations by constants, or by the range or moments of each image."""

import numpy as np

from edge_siamese.preprocessing import INPUT_RANGE, INPUT_SCALE, normalize_pixels

from .base import Floats, Images, Normalization


class Unit(Normalization):
    """0 to 1: ``pixel / 255``."""

    name = "unit"
    affine = (1 / 255, 0.0)

    def __call__(self, images: Images) -> Floats:
        return np.asarray(images, np.float32) / np.float32(255)


class Signed(Normalization):
    """-1 to 127/128: ``(pixel - 128) / 128``, the input of models on the device."""

    name = "signed"
    affine = (INPUT_SCALE, INPUT_RANGE[0])

    def __call__(self, images: Images) -> Floats:
        return normalize_pixels(np.asarray(images, np.float32))


class MinMax(Normalization):
    """-1 to 1 in every image: ``(x - min) / (max - min) * 2 - 1``; a flat image is -1."""

    name = "min-max"

    def __call__(self, images: Images) -> Floats:
        values = np.asarray(images, np.float32)
        minimum = values.min(axis=(1, 2, 3), keepdims=True)
        extent = np.maximum(values.max(axis=(1, 2, 3), keepdims=True) - minimum, 1)
        return np.asarray((values - minimum) / extent * 2 - 1, np.float32)


class Standardize(Normalization):
    """Zero mean and unit deviation in every image: ``(x - mean) / max(std, 1 / sqrt(values))``."""

    name = "standardize"

    def __call__(self, images: Images) -> Floats:
        values = np.asarray(images, np.float32)
        mean = values.mean(axis=(1, 2, 3), keepdims=True, dtype=np.float64)
        deviation = values.std(axis=(1, 2, 3), keepdims=True, dtype=np.float64)
        return np.asarray((values - mean) / np.maximum(deviation, values[0].size ** -0.5), np.float32)
