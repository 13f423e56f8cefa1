from typing import Any

import numpy as np
import pytest

from edge_siamese_converter.embeddings import row_cosines
from edge_siamese_converter.recipes.siamese import SiameseRecipe
from edge_siamese_converter.tasks.siamese.int8 import quantize_model
from edge_siamese_converter.tasks.siamese.network import build


def recipe(normalization: str, network: dict[str, Any]) -> SiameseRecipe:
    return SiameseRecipe.model_validate(
        {
            "task": "siamese",
            "summary": "a test",
            "data": {},
            "network": network,
            "head": {"name": "logistic"},
            "normalization": {"name": normalization},
            "training": {"epochs": 1},
        }
    )


@pytest.mark.parametrize(
    ("normalization", "network"),
    [
        ("unit", {"name": "hani"}),
        ("min-max", {"name": "hani"}),
        ("signed", {"name": "hani", "frozen": True, "equal_lengths": True}),
        ("min-max", {"name": "hani", "average_flip": True}),
    ],
)
def test_int8_embeddings_say_what_the_float_ones_do_in_direction_and_length(
    normalization: str, network: dict[str, Any]
) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, 64, 64, 1), np.uint8)
    model = build(recipe(normalization, network), images, lambda name, network: None)
    int8 = quantize_model(model, images)
    original, rounded = model.embed(images), int8.real(int8.embed(images)[0])
    assert row_cosines(original, rounded).min() > 0.98
    lengths = np.linalg.norm(rounded, axis=1) / np.linalg.norm(original, axis=1)
    assert lengths == pytest.approx(1, abs=0.1)
    alike = np.abs(model.embed(images[:, :, ::-1]) - original).max() < 1e-4 * np.abs(original).max()
    assert alike == model.average_flip == np.array_equal(int8.embed(images[:, :, ::-1])[0], int8.embed(images)[0])
    if model.equal_lengths:
        assert np.linalg.norm(original, axis=1) == pytest.approx(np.sqrt(40), rel=1e-5)
    assert int8.folded == (normalization != "min-max")
