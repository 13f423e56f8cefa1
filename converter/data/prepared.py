"""Prepared images as a file: an ``.npz`` without pickles, so that a set is detected, cut and selected once.

Arrays ``images`` uint8 ``(N, H, W, C)``, ``names``, ``paths`` and, where there are some, ``groups`` ``(N,)`` as text, and
``skipped``, a JSON object of path -> reason.
"""

import json
import zipfile
from pathlib import Path

import numpy as np

from edge_siamese.errors import DataError

from ..checkpoints import save_arrays
from .labeled import LabeledImages


def save_prepared(path: Path, images: LabeledImages) -> None:
    """Write images whole or not at all; the folder is made when absent."""
    arrays = {
        "images": images.images,
        "names": np.array(images.names, np.str_),
        "paths": np.array(images.paths, np.str_),
        "skipped": np.array(json.dumps(images.skipped)),
    }
    if images.groups is not None:
        arrays["groups"] = np.array(images.groups, np.str_)
    save_arrays(path, arrays)


def load_prepared(path: Path) -> LabeledImages:
    """Read what `save_prepared` wrote.

    Raises:
        DataError: the file is missing, damaged, or holds something else.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            groups = archive["groups"].tolist() if "groups" in archive else None
            skipped = dict(json.loads(str(archive["skipped"])))
            return LabeledImages(
                archive["images"], archive["names"].tolist(), archive["paths"].tolist(), groups, skipped
            )
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: expected images of 'data prepare' (.npz), cannot read them ({error})") from error
