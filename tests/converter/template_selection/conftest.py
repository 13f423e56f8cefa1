"""Embedded photos of people who are directions in space, with an embedder's card."""

from collections.abc import Callable

import numpy as np
import pytest

from edge_siamese.operating_point import OperatingPoint
from edge_siamese.tflite.model_card import ModelCard
from edge_siamese_converter.template_selection.photos import Photos
from tests.doubles import embedder_card

DIMENSION = 64


@pytest.fixture
def card() -> ModelCard:
    """Accepts from a score of 0.5 at any rate."""
    point = OperatingPoint(1e-6, 16384, 5e-7, 10**7, 300, 0.1, "5a" * 32)
    return embedder_card(DIMENSION, zero_point=3, operating_points=[point])


@pytest.fixture
def photos(card: ModelCard) -> Callable[..., Photos]:
    """``photos({"anna": 4}, spread=20)``: so many templates of everybody, around one direction each."""

    def make(counts: dict[str, int], spread: float = 20.0) -> Photos:
        paths, indices, people = [], [], {}
        for name, count in counts.items():
            rng = np.random.default_rng(list(name.encode()))
            center = rng.normal(0, 45, DIMENSION)
            people[name] = list(range(len(indices), len(indices) + count))
            indices += [center + rng.normal(0, spread, DIMENSION) for _ in range(count)]
            paths += [f"{name}/{number}.jpg" for number in range(count)]
        embeddings = np.clip(np.rint(indices), -128, 127).astype(np.int8)
        return Photos(paths, embeddings, people, card, [])

    return make
