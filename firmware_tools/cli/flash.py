"""``edge-siamese firmware check`` and ``flash``."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table

if TYPE_CHECKING:
    from ..boards import Board

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_BOARD = click.option("--board", "board_name", required=True, help="The board that the folder was built for.")


@click.command()
@_FOLDER
@_BOARD
@json_option
def check(folder: Path, board_name: str, as_json: bool) -> None:
    """Read every image of a build FOLDER again, and compare it with what was built byte by byte.

    Images are compared with the ELF file, the merged image of an ESP-IDF project with its parts, and a Linux program with the SHA-256 of
    its build.
    """
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
@click.option("--tool", help="The program that writes; the first of the board's file that is installed if left out.")
@click.option("--to", help="For a board with Linux: user@host, or the root folder of its mounted card.")
@click.option("--line", default="/dev/serial0", show_default=True, help="For a board with Linux: where messages go.")
@click.option("--dry-run", is_flag=True, help="Print the commands and write nothing.")
@json_option
def flash(
    folder: Path,
    board_name: str,
    parts: tuple[str, ...],
    tool: str | None,
    to: str | None,
    line: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write the images of a build FOLDER with a program that knows the board, and read back what was written.

    For a board with Linux, installs the program, the gallery and a service into the directory that is not in use, and switches to it.
    """
    from ..boards import find_board
    from ..image.build import profile_of
    from ..image.flash import plan_writes, run_writes
    from ..image.flashers import find_flasher

    board = find_board(board_name)
    wanted = parts or (("firmware", "gallery") if (folder / "gallery.bin").exists() else ("firmware",))
    if profile_of(board).target:
        _install(folder, board, wanted, to, line, dry_run=dry_run, as_json=as_json)
        return
    if to:
        raise click.UsageError(f"--to is for boards with Linux; {board.name} is written over its programmer")
    flasher = find_flasher(board, tool, installed=not dry_run)
    writes = plan_writes(folder, board, wanted)
    commands = [flasher.command(flasher.write, str(each.file), each.address, each.size) for each in writes]
    if not as_json:
        for command in commands:
            click.echo(shlex.join(command))
    if not dry_run:
        run_writes(writes, flasher)
    if as_json:
        facts = {"commands": commands, "parts": wanted, "tool": flasher.program, "written": not dry_run}
        emit_json("firmware-flash", facts)
    elif not dry_run:
        click.echo(f"written by {flasher.program}, read back and compared: {', '.join(wanted)}")


def _install(
    folder: Path, board: "Board", parts: tuple[str, ...], to: str | None, line: str, *, dry_run: bool, as_json: bool
) -> None:
    from ..image.check import check_images
    from ..image.install import BASE, plan_installation, run_installation

    if to is None:
        raise click.UsageError(
            f"{board.name} is a board with Linux: --to says where it is, user@host or a mounted card's root"
        )
    check_images(folder, board)
    plan = plan_installation(folder, board, parts, to, line)
    used = None if dry_run else run_installation(plan)
    if as_json:
        facts = {"parts": parts, "to": to, "files": plan.names, "written": not dry_run, "directory": used}
        emit_json("firmware-flash", {"commands": [plan.command], **facts})
        return
    for name in plan.names:
        click.echo(f"  {name}")
    way = "ssh " + to if plan.command[0] == "ssh" else to
    if used is None:
        click.echo(
            f"would be installed by {way} into the directory of {BASE} that is not in use, which then becomes {BASE}/current"
        )
    else:
        click.echo(f"installed by {way}: {BASE}/current is {used}")
