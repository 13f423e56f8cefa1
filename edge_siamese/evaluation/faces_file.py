"""Writer of the ``.npz`` file of ``edge-siamese embed``: the faces of many images as arrays."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..atomic import write_atomically
from ..faces import Face
from ..quality.gate import Quality
from ..tflite.model_card import ModelCard


class FacesFile:
    """Collects faces and writes them to a ``.npz`` file without pickled objects."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int, Face, float]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, path: str, faces: Sequence[Face], qualities: Sequence[Quality]) -> None:
        """Add the embedded faces of one image, in their order, and the quality of each."""
        self._rows += [
            (path, index, face, quality.score)
            for index, (face, quality) in enumerate(zip(faces, qualities, strict=True))
        ]

    def save(self, path: Path, card: ModelCard) -> None:
        """Write the arrays atomically.

        The arrays are paths, face_index, boxes ``(N, 4)``, landmarks ``(N, 5, 2)``, scores, quality, embeddings
        ``(N, D)``, zero_point and embedder_digest.
        """
        faces = [face for _, _, face, _ in self._rows]
        embeddings = [face.embedding.values for face in faces if face.embedding]
        arrays: dict[str, Any] = {
            "paths": np.array([source for source, *_ in self._rows], np.str_),
            "face_index": np.array([index for _, index, *_ in self._rows], np.int32),
            "boxes": np.array([face.box for face in faces], np.float32).reshape(-1, 4),
            "landmarks": np.array([face.landmarks for face in faces], np.float32).reshape(-1, 5, 2),
            "scores": np.array([face.score for face in faces], np.float32),
            "quality": np.array([quality for *_, quality in self._rows], np.float32),
            "embeddings": np.array(embeddings, np.int8).reshape(-1, card.dimension),
            "zero_point": np.array(card.zero_point, np.int8),
            "embedder_digest": np.array(card.digest),
        }
        with write_atomically(path) as stream:
            np.savez_compressed(stream, **arrays)
