"""Other people's detectors, measured in the same run and on the same images as ours."""

from collections.abc import Callable
from pathlib import Path

from edge_siamese.errors import DataError

from .base import Detector
from .yunet import YuNet

__all__ = ["PEERS", "Detector", "YuNet", "open_peer"]

PEERS: dict[str, Callable[[Path, float], Detector]] = {"yunet": YuNet}


def open_peer(description: str, threshold: float) -> Detector:
    """Open the peer that ``NAME=FILE`` describes.

    Args:
        description: a name of `PEERS` and the peer's model file.
        threshold: least confidence, 0 to 1.

    Raises:
        DataError: the description is not of this form, or the file is missing.
        ModelError: the file is not that peer's model.
    """
    name, _, file = description.partition("=")
    if name not in PEERS or not file:
        raise DataError(f"peer: expected {' or '.join(f'{known}=FILE' for known in PEERS)}, found {description!r}")
    return PEERS[name](Path(file), threshold)
