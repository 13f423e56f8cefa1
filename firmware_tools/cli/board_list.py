"""``edge-siamese firmware boards list`` and ``check``."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table

if TYPE_CHECKING:
    from ..boards import Board


@click.command("list")
@json_option
def list_boards(as_json: bool) -> None:
    """List the boards that are known, with their slots for galleries and what their firmware needs."""
    from ..boards import known_boards

    if as_json:
        emit_json("firmware-boards", {"boards": [_board_json(board) for board in known_boards()]})
        return
    rows = [
        (board.name, board.cpu, f"{_flash_size(board) // 1024:,}", _slots(board), _firmware(board), board.title)
        for board in known_boards()
    ]
    header = ("board", "cpu", "flash KiB", "gallery slots", "firmware", "what it is")
    click.echo(table(rows, header=header, align="<<><<<"))


@click.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def check_board(file: Path, as_json: bool) -> None:
    """Check a board file of your own, and explain its flash map.

    FILE is a .toml; docs/formats.md describes it. Overlapping regions and parts outside of flash are errors.
    """
    from ..boards import read_board

    board = read_board(file)
    if as_json:
        emit_json("firmware-board-check", _board_json(board))
        return
    click.echo(f"{board.name}: {board.title}, {board.cpu}")
    click.echo(table(_map(board), header=("from", "to", "bytes", "what"), align=">>><"))
    if board.firmware is None:
        click.echo("galleries only: the file has no [firmware] table")


def _map(board: "Board") -> list[tuple[str, str, str, str]]:
    """Address, end, size and use of each part, by address."""
    parts = [(region.address, region.size, f"flash in pages of {region.erase:,}") for region in board.flash]
    parts += [(slot.address, slot.size, f"gallery slot {slot.name}") for slot in board.slots]
    profile = board.firmware
    if profile:
        parts.append((profile.code, profile.code_size, "code and constants"))
        parts.append((profile.ram, profile.stack, "stack"))
        parts.append((profile.ram + profile.stack, profile.ram_size - profile.stack, "memory"))
    return [(f"{at:#010x}", f"{at + size:#010x}", f"{size:,}", use) for at, size, use in sorted(parts)]


def _flash_size(board: "Board") -> int:
    return sum(region.size for region in board.flash)


def _slots(board: "Board") -> str:
    first, second = board.slots
    return f"{first.address:#010x}, {second.address:#010x}, {first.size // 1024} KiB each"


def _firmware(board: "Board") -> str:
    profile = board.firmware
    return f"{profile.backend}, {profile.width}x{profile.height} {profile.frame_format}" if profile else "-"


def _board_json(board: "Board") -> dict[str, Any]:
    return {
        "name": board.name,
        "title": board.title,
        "aliases": list(board.aliases),
        "cpu": board.cpu,
        "flash": [vars(region) for region in board.flash],
        "slots": [vars(slot) for slot in board.slots],
        "firmware": asdict(board.firmware) if board.firmware else None,
    }
