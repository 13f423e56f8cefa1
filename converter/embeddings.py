"""Embeddings of images by a network in any of its forms: Keras, float .tflite, int8 .tflite.

Lengths and mirror images are the device's: `edge_siamese.embedding.unit_rows` and `average_with_flip`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.embedding import unit_rows
from edge_siamese.preprocessing import float_input, int8_input
from edge_siamese.protocols import Network
from edge_siamese.tflite.runtime import load_network

Embeddings = npt.NDArray[np.float32]


def embed_float(network: Any, crops: npt.NDArray[np.uint8]) -> Embeddings:
    """Unit float embeddings ``(N, D)`` of crops."""
    return unit_rows(float_outputs(network, crops))


def float_outputs(network: Any, crops: npt.NDArray[np.uint8]) -> Embeddings:
    """What a float network answers ``(N, D)`` for crops."""
    blocks = [network.predict_on_batch(float_input(crops[at : at + 128])) for at in range(0, len(crops), 128)]
    return np.concatenate(blocks)


def embed_model(model: bytes, images: npt.NDArray[np.uint8]) -> Embeddings:
    """Embeddings ``(N, D)`` of a .tflite, int8 or float32 at its ends, as real numbers up to a common factor."""
    network = load_network(model, float_too=True)
    ((_, zero_point),) = network.output_scales().values()
    whole = network.input_dtype == np.int8
    rows = [
        next(iter(network.run(int8_input(image[None]) if whole else float_input(image[None])).values())).reshape(-1)
        for image in images
    ]
    return np.stack(rows).astype(np.float32) - zero_point


def embed_int8(network: Network, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
    """Raw int8 embeddings ``(N, D)`` of crops."""
    rows = [next(iter(network.run(int8_input(crop[None])).values())).reshape(-1) for crop in crops]
    return np.stack(rows)


def row_cosines(first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Cosines ``(N,)`` between two embeddings of each image; 0 where one has no length."""
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    return np.asarray(np.sum(first * second, axis=1) / np.maximum(norms, 1e-9), np.float64)
