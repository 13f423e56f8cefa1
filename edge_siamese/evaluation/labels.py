"""Labels that the user gives to photos, to see error rates by them."""

import csv
import io
from pathlib import Path

from ..errors import DataError
from ..identity_dataset import Photo


def read_labels(path: Path, photos: list[Photo]) -> dict[str, list[str]]:
    """Read a CSV with a header: first the photo as ``<person>/<file>``, then one column a label.

    Photos the file does not name are unlabeled.

    Returns:
        By column the label of each of `photos`, empty without one.

    Raises:
        DataError: it is no such file, or names a photo the dataset lacks, or one twice.
    """
    header, rows = _read(path)
    labels: dict[str, dict[str, str]] = {name: {} for name in header[1:]}
    known, seen = {photo.path for photo in photos}, set()
    for photo, *values in rows:
        if photo not in known or photo in seen:
            problem = "names twice" if photo in seen else "names a photo the dataset does not have:"
            raise DataError(f"{path}: {problem} {photo!r}; expected paths as '{photos[0].path}', each once", path=path)
        seen.add(photo)
        for name, value in zip(header[1:], values, strict=True):
            labels[name][photo] = value.strip()
    return {name: [column.get(photo.path, "") for photo in photos] for name, column in labels.items()}


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows, all of one length."""
    try:
        table = [row for row in csv.reader(io.StringIO(path.read_text("utf-8-sig")), strict=True) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: expected a CSV in UTF-8 ({error})", path=path) from error
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
