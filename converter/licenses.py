"""The license of weights: what a file says of it, what a derived model inherits, and whether it may be sold.

Nothing here is legal advice: the gate reads what was written down, and refuses what does not say that it may be used.
"""

import re
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

from edge_siamese.errors import DataError, ModelError
from edge_siamese.models import default_model
from edge_siamese.tflite.flatbuffer import Table, metadata_buffer
from edge_siamese.tflite.model_card import METADATA_NAME, model_bytes, read_card

UNSTATED = "unstated"
_LICENSE_FIELD = 5  # of ModelMetadata in the TFLite Metadata schema
_RESEARCH_ONLY = re.compile(
    r"research|evaluation|non-?commercial|academic|educational|\bCC[- ]BY(-\w+)*-NC\b|\bNC\b", re.IGNORECASE
)


def is_research_only(license: str) -> bool:
    """Whether a license, as written in a card, excludes commercial use."""
    return bool(_RESEARCH_ONLY.search(license))


def require_use(license: str, use: str) -> None:
    """The gate.

    Args:
        license: of the weights.
        use: ``"research"`` or ``"commercial"``.

    Raises:
        DataError: commercial use of weights whose license excludes it or is not stated.
    """
    if use != "commercial":
        return
    if is_research_only(license):
        raise DataError(
            f"license gate: the weights are for research only ('{license}'); for --use commercial train on data you have "
            "the rights to"
        )
    if license in {"", UNSTATED}:
        raise DataError("license gate: the weights state no license; for --use commercial name it with --license")


def inherited(license: str, stated: str | None) -> str:
    """The license of a model made from weights.

    Args:
        license: what the weights say of themselves; may be empty.
        stated: what the user says; None is nothing.

    Raises:
        DataError: the user states another license than research-only weights carry.
    """
    if stated is not None and is_research_only(license) and stated != license:
        raise DataError(f"license gate: the weights carry the license '{license}', which --license cannot replace")
    return stated if stated is not None else license or UNSTATED


def license_of_model(path: Path) -> str:
    """What a .tflite says of its license, in its card or its metadata; empty when it says nothing."""
    if zipfile.is_zipfile(path):
        with suppress(ModelError):  # a ZIP may also hold labels of another project
            return read_card(path).license
    try:
        buffer = metadata_buffer(model_bytes(path), METADATA_NAME)
        return Table.root(buffer).string(_LICENSE_FIELD) if buffer else ""
    except (ValueError, IndexError, OverflowError, struct.error):
        return ""


def license_of_weights(path: Path) -> str:
    """What an .npz of this project says of its license: its own word, or that of the shipped models it came with."""
    from .checkpoints import load_license

    shipped = Path(__file__).parent / "weights"
    if path.resolve().parent == shipped.resolve():
        return read_card(default_model("embedder")).license
    return load_license(path)
