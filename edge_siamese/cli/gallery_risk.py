"""``edge-siamese gallery risk``: people that a gallery may confuse."""

from pathlib import Path

import click

from .shared.galleries import PATH, note
from .shared.options import Model, json_option
from .shared.output import emit_json
from .shared.progress import progress_line

EXIT_RISK = 3


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.option(
    "--embedder", type=Model(), help="The embedder .tflite that made the gallery, unless it is a shipped one."
)
@click.option("--exit-status", is_flag=True, help=f"Exit with {EXIT_RISK} if there is a risk.")
@json_option
def risk(path: Path, embedder: Path | None, exit_status: bool, as_json: bool) -> None:
    """Report people of a GALLERY who look alike, are enrolled twice, or resemble many others.

    All people are compared with each other. The thresholds are the gallery's own operating points, otherwise the embedder's.
    """
    from ..gallery import Gallery
    from ..gallery.inspection import shipped_card
    from ..gallery.risk import gallery_risk
    from ..tflite.model_card import read_card

    gallery = Gallery.open(path)
    card = read_card(embedder) if embedder else shipped_card(gallery)
    if card is not None:
        gallery.require(card)
    with progress_line("comparing") as progress:
        found = gallery_risk(gallery, card, progress)
    if found.threshold is None:
        note("look-alikes were not checked: neither the gallery nor a known embedder has an operating point")
    if as_json:
        emit_json("gallery-risk", found.to_json())
    else:
        for sentence in found.sentences or [f"no risk found among {found.people:,} people"]:
            click.echo(f"{path}: {sentence}")
        if found.ceiling is not None:
            first, second, score = found.ceiling.first, found.ceiling.second, found.ceiling.score / 32768
            click.echo(f"{path}: highest score of two people: {score:.3f}, '{first}' and '{second}'")
    if exit_status and found.sentences:
        click.get_current_context().exit(EXIT_RISK)
