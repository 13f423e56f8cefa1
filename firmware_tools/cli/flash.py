"""``edge-siamese firmware check`` and ``flash``."""

import shlex
from dataclasses import asdict
from pathlib import Path

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_BOARD = click.option("--board", "board_name", required=True, help="The board that the folder was built for.")


@click.command()
@_FOLDER
@_BOARD
@json_option
def check(folder: Path, board_name: str, as_json: bool) -> None:
    """Read every image of a build FOLDER again, and compare it with the ELF file byte by byte."""
    from ..boards import find_board
    from ..image.check import check_images

    checked = check_images(folder, find_board(board_name))
    if as_json:
        emit_json("firmware-check", {"images": [asdict(image) for image in checked]})
        return
    rows = [(image.name, f"{image.address:#010x}", f"{image.size:,}", image.part) for image in checked]
    click.echo(table(rows, header=("image", "address", "bytes", "holds, byte for byte, the"), align="<>><"))


@click.command()
@_FOLDER
@_BOARD
@click.option(
    "--part",
    "parts",
    type=click.Choice(["firmware", "gallery"]),
    multiple=True,
    help="What to write; both if left out.",
)
@click.option("--dry-run", is_flag=True, help="Print the commands and write nothing.")
@json_option
def flash(folder: Path, board_name: str, parts: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Write the images of a build FOLDER with the program that the board's file names."""
    from ..boards import find_board
    from ..image.flash import flash_commands, run_flash_commands

    board = find_board(board_name)
    wanted = parts or (("firmware", "gallery") if (folder / "gallery.bin").exists() else ("firmware",))
    commands = flash_commands(folder, board, wanted)
    if not as_json:
        for command in commands:
            click.echo(shlex.join(command))
    if not dry_run:
        run_flash_commands(commands)
    if as_json:
        emit_json("firmware-flash", {"commands": commands, "parts": wanted, "written": not dry_run})
