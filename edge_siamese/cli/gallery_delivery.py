"""``edge-siamese gallery install`` and ``rollback``: galleries on a device with two slots."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.galleries import PATH, counted, summary
from .shared.options import engine_options, json_option
from .shared.output import emit_json

if TYPE_CHECKING:
    from ..gallery.delivery.install import Installation


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.argument("folder", metavar="FOLDER", type=PATH)
@click.option("--final", is_flag=True, help="Delete the gallery before as well: there is no rollback.")
@engine_options
@json_option
def install(path: Path, folder: Path, final: bool, as_json: bool, **engine_settings: Any) -> None:
    """Install a GALLERY on this device: into the slot of FOLDER that is not in use.

    It is checked before and after: signature, sequence number, last day, embedder, and the self-test of the models. If the
    check afterwards fails, the gallery before is used again. Give FOLDER to 'run --gallery' and 'identify --gallery'.
    """
    from ..engine import FaceEngine
    from ..gallery.delivery.install import install as install_gallery

    with FaceEngine.open(**engine_settings) as engine:
        card = engine.embedder_card
        done = install_gallery(path, folder, check=lambda gallery: gallery.require(card), final=final)
    verb = "installed" if done.changed else "was installed already"
    _report(folder, done, verb, "gallery-install", as_json=as_json)


@click.command()
@click.argument("folder", metavar="FOLDER", type=PATH)
@json_option
def rollback(folder: Path, as_json: bool) -> None:
    """Use the gallery before again. The one in use is deleted and not accepted a second time."""
    from ..gallery.delivery.install import roll_back

    _report(folder, roll_back(folder), "used again", "gallery-rollback", as_json=as_json)


def _report(folder: Path, done: "Installation", verb: str, command: str, *, as_json: bool) -> None:
    if as_json:
        body = {"folder": str(folder), "previous": done.previous, "changed": done.changed}
        emit_json(command, summary(done.gallery) | body)
        return
    click.echo(f"{done.slot}: sequence {done.gallery.sequence} {verb}: {counted(done.gallery)}")
