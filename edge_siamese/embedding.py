"""The embedder: from an aligned crop to an int8 embedding.

A face and its mirror image are the same person seen twice. Where a model's card says so, an embedding is the mean of the network's
outputs for both: twice the work for fewer errors (`docs/models.md` has what it brings).
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from .errors import ModelError
from .faces import Embedding
from .frames import RGB, mirrored
from .preprocessing import int8_input
from .protocols import Network
from .tflite.model_card import ModelCard

Real = TypeVar("Real", bound=np.floating[Any])


class FaceEmbedder:
    """Embeds aligned crops with an embedder network."""

    def __init__(self, network: Network, card: ModelCard) -> None:
        self.network, self.card = network, card
        scales = network.output_scales()
        if len(scales) != 1:
            raise ModelError(f"an embedder has one output, this model has {len(scales)}")
        (self._output,) = scales
        if scales[self._output][1] != card.zero_point:
            raise ModelError(
                f"the embedder's card names the zero point {card.zero_point}, its output has {scales[self._output][1]}"
            )

    def embed(self, crop: RGB) -> Embedding:
        """Embed one aligned uint8 ``(112, 112, 3)`` RGB crop."""
        values = average_with_flip(crop, self._output_of, average_flip=self.card.average_flip)
        return Embedding(values, self.card.zero_point, self.card.digest, self.card.operating_points)

    def _output_of(self, crop: RGB) -> npt.NDArray[np.int8]:
        return self.network.run(int8_input(crop[None]))[self._output].reshape(-1).copy()


def average_with_flip(
    crops: npt.NDArray[np.uint8], embed: Callable[[npt.NDArray[np.uint8]], npt.NDArray[Any]], *, average_flip: bool
) -> npt.NDArray[Any]:
    """What `embed` answers for images or, with `average_flip`, the mean of its answers for them and their mirror images."""
    first = embed(crops)
    return mean_of_flip(first, embed(mirrored(crops))) if average_flip else first


def mean_of_flip(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The mean of two outputs; of int8 ones, of one zero point, halves go to the even neighbor: no direction gains."""
    mean = (first.astype(np.float32) + second) / 2
    return np.asarray(np.rint(mean).astype(np.int8) if first.dtype == np.int8 else mean)


def unit_rows(rows: npt.NDArray[Real]) -> npt.NDArray[Real]:
    """Rows ``(N, D)`` divided by their lengths, in their own float type; a row of zeros stays."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
