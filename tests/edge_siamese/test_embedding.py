from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edge_siamese.embedding import FaceEmbedder, mean_of_flip
from edge_siamese.engine import FaceEngine
from edge_siamese.frames import mirrored
from edge_siamese.rendering import GOLDEN_SEEDS, Person, View, render_crop


@pytest.fixture(scope="module")
def crop() -> np.ndarray:
    return render_crop(Person.from_seed(GOLDEN_SEEDS[0]), View(yaw=20.0))


def embedder(engine: FaceEngine, average_flip: bool) -> FaceEmbedder:
    return FaceEmbedder(engine.embedder.network, replace(engine.embedder.card, average_flip=average_flip))


def test_an_embedding_is_what_the_network_answers_or_the_mean_with_the_mirror_images(
    engine: FaceEngine, crop: np.ndarray
) -> None:
    once, both = embedder(engine, False), embedder(engine, True)
    first, second = once.embed(crop).values, once.embed(mirrored(crop)).values
    assert (first != second).any()
    assert np.abs(both.embed(crop).values - (first.astype(float) + second) / 2).max() <= 0.5


def test_a_face_and_its_mirror_image_have_one_embedding_when_both_are_seen(
    engine: FaceEngine, crop: np.ndarray
) -> None:
    both = embedder(engine, True)
    assert (both.embed(crop).values == both.embed(mirrored(crop)).values).all()


def test_the_first_answer_outlives_the_second_run(engine: FaceEngine, crop: np.ndarray) -> None:
    """An interpreter hands out its own memory, which the next run overwrites."""

    class OneBuffer:
        memory = np.zeros((1, 4), np.int8)

        def output_scales(self) -> dict[str, tuple[float, int]]:
            return {"output": (1.0, 3)}

        def run(self, tensor: np.ndarray) -> dict[str, np.ndarray]:
            self.memory[:] = int(tensor[0, 0, 0, 0])
            return {"output": self.memory}

    network: Any = OneBuffer()
    card = replace(engine.embedder.card, average_flip=True, zero_point=3)
    image = np.zeros((112, 112, 3), np.uint8)
    image[:, :56], image[:, 56:] = 128 + 10, 128 + 20
    assert FaceEmbedder(network, card).embed(image).values.tolist() == [15] * 4


def test_halves_go_to_the_even_neighbor_and_nothing_overflows() -> None:
    first = np.array([127, -128, 1, 3, -1, 0], np.int8)
    second = np.array([127, -128, 2, 4, -2, 5], np.int8)
    assert mean_of_flip(first, second).tolist() == [127, -128, 2, 4, -2, 2]
