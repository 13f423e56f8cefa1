"""Options that the two training commands of the shipped models share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_PATH = click.Path(path_type=Path)


def run_options(recipe: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """``--recipe`` (`recipe` unless given), ``--out``, ``--initial`` and ``--license`` (as ``license_``)."""
    options: tuple[Any, ...] = (
        click.option("--recipe", default=recipe, show_default=True, help="Name of a shipped recipe, or a TOML file."),
        click.option("--out", type=_PATH, required=True, help="Run folder; an interrupted run goes on."),
        click.option("--initial", type=_PATH, help="Weights to begin from."),
        click.option(
            "--license", "license_",
            help="Licence of the weights, kept with them.  [default: what --initial says of itself]",
        ),
    )  # fmt: skip

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return with_options
