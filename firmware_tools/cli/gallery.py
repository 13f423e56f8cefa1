"""``edge-siamese firmware boards`` and ``build``: galleries as images for a board's flash."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table

if TYPE_CHECKING:
    from edge_siamese.gallery import Gallery

    from ..boards import Board
    from ..gallery_image.images import Images


@click.command()
@json_option
def boards(as_json: bool) -> None:
    """List the boards that are known, with their slots for galleries."""
    from ..boards import known_boards

    if as_json:
        emit_json("firmware-boards", {"boards": [_board_json(board) for board in known_boards()]})
        return
    rows = [
        (board.name, board.cpu, f"{sum(region.size for region in board.flash) // 1024:,}", _slots(board), board.title)
        for board in known_boards()
    ]
    click.echo(table(rows, header=("board", "cpu", "flash KiB", "gallery slots", "what it is"), align="<<><<"))


@click.command()
@click.option("--gallery", "path", type=click.Path(path_type=Path), required=True, help="The .esg to flash.")
@click.option("--board", "board_name", required=True, help="A name from 'firmware boards', or a .toml of your own.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the images; made when absent.")
@click.option("--slot", type=click.Choice(["a", "b"]), default="a", show_default=True, help="Which of the two slots.")
@json_option
def build(path: Path, board_name: str, out: Path, slot: str, as_json: bool) -> None:
    """Write a gallery as raw binary, Intel HEX and C array for a board.

    The images are whole erase pages. On a board in use, write the slot that does not hold the newest gallery, the first
    64 bytes last: until they are there, the other slot counts. A board does not know the day, so a gallery with people kept
    beyond their last day is refused.
    """
    from edge_siamese.gallery import Gallery

    from ..boards import find_board
    from ..gallery_image.images import make_images

    board = find_board(board_name)
    gallery = Gallery.open(path)
    _require_current(gallery)
    images = make_images(path.read_bytes(), board, slot)
    _write(images, out)
    if as_json:
        body = {
            "board": board.name,
            "gallery": str(path),
            "sequence": gallery.sequence,
            "embedder_digest": gallery.embedder_digest.hex(),
            **_slot_json(images),
            "files": sorted(str(out / name) for name in images.files),
        }
        emit_json("firmware-build", body)
        return
    click.echo(
        f"{board.name} slot {images.slot.name} at {images.slot.address:#010x}: {images.used:,} of {images.slot.size:,} "
        f"bytes, {len(gallery.names)} people"
    )
    for name in sorted(images.files):
        click.echo(f"  {out / name}")


def _require_current(gallery: "Gallery") -> None:
    from edge_siamese.errors import DataError
    from edge_siamese.gallery.metadata import today

    overdue = gallery.overdue(today())
    if overdue:
        raise DataError(
            f"{gallery.source}: {', '.join(overdue)} kept beyond the last day, which a board does not know: take them out with "
            "'edge-siamese gallery remove' first",
            path=gallery.source,
        )


def _write(images: "Images", out: Path) -> None:
    from edge_siamese.atomic import write_atomically

    out.mkdir(parents=True, exist_ok=True)
    for name, data in images.files.items():
        with write_atomically(out / name) as stream:
            stream.write(data)


def _slots(board: "Board") -> str:
    first, second = board.slots
    return f"{first.address:#010x}, {second.address:#010x}, {first.size // 1024} KiB each"


def _slot_json(images: "Images") -> dict[str, Any]:
    slot = images.slot
    return {
        "slot": slot.name,
        "address": slot.address,
        "slot_size": slot.size,
        "erase": slot.erase,
        "used": images.used,
    }


def _board_json(board: "Board") -> dict[str, Any]:
    return {
        "name": board.name,
        "title": board.title,
        "aliases": list(board.aliases),
        "cpu": board.cpu,
        "flash": [vars(region) for region in board.flash],
        "slots": [vars(slot) for slot in board.slots],
    }
