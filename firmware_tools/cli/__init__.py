"""``edge-siamese firmware``."""

import click

from edge_siamese.cli.shared.lazy import Entry, LazyGroup

COMMANDS = {
    "boards": Entry(f"{__name__}:boards", "List the known boards, or check a board file."),
    "build": Entry(f"{__name__}.build:build", "Build a firmware image for a board."),
    "check": Entry(f"{__name__}.flash:check", "Compare the images of a build byte by byte."),
    "flash": Entry(f"{__name__}.flash:flash", "Write a build to a board's flash."),
    "gallery": Entry(f"{__name__}.gallery:gallery", "Write a gallery as images for a board's flash."),
    "generate": Entry(f"{__name__}.generate:generate", "Generate C sources from an int8 network."),
    "merge": Entry(f"{__name__}.merge:merge", "Merge what ESP-IDF built, and its gallery, to one image."),
    "monitor": Entry(f"{__name__}.serial_commands:monitor", "Print what a board sends over its serial line."),
    "run": Entry(f"{__name__}.run:run", "Run a firmware in an emulator on photos."),
    "update": Entry(f"{__name__}.serial_commands:update", "Send a gallery to a board over its serial line."),
    "wrap": Entry(f"{__name__}.wrap:wrap", "Wrap and sign a program for the boot loader MCUboot."),
}
_BOARDS = {
    "check": Entry(f"{__name__}.board_list:check_board", "Check a board file and explain its flash map."),
    "list": Entry(f"{__name__}.board_list:list_boards", "List the known boards."),
}


@click.group(cls=LazyGroup, entries=COMMANDS)
def firmware() -> None:
    """Prepare firmware, networks and galleries for microcontrollers."""


@click.group(cls=LazyGroup, entries=_BOARDS)
def boards() -> None:
    """The boards that are known, and board files of your own."""
