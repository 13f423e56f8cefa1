"""Licenses of weights: read them from files, pass them on to converted models, and check commercial use.

This is not legal advice: the check uses the stored license text and rejects weights that state no license.
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
_LICENSE_FIELD = 5  # field of ModelMetadata in the TFLite Metadata schema
_RESEARCH_ONLY = re.compile(
    r"research|evaluation|non-?commercial|academic|educational|\bCC[- ]BY(-\w+)*-NC\b|\bNC\b", re.IGNORECASE
)


def is_research_only(license: str) -> bool:
    """Check whether a license text, as in a card, excludes commercial use."""
    return bool(_RESEARCH_ONLY.search(license))


def require_use(license: str, use: str) -> None:
    """Check that a license allows a use.

    Args:
        license: license of the weights.
        use: ``"research"`` or ``"commercial"``.

    Raises:
        DataError: the use is commercial, and the license excludes it or is not stated.
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
    """Return the license of a model converted from weights.

    Args:
        license: license stored with the weights; may be empty.
        stated: license given by the user, or None.

    Raises:
        DataError: the weights are for research only, and the user states another license.
    """
    if stated is not None and is_research_only(license) and stated != license:
        raise DataError(f"license gate: the weights carry the license '{license}', which --license cannot replace")
    return stated if stated is not None else license or UNSTATED


def license_of_model(path: Path) -> str:
    """Read the license in the card or the metadata of a .tflite; empty if there is none."""
    if zipfile.is_zipfile(path):
        with suppress(ModelError):  # other projects append ZIPs with labels
            return read_card(path).license
    try:
        buffer = metadata_buffer(model_bytes(path), METADATA_NAME)
        return Table.root(buffer).string(_LICENSE_FIELD) if buffer else ""
    except (ValueError, IndexError, OverflowError, struct.error):
        return ""


def license_of_weights(path: Path) -> str:
    """Read the license of an .npz of this project: the stored one, or that of the shipped models it belongs to."""
    from .checkpoints import load_license

    shipped = Path(__file__).parent / "weights"
    if path.resolve().parent == shipped.resolve():
        return read_card(default_model("embedder")).license
    return load_license(path)
