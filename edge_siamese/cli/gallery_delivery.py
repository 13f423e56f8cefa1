"""``edge-siamese gallery install``, ``rollback``, ``diff`` and ``patch``: galleries on a device with two slots."""

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


@click.command()
@click.argument("old", metavar="OLD", type=PATH)
@click.argument("new", metavar="NEW", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="The patch to write.")
@json_option
def diff(old: Path, new: Path, output: Path, as_json: bool) -> None:
    """Write the patch that makes gallery NEW from gallery OLD; it is small where little changed.

    'gallery install' takes a patch as well. A patch fits exactly one gallery.
    """
    from ..atomic import write_atomically
    from ..gallery.container.reader import map_file
    from ..gallery.delivery.patch import make_patch
    from ..gallery.trust.opening import read_trusted

    for path in (old, new):
        read_trusted(path)
    target = bytes(map_file(new))
    patch_bytes = make_patch(bytes(map_file(old)), target)
    with write_atomically(output) as stream:
        stream.write(patch_bytes)
    if as_json:
        emit_json("gallery-diff", {"output": str(output), "bytes": len(patch_bytes), "gallery_bytes": len(target)})
    else:
        click.echo(f"{output}: {len(patch_bytes):,} bytes instead of {len(target):,}")


@click.command()
@click.argument("old", metavar="OLD", type=PATH)
@click.argument("change", metavar="PATCH", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="The .esg to write.")
@json_option
def patch(old: Path, change: Path, output: Path, as_json: bool) -> None:
    """Make the new gallery from gallery OLD and a PATCH of it."""
    from ..atomic import write_atomically
    from ..gallery import Gallery
    from ..gallery.container.lock import locked
    from ..gallery.container.reader import map_file
    from ..gallery.delivery.patch import apply_patch
    from ..gallery.trust.opening import parse_trusted

    data = apply_patch(bytes(map_file(old)), bytes(map_file(change)), change, old)
    made = Gallery.of(parse_trusted(data, output))
    with locked(output), write_atomically(output) as stream:
        stream.write(data)
    if as_json:
        emit_json("gallery-patch", summary(made))
    else:
        click.echo(f"{output}: sequence {made.sequence}: {counted(made)}")


def _report(folder: Path, done: "Installation", verb: str, command: str, *, as_json: bool) -> None:
    if as_json:
        body = {"folder": str(folder), "previous": done.previous, "changed": done.changed}
        emit_json(command, summary(done.gallery) | body)
        return
    click.echo(f"{done.slot}: sequence {done.gallery.sequence} {verb}: {counted(done.gallery)}")
