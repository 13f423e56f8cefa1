"""``edge-siamese gallery renew``: transforms the templates of a gallery with a key."""

from pathlib import Path

import click

from .shared.galleries import PATH, counted, note, report_dropped_points, summary
from .shared.options import embedder_option, json_option
from .shared.output import emit_json


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="The .esg to write.")
@click.option("--key", "new_key", type=PATH, required=True, help="Key file of the new gallery.")
@click.option("--old-key", type=PATH, help="Key file of GALLERY, if it was renewed before.")
@click.option("--make-key", is_flag=True, help="Make a random key first; --key must not exist.")
@embedder_option
@json_option
def renew(
    path: Path, output: Path, new_key: Path, old_key: Path | None, make_key: bool, embedder: Path | None, as_json: bool
) -> None:
    """Transform the templates of a GALLERY with a key, or change the key of a renewed gallery, without photos.

    Scores under one key are the plain ones but for rounding; templates of two keys do not match. All programs that use the
    new gallery need --renewal-key or EDGE_SIAMESE_RENEWAL_KEY. Keep the key apart from the gallery.
    """
    from ..gallery import Gallery
    from ..gallery.container.writer import require_writable
    from ..gallery.renewing import renew as renewed
    from ..models import default_model
    from ..renewal import RenewalKey
    from ..tflite.model_card import read_card

    require_writable(output)
    gallery, card = Gallery.open(path), read_card(embedder or default_model("embedder"))
    old = RenewalKey.read(old_key) if old_key else None
    gallery.require(card if old is None else old.card(card))
    if make_key:
        RenewalKey.generate().write(new_key)
        note(f"{new_key}: a new key; without it the gallery cannot be used")
    key = RenewalKey.read(new_key)
    new = renewed(gallery, card, key, old)
    report_dropped_points(gallery, new)
    written = new.save(output)
    if as_json:
        emit_json("gallery-renew", summary(written) | {"key": key.identifier})
        return
    click.echo(f"{output}: {counted(written)}, key {key.identifier}")
