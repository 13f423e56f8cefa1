"""What every page has in common: the packages it needs, its templates, how numbers are written."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import RuntimeMissingError
from .formatting import percent, percent_interval, points


def require(packages: Sequence[str], extra: str) -> None:
    """Say what a page needs before hours are spent on what it shows.

    Args:
        packages: by the names they are imported by.
        extra: of this project, that installs them.

    Raises:
        RuntimeMissingError: one is not installed.
    """
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise RuntimeMissingError(
            f"a report needs {', '.join(missing)}, not installed: pip install 'edge-siamese[{extra}]'"
        )


def page_templates(folder: Path) -> Any:
    """The jinja2 environment of the templates in a folder: everything escaped, nothing undefined."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"percent": percent, "bounds": percent_interval, "points": points}
    return environment
