"""Load a detector network with its weights."""

from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError

from ...checkpoints import load_description, load_weights
from ...networks.detector import TABLES, build_detector


def load_detector(path: Path, input_size: int) -> Any:
    """Build the detector that the weights of `train-detector` belong to, and load them.

    Args:
        path: the ``.npz`` file.
        input_size: side of the square input in pixels, a multiple of 32.

    Raises:
        DataError: the file is missing, or its weights are not those of a detector of this version.
    """
    table = load_description(path).get("table")
    if table not in TABLES:
        known = " or ".join(TABLES)
        raise DataError(f"{path}: expected weights of a detector with the table {known}, found {table!r}", path=path)
    network = build_detector(input_size, table)
    load_weights(path, network)
    return network
