"""Output folders of the firmware commands."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from edge_siamese.errors import DataError


def write_files(files: Mapping[str, bytes], out: Path) -> None:
    """Write all files to a folder, after all of them could be written beside it.

    Raises:
        DataError: the folder cannot be written; files that are there stay as they were.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".build-") as stage:
            for name, data in files.items():
                (Path(stage) / name).parent.mkdir(parents=True, exist_ok=True)
                (Path(stage) / name).write_bytes(data)
            for name in files:
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(stage) / name, out / name)
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror})", path=out) from error
