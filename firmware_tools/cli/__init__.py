"""``edge-siamese firmware``."""

import click

from edge_siamese.cli.shared.lazy import Entry, LazyGroup

COMMANDS = {
    "boards": Entry(f"{__name__}.gallery:boards", "List the known boards, with their slots for galleries."),
    "build": Entry(f"{__name__}.gallery:build", "Write a gallery as images for a board's flash."),
    "generate": Entry(f"{__name__}.generate:generate", "Generate C sources from an int8 network."),
}


@click.group(cls=LazyGroup, entries=COMMANDS)
def firmware() -> None:
    """Prepare galleries and networks for microcontrollers."""
