"""``edge-siamese firmware merge``: one image of a project that ESP-IDF built."""

from pathlib import Path

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table


@click.command()
@click.argument("project", type=click.Path(path_type=Path))
@click.option("--board", "board_name", required=True, help="The board that the project was made for, such as esp32s3.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="File for the image; PROJECT/merged.bin if left out."
)
@json_option
def merge(project: Path, board_name: str, out: Path | None, as_json: bool) -> None:
    """Merge what ESP-IDF built in a PROJECT, and its gallery, to one image for address 0.

    esptool merges; then the image is compared with its parts byte by byte. 'firmware check' does that again with PROJECT/merged.bin.
    """
    from edge_siamese.atomic import write_atomically

    from ..boards import find_board
    from ..image.esp import MERGED, esp_parts, merged_image

    board = find_board(board_name)
    out = out or project / MERGED
    parts = esp_parts(project, board)
    image = merged_image(parts, board)
    with write_atomically(out) as file:
        file.write(image)
    if as_json:
        facts = [{"name": part.name, "address": part.address, "size": len(part.data)} for part in parts]
        emit_json("firmware-merge", {"out": str(out), "size": len(image), "parts": facts})
        return
    rows = [(part.name, f"{part.address:#010x}", f"{len(part.data):,}") for part in parts]
    click.echo(table(rows, header=("part", "address", "bytes"), align="<>>"))
    click.echo(f"{out}: {len(image):,} bytes, equal to its parts")
