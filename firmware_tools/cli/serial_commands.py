"""``edge-siamese firmware update`` and ``monitor``: a board over a serial line."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.numbers import FiniteRange
from edge_siamese.cli.shared.options import json_option
from edge_siamese.cli.shared.output import emit_json

if TYPE_CHECKING:
    from ..protocol.messages import Message

_PORT = click.option("--port", required=True, help="The serial port, such as /dev/ttyACM0.")
_BAUD = click.option("--baud", type=click.IntRange(min=300), default=115200, show_default=True, help="Bits per second.")


@click.command()
@click.argument("gallery", type=click.Path(path_type=Path))
@_PORT
@_BAUD
@json_option
def update(gallery: Path, port: str, baud: int, as_json: bool) -> None:
    """Send a GALLERY to a board over its serial line, into the slot that is not in use.

    The board uses it from then on. Pages that the slot already holds are not sent: an update that was interrupted goes on where it was.
    """
    from edge_siamese.gallery import Gallery

    from ..protocol.serial_line import SerialLine
    from ..protocol.update import BoardLink, update_gallery
    from .gallery import require_current

    people = Gallery.open(gallery)
    require_current(people)
    with SerialLine(port, baud) as line:
        done = update_gallery(BoardLink(line), gallery.read_bytes(), None if as_json else _progress)
    if as_json:
        emit_json("firmware-update", {"gallery": str(gallery), "sequence": people.sequence, **vars(done)})
        return
    click.echo(
        f"the board uses {gallery}: {done.bytes_sent:,} bytes in {done.pages_sent} pages sent, {done.pages_kept} pages "
        "were there already"
    )


@click.command()
@_PORT
@_BAUD
@click.option("--seconds", type=FiniteRange(min=0), help="Stop after this time; never if left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def monitor(port: str, baud: int, seconds: float | None, as_json: bool) -> None:
    """Print the messages of a board: what it is, the galleries it has, and its decisions.

    Garbage on the line is skipped, and a line that is lost is opened again when it is there.
    """
    from ..protocol.monitor import watch
    from ..protocol.serial_line import SerialLine

    def report(sentence: str) -> None:
        click.echo(f"edge-siamese: {sentence}", err=True)

    try:
        for message in watch(lambda: SerialLine(port, baud, wait=0.2), report, seconds):
            click.echo(json.dumps(message.to_json(), ensure_ascii=False) if as_json else _text(message))
    except KeyboardInterrupt:
        return


def _text(message: "Message") -> str:
    fields: dict[str, Any] = message.to_json()
    kind = fields.pop("message")
    del fields["number"]
    if kind != "face":
        return f"{kind}: " + ", ".join(f"{name} {_shown(value)}" for name, value in fields.items())
    decision = fields["identity"] if fields["outcome"] == "match" else f"{fields['outcome']} ({fields['reason']})"
    score = f", score {fields['score']:.3f}" if fields["compared"] > 0 else ""
    return f"face: frame {fields['frame']}, face {fields['face']}: {decision}{score}"


def _shown(value: Any) -> str:
    return "-" if value is None else f"{value}"


def _progress(done: int, pages: int) -> None:
    if done == pages or done % 16 == 0:
        click.echo(f"{done} of {pages} pages", err=True)
