"""Interface of an adapter: another project's detection, alignment and embedding of one image.

Adapters run in worker processes, possibly of another Python environment. They import numpy and their project only; those
that align by the ArcFace template also import `edge_siamese.alignment`, which needs OpenCV there.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""Image of shape ``(H, W, 3)``, RGB, contiguous."""
Files = dict[str, Path]
"""Model files by role, see `registry.FileNeed`."""

COSINE, DISTANCE = "cosine", "distance"


@dataclass(frozen=True, eq=False)
class FoundFace:
    """A face as an adapter found it.

    Attributes:
        box: x, y, width, height in pixels.
        score: the project's confidence; its scale does not matter.
        native: what the adapter needs to embed the face; it stays in the worker.
    """

    box: tuple[float, float, float, float]
    score: float
    native: Any = None


@dataclass(frozen=True)
class About:
    """Description of a running adapter.

    Attributes:
        versions: version of each package that computes, by name.
        embeds: False for a detector alone.
        metric: ``"cosine"`` of embeddings, or ``"distance"`` (Euclidean).
        package_bytes: bytes of the model files inside the project's package; 0 without any.
        zero_point: quantized value that represents 0, for int8 embeddings.
        runs: how often an answer runs the embedder's network.
    """

    versions: dict[str, str]
    embeds: bool = True
    metric: str = COSINE
    package_bytes: int = 0
    zero_point: int = 0
    runs: int = 1
    notes: list[str] = field(default_factory=list)


class Adapter(Protocol):
    """Another project's pipeline, with its models loaded; one thread."""

    def about(self) -> About: ...

    def detect(self, image: Pixels) -> list[FoundFace]:
        """Faces of an image."""
        ...

    def embed(self, image: Pixels, face: FoundFace) -> npt.NDArray[Any]:
        """Align and embed one of the faces that `detect` found on the same image: int8 or float ``(D,)``."""
        ...


class DetectorOnly:
    """Base of adapters without an embedder."""

    def embed(self, image: Pixels, face: FoundFace) -> npt.NDArray[Any]:
        raise NotImplementedError("a detector computes no embeddings")


def version_of(*distributions: str) -> dict[str, str]:
    """Versions of the installed distributions among those named."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in distributions:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
