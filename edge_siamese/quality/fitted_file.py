"""Reader of fitted measures, which are JSON files."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ..errors import DataError

Measure = TypeVar("Measure")


def read_fitted(path: Path, parse: Callable[[Mapping[str, Any]], Measure]) -> Measure:
    """Read a JSON file and parse its fields.

    Raises:
        DataError: the file cannot be read, is not JSON, or `parse` rejects its fields; the message begins with the path.
    """
    try:
        return parse(json.loads(path.read_bytes()))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})", path=path) from error
    except ValueError as error:
        raise DataError(f"{path}: {error}", path=path) from error
