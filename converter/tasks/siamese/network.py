"""Trainable parts of a recipe: normalization, embedding network and comparison of embeddings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.embedding import average_with_flip

from ...checkpoints import assign_variables, load_arrays, variables_as_arrays
from ...distances import distance
from ...evaluation.scoring import Indices, Score, by_similarity
from ...networks.registry import build_head, build_network
from ...recipes.siamese import SiameseRecipe
from ...training.normalization import Normalization, create
from ...training.precision import arithmetic

Embeddings = npt.NDArray[np.float32]
_IMAGES_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Comparison:
    """Similarity of two embeddings: the logit of a head, or a negative distance.

    Attributes:
        similarity: name of the distance, used without a head.
        head: Keras model from two embeddings to one logit, or to two logits, impostor and genuine; None for a distance.
    """

    similarity: str
    head: Any = None

    def of_pairs(self, first: Embeddings, second: Embeddings) -> npt.NDArray[np.float32]:
        """Compute scores ``(P,)`` of pairs of embeddings ``(P, D)``; larger is more similar."""
        if self.head is None:
            distances = np.asarray(distance(self.similarity)(first, second), np.float32)
            return 1 - distances if self.similarity == "cosine" else -distances
        logits = np.asarray(self.head.predict([first, second], batch_size=4096, verbose=0), np.float32)
        return logits[:, 1] - logits[:, 0] if logits.ndim == 2 else logits

    def of(self, embeddings: Embeddings) -> Score:
        """Return the score function of embeddings ``(N, D)``."""
        if self.head is None:
            return by_similarity(embeddings, self.similarity)

        def score(rows: Indices, columns: Indices) -> npt.NDArray[np.float32]:
            first, second = np.repeat(embeddings[rows], len(columns), 0), np.tile(embeddings[columns], (len(rows), 1))
            return self.of_pairs(first, second).reshape(len(rows), len(columns))

        return score


@dataclass(frozen=True, eq=False)
class SiameseNetwork:
    """Network, normalization and comparison of a recipe.

    Attributes:
        network: Keras model from normalized images to embeddings ``(N, D)``.
        normalization: converts uint8 images to network inputs.
        comparison: comparison of two embeddings.
        equal_lengths: scale embeddings to the length sqrt(D) before the comparison.
        average_flip: use flip averaging.
    """

    network: Any
    normalization: Normalization
    comparison: Comparison
    equal_lengths: bool = False
    average_flip: bool = False

    def embed(self, images: npt.NDArray[np.uint8]) -> Embeddings:
        """Compute embeddings float32 ``(N, D)`` of uint8 images ``(N, H, W, C)``, not L2-normalized."""
        return self.finished(average_with_flip(images, self._outputs, average_flip=self.average_flip))

    def _outputs(self, images: npt.NDArray[np.uint8]) -> Embeddings:
        parts = range(0, len(images), _IMAGES_AT_ONCE)
        inputs = (self.normalization(images[start : start + _IMAGES_AT_ONCE]) for start in parts)
        return np.concatenate([np.asarray(self.network(part, training=False), np.float32) for part in inputs])

    def finished(self, rows: Embeddings) -> Embeddings:
        """Convert outputs of the network ``(N, D)`` to embeddings for the comparison."""
        if not self.equal_lengths:
            return rows
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows * np.sqrt(rows.shape[1]) / np.maximum(lengths, 1e-9), np.float32)

    def arrays(self) -> dict[str, Any]:
        """Return the weights of network and head by variable path."""
        return variables_as_arrays(self.weights)

    def load(self, path: Path) -> None:
        """Load the weights of `arrays` from an ``.npz``.

        Raises:
            DataError: the file is missing or of another network.
        """
        assign_variables(self.weights, load_arrays(path), path)

    @property
    def weights(self) -> list[Any]:
        """Return the Keras variables of network and head."""
        return [*self.network.weights, *(self.comparison.head.weights if self.comparison.head else [])]


def build(
    recipe: SiameseRecipe, training: npt.NDArray[np.uint8], load_weights: Callable[[str, Any], None]
) -> SiameseNetwork:
    """Build the network of a recipe and fit its normalization.

    Args:
        recipe: the recipe.
        training: training images uint8 ``(N, H, W, C)``.
        load_weights: loads the named weights of the recipe into a network.

    Raises:
        DataError: a name or option is unknown, or the network does not support the image size.
    """
    import keras

    keras.utils.set_random_seed(recipe.seed)
    normalization = create(recipe.normalization.name, **recipe.normalization.options).fit(training)
    with arithmetic(recipe.precision):
        network = build_network(
            recipe.network.name,
            input_shape=training.shape[1:],
            dimension=recipe.network.dimension,
            **recipe.network.options,
        )
    if recipe.network.weights:
        load_weights(recipe.network.weights, network)
    head = None
    if recipe.head:
        head = build_head(recipe.head.name, network.output_shape[-1], **recipe.head.options)
    return SiameseNetwork(
        network, normalization, Comparison(recipe.similarity, head),
        equal_lengths=recipe.network.equal_lengths, average_flip=recipe.network.average_flip,
    )  # fmt: skip
