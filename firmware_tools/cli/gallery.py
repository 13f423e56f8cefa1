"""``edge-siamese firmware gallery``: galleries as images for a board's flash."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json

from .files import write_files

if TYPE_CHECKING:
    from edge_siamese.gallery import Gallery

    from ..gallery_image.images import Images


@click.command()
@click.argument("path", metavar="GALLERY", type=click.Path(path_type=Path))
@click.option("--board", "board_name", required=True, help="A name from 'firmware boards', or a .toml of your own.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the images; made when absent.")
@click.option("--slot", type=click.Choice(["a", "b"]), default="a", show_default=True, help="Which of the two slots.")
@click.option(
    "--elf", is_flag=True, help="Also write gallery.elf, with the gallery as a section at the slot's address."
)
@json_option
def gallery(path: Path, board_name: str, out: Path, slot: str, elf: bool, as_json: bool) -> None:
    """Write a gallery as raw binary, Intel HEX and C array for a board.

    GALLERY is an .esg. The images are whole erase pages. On a board in use, write the slot that does not hold the newest gallery, the first
    64 bytes last: until they are there, the other slot counts. A board does not know the day, so a gallery with people kept
    beyond their last day is refused.
    """
    from edge_siamese.gallery import Gallery

    from ..boards import find_board
    from ..image.galleries import gallery_images

    board = find_board(board_name)
    people = Gallery.open(path)
    require_current(people)
    images = gallery_images(path.read_bytes(), board, slot, elf=elf)
    write_files(images.files, out)
    if as_json:
        body = {
            "board": board.name,
            "gallery": str(path),
            "sequence": people.sequence,
            "embedder_digest": people.embedder_digest.hex(),
            **_slot_json(images),
            "files": sorted(str(out / name) for name in images.files),
        }
        emit_json("firmware-gallery", body)
        return
    click.echo(
        f"{board.name} slot {images.slot.name} at {images.slot.address:#010x}: {images.used:,} of {images.slot.size:,} "
        f"bytes, {len(people.names)} people"
    )
    for name in sorted(images.files):
        click.echo(f"  {out / name}")


def require_current(gallery: "Gallery") -> None:
    """Check that no person is kept beyond the last day, which a board does not know.

    Raises:
        DataError: somebody is; the message has the names.
    """
    from edge_siamese.errors import DataError
    from edge_siamese.gallery.metadata import today

    overdue = gallery.overdue(today())
    if overdue:
        raise DataError(
            f"{gallery.source}: {', '.join(overdue)} kept beyond the last day, which a board does not know: take them out with "
            "'edge-siamese gallery remove' first",
            path=gallery.source,
        )


def _slot_json(images: "Images") -> dict[str, Any]:
    slot = images.slot
    return {
        "slot": slot.name,
        "address": slot.address,
        "slot_size": slot.size,
        "erase": slot.erase,
        "used": images.used,
    }
