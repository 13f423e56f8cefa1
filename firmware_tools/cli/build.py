"""``edge-siamese firmware build``: one image for a board."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json

from .files import write_files
from .firmware_options import compiler_for, firmware_options, sources_of

if TYPE_CHECKING:
    from ..boards import Board
    from ..image.projects import Project


@click.command()
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), required=True, help="Folder for the image; made when absent."
)
@click.option("--gallery", type=click.Path(path_type=Path), help="An .esg of the same embedder, as images for slot a.")
@click.option("--board-code", type=click.Path(path_type=Path), help="Your C file with the functions of es_board.h.")
@click.option(
    "--project",
    type=click.Choice(["esp-idf", "arduino", "zephyr"]),
    help="Write a project of this build system instead, and compile nothing.",
)
@click.option(
    "--trusted-key",
    "trusted",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A public key, or a folder of them.",
)
@click.option("--revoked-keys", "revoked", type=click.Path(path_type=Path), help="File with ids of revoked keys.")
@click.option("--require-signature", is_flag=True, help="Reject galleries that none of the trusted keys signed.")
@click.option("--sources-only", is_flag=True, help="Write the sources and the linker script, and compile nothing.")
@firmware_options
@json_option
def build(
    out: Path,
    gallery: Path | None,
    board_code: Path | None,
    project: "Project | None",
    trusted: tuple[Path, ...],
    revoked: Path | None,
    require_signature: bool,
    sources_only: bool,
    board_name: str,
    detector: Path | None,
    embedder: Path | None,
    upright_only: bool,
    toolchain: str | None,
    target_fpir: float,
    as_json: bool,
) -> None:
    """Build a firmware: detector, embedder, matching and decision in one image.

    The folder gets firmware.elf, firmware.bin, firmware.hex, report.json, a drawing of flash and memory, and the sources in src/. The
    image does not hold the gallery, which has slots of its own, so that it can be replaced. With --trusted-key, the board's C file has
    to have es_board_verify; es_verify_sodium.c shows one.
    """
    from ..boards import find_board
    from ..image.board_map import board_map
    from ..image.build import build as link
    from ..image.projects import project_files

    board = find_board(board_name)
    compiler = None if sources_only or project else compiler_for(board, toolchain)
    sources, card = sources_of(
        board, detector, embedder, target_fpir=target_fpir, upright_only=upright_only, board_code=board_code
    )
    if trusted or require_signature:
        from ..image.trust import with_trust

        sources = with_trust(sources, trusted, revoked, required=require_signature)
    if project:
        files = project_files(project, sources, gallery.read_bytes() if gallery else None)
    else:
        files = {f"src/{name}": text.encode() for name, text in sources.files.items()}
    images = _gallery_files(gallery, board, card) if gallery else {}
    files |= images if project != "arduino" else {}
    report: dict[str, Any] = {"board": board.name}
    if compiler:
        firmware = link(sources, compiler)
        report = firmware.report
        files |= {**firmware.files(), "map.svg": board_map(board, report).encode()}
    write_files(files, out)
    if as_json:
        emit_json("firmware-build", {"out": str(out), **report, "files": sorted(files)})
    else:
        _show(report, files, out)


def _gallery_files(path: Path, board: "Board", card: Any) -> dict[str, bytes]:
    """Images of a gallery for slot a, after a check that it is of this embedder."""
    from edge_siamese.gallery import Gallery

    from ..image.galleries import gallery_images
    from .gallery import require_current

    gallery = Gallery.open(path)
    gallery.require(card)
    require_current(gallery)
    images = gallery_images(path.read_bytes(), board, "a").files
    return {name: data for name, data in images.items() if name in {"gallery.bin", "gallery.hex", "gallery.uf2"}}


def _show(report: dict[str, Any], files: dict[str, bytes], out: Path) -> None:
    if "flash" in report:
        flash, ram = report["flash"], report["ram"]
        click.echo(
            f"{report['board']}: flash {flash['used']:,} of {flash['size']:,} bytes (code {flash['code']:,}), memory "
            f"{ram['used']:,} of {ram['size']:,} (networks {ram['networks']:,}, frame {ram['frame']:,}, stack {ram['stack']:,})"
        )
    for name in sorted(name for name in files if "/" not in name):
        click.echo(f"  {out / name}")
    click.echo(f"  {out}: {sum(name.endswith(('.c', '.h')) for name in files)} sources")
