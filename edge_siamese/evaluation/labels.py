"""Reader of the user's photo labels, for error rates by label."""

import csv
import io
from pathlib import Path

from ..errors import DataError
from ..identity_dataset import Photo
from ..text_file import read_text


def read_labels(path: Path, photos: list[Photo]) -> dict[str, list[str]]:
    """Read a CSV with a header: first column ``<person>/<file>``, then one column per label.

    Photos that are not in the file are unlabeled.

    Returns:
        For each column the label of each of `photos`; empty text for an unlabeled photo.

    Raises:
        DataError: the file is not such a CSV, or names a photo twice or one that is not in the dataset.
    """
    header, rows = _read(path)
    labels: dict[str, dict[str, str]] = {name: {} for name in header[1:]}
    known, listed = {photo.path for photo in photos}, set()
    for photo, *values in rows:
        if photo not in known or photo in listed:
            problem = "names twice" if photo in listed else "names a photo the dataset does not have:"
            raise DataError(f"{path}: {problem} {photo!r}; expected paths as '{photos[0].path}', each once", path=path)
        listed.add(photo)
        for name, value in zip(header[1:], values, strict=True):
            labels[name][photo] = value.strip()
    return {name: [column.get(photo.path, "") for photo in photos] for name, column in labels.items()}


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    """Read the header and the rows; all have the same length."""
    try:
        table = [row for row in csv.reader(io.StringIO(read_text(path)), strict=True) if row]
    except csv.Error as error:
        raise DataError(f"{path}: expected a CSV ({error})", path=path) from error
    header = table[0] if table else []
    if len(header) < 2 or len(set(header[1:])) < len(header) - 1:
        raise DataError(
            f"{path}: expected a header of 'photo' and at least one label, each once, found {','.join(header)!r}",
            path=path,
        )
    for row in table:
        if len(row) != len(header):
            raise DataError(f"{path}: expected {len(header)} fields in every row, found {','.join(row)!r}", path=path)
    return header, table[1:]
