"""Never trust a converter unchecked: what it wrote has to compute what its original computes."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import EdgeSiameseError
from edge_siamese.tflite.runtime import load_network

Floats = npt.NDArray[np.float32]
MAX_ERROR = 1e-3  # of the embedding's length
_IMAGES = 2


def require_same(what: str, tool: str, original: Callable[[Floats], Floats], converted: bytes) -> None:
    """Compare on random inputs.

    Args:
        what: the original, for the message.
        tool: what converted it, for the message.
        original: float32 inputs ``(1, H, W, C)`` to an embedding of any shape with D values.
        converted: the float .tflite.

    Raises:
        EdgeSiameseError: the two differ.
    """
    network = load_network(converted, float_too=True)
    rng = np.random.default_rng(0)
    for _ in range(_IMAGES):
        image = rng.uniform(-1, 1, network.input_shape).astype(np.float32)
        expected = np.asarray(original(image), np.float32).reshape(-1)
        (found,) = network.run(image).values()
        error = np.linalg.norm(found.reshape(-1) - expected) / max(float(np.linalg.norm(expected)), 1e-12)
        if not error <= MAX_ERROR:
            raise EdgeSiameseError(
                f"{what}: {tool} wrote a network that computes something else (relative error {error:.3g}, allowed are "
                f"{MAX_ERROR}); try another version of it, or export the original in another format"
            )
