"""Embedded datasets of people whose embeddings are directions with noise, without photos."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.faces import Face
from edge_siamese.identity_dataset import Photo
from edge_siamese.quality.gate import Quality

MakeEmbeddings = Callable[..., DatasetEmbeddings]


@pytest.fixture(scope="session")
def make_embeddings() -> MakeEmbeddings:
    def make(
        counts: Sequence[int],
        noise: float = 1.0,
        seed: int = 0,
        without_face: Sequence[int] = (),
        side: float = 120.0,
    ) -> DatasetEmbeddings:
        """One person for each number of counts; their embeddings are a direction of their own and noise."""
        rng = np.random.default_rng(seed)
        owner = np.repeat(np.arange(len(counts)), counts)
        vectors = rng.normal(size=(len(counts), 32))[owner] + noise * rng.normal(size=(len(owner), 32))
        found = ~np.isin(np.arange(len(owner)), without_face)
        captures = [number + 1 for count in counts for number in range(count)]
        photos = [
            Photo(f"p{person:03d}", f"p{person:03d}/p{person:03d}_{captured:04d}.png")
            for person, captured in zip(owner, captures, strict=True)
        ]
        quality = Quality(side=side, sharpness=5.0, brightness=120.0, contrast=40.0, yaw=0.1, roll=0.0, confidence=0.9)
        face = Face(np.zeros(4, np.float32), np.zeros((5, 2), np.float32), 0.9)
        return DatasetEmbeddings(
            photos=photos,
            embeddings=np.where(found[:, None], np.clip(np.round(vectors * 30), -127, 127), 0).astype(np.int8),
            found=found,
            centered=found,
            unreadable={},
            zero_point=0,
            embedder="ab" * 32,
            faces=[face if there else None for there in found],
            qualities=[quality if there else None for there in found],
        )

    return make
