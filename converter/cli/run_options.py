"""Shared options of the commands that train the shipped models."""

from pathlib import Path

import click

from edge_siamese.cli.shared.options import Decorator, with_options

_PATH = click.Path(path_type=Path)


def run_options(recipe: str) -> Decorator:
    """Decorator that adds ``--recipe`` (default `recipe`), ``--out``, ``--initial`` and ``--license`` (as ``license_``)."""
    options: tuple[Decorator, ...] = (
        click.option("--recipe", default=recipe, show_default=True, help="Name of a shipped recipe, or a TOML file."),
        click.option("--out", type=_PATH, required=True, help="Run folder; an interrupted run resumes."),
        click.option("--initial", type=_PATH, help="Initial weights; of an embedder also a teacher (.onnx) to cut."),
        click.option(
            "--license", "license_",
            help="License of the weights, stored with them.  [default: the license of --initial]",
        ),
    )  # fmt: skip

    return lambda command: with_options(command, options)
