"""Options that many commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
target_fpir_option: Decorator = click.option(
    "--target-fpir",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=1e-3,
    show_default=True,
    help="Accepted rate of strangers being named.",
)

_ENGINE_OPTIONS = (
    click.option("--embedder", type=click.Path(path_type=Path), help="Embedder .tflite instead of the shipped one."),
    click.option("--detector", type=click.Path(path_type=Path), help="Detector .tflite instead of the shipped one."),
    click.option(
        "--delegate",
        type=click.Choice(["xnnpack", "reference", "edgetpu"]),
        default="xnnpack",
        show_default=True,
        envvar="EDGE_SIAMESE_DELEGATE",
        help="What computes the networks.",
    ),
    click.option("--threads", type=click.IntRange(1, 64), default=1, show_default=True, envvar="EDGE_SIAMESE_THREADS"),
)


def engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--embedder --detector --delegate --threads``; pass them on to `FaceEngine.open`."""
    for option in reversed(_ENGINE_OPTIONS):
        command = option(command)
    return command
