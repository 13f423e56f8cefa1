"""``edge-siamese firmware run``: a firmware in an emulator, on photos."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json, table

from .firmware_options import compiler_for, firmware_options, sources_of

if TYPE_CHECKING:
    from ..emulation.firmware_run import Emulator, FirmwareRun
    from ..protocol.messages import Message

_FUNCTIONS = 12


@click.command()
@click.argument("photos", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--gallery", type=click.Path(path_type=Path), required=True, help="An .esg of the same embedder.")
@click.option(
    "--emulator",
    type=click.Choice(["qemu", "unicorn", "rp2040js", "qemu-user"]),
    help="Which emulator; the first that is installed and knows the board if left out.",
)
@click.option("--no-count", is_flag=True, help="Do not count instructions, which needs a C compiler of this machine.")
@firmware_options
@json_option
def run(
    photos: tuple[Path, ...],
    gallery: Path,
    emulator: "Emulator | None",
    no_count: bool,
    board_name: str,
    detector: Path | None,
    embedder: Path | None,
    upright_only: bool,
    toolchain: str | None,
    target_fpir: float,
    as_json: bool,
) -> None:
    """Build a firmware, boot it in an emulator and let it look at photos.

    Each photo is scaled into one frame of the board's camera. Prints the decisions, the instructions by function, and how much of
    the stack was used. QEMU runs boards whose file names a machine of it, unicorn any board with a core from M0+ to M33 (with
    frames and messages as in QEMU), qemu-user the boards with Linux, and rp2040js an RP2040 from the very UF2 file that a board takes: minutes for a photo.
    """
    from edge_siamese.gallery import Gallery
    from edge_siamese.image_io import read_image

    from ..boards import find_board
    from ..emulation.firmware_run import find_emulator, run_firmware
    from ..frames import encode_frame, fit_frame
    from ..image.build import build, profile_of

    board = find_board(board_name)
    chosen = find_emulator(board, emulator)
    profile = profile_of(board)
    images = [fit_frame(read_image(photo), profile.width, profile.height) for photo in photos]
    people = Gallery.open(gallery)
    compiler = compiler_for(board, toolchain)
    sources, card = sources_of(
        board, detector, embedder, target_fpir=target_fpir, upright_only=upright_only, semihosting=chosen != "rp2040js"
    )
    people.require(card)
    firmware = build(sources, compiler)
    frames = [encode_frame(image, profile.frame_format) for image in images]
    done = run_firmware(firmware, frames, {"a": gallery.read_bytes()}, emulator=chosen, count=not no_count)
    if as_json:
        emit_json("firmware-run", {**firmware.report, "emulator": chosen, **_json(photos, done)})
    else:
        _show(photos, done)


def _json(photos: tuple[Path, ...], done: "FirmwareRun") -> dict[str, Any]:
    return {
        "photos": list(map(str, photos)),
        "messages": [message.to_json() for message in done.messages],
        "instructions": done.instructions,
        "instructions_by_function": done.by_function,
    }


def _show(photos: tuple[Path, ...], done: "FirmwareRun") -> None:
    from ..protocol.kinds import MessageKind

    by_kind: dict[MessageKind, list[Message]] = {}
    for message in done.messages:
        by_kind.setdefault(message.kind, []).append(message)
    faces = by_kind.get(MessageKind.FACE, [])
    rows = [row for number, photo in enumerate(photos) for row in _rows(photo, number, faces)]
    click.echo(table(rows, header=("photo", "face", "decision", "score", "margin")))
    stack = by_kind[MessageKind.STACK][-1].fields
    click.echo(f"\nstack: {stack['used']:,} of {stack['size']:,} bytes used")
    if done.instructions is not None:
        click.echo(
            f"{done.instructions:,} instructions for the self-test and {len(photos)} photos{':' if done.by_function else ''}"
        )
    if done.instructions is not None and done.by_function:
        share = [(name, f"{count:,}", f"{count / done.instructions:.1%}") for name, count in done.by_function.items()]
        click.echo(table(share[:_FUNCTIONS], header=("function", "instructions", "share"), align="<>>"))


def _rows(photo: Path, number: int, faces: "list[Message]") -> list[tuple[str, ...]]:
    mine = [face for face in faces if face.fields["frame"] == number]
    return [_row(photo, face.to_json()) for face in mine] or [(str(photo), "-", "undecided (no_face)", "-", "-")]


def _row(photo: Path, face: dict[str, Any]) -> tuple[str, ...]:
    decision = face["identity"] if face["outcome"] == "match" else f"{face['outcome']} ({face['reason']})"
    score = f"{face['score']:.3f}" if face["compared"] > 0 else "-"
    margin = f"{face['margin']:.3f}" if face["compared"] > 1 else "-"
    return str(photo), str(face["face"]), decision, score, margin
