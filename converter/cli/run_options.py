"""Options that the two training commands of the shipped models share."""

from pathlib import Path

import click

from edge_siamese.cli.shared.options import Decorator, with_options

_PATH = click.Path(path_type=Path)


def run_options(recipe: str) -> Decorator:
    """``--recipe`` (`recipe` unless given), ``--out``, ``--initial`` and ``--license`` (as ``license_``)."""
    options: tuple[Decorator, ...] = (
        click.option("--recipe", default=recipe, show_default=True, help="Name of a shipped recipe, or a TOML file."),
        click.option("--out", type=_PATH, required=True, help="Run folder; an interrupted run goes on."),
        click.option("--initial", type=_PATH, help="Weights to begin from."),
        click.option(
            "--license", "license_",
            help="License of the weights, kept with them.  [default: what --initial says of itself]",
        ),
    )  # fmt: skip

    return lambda command: with_options(command, options)
