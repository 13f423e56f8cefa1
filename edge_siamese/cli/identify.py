"""``edge-siamese identify``: 1:N on photos, open set."""

import sys
from pathlib import Path
from typing import Any

import click

from .shared.galleries import PATH, note
from .shared.options import engine_options, json_option, target_fpir_option
from .shared.output import emit_json, table

NO_MATCH = 3


@click.command()
@click.argument("photos", type=PATH, nargs=-1, required=True)
@click.option("--gallery", "path", type=PATH, required=True, help="The .esg with the people to look for.")
@click.option("--top-k", type=click.IntRange(1), default=1, show_default=True, help="How many candidates to list.")
@target_fpir_option
@click.option("--exit-status", is_flag=True, help="Exit 3 unless every photo shows somebody of the gallery.")
@json_option
@engine_options
def identify(
    photos: tuple[Path, ...],
    path: Path,
    top_k: int,
    target_fpir: float,
    exit_status: bool,
    as_json: bool,
    **engine_settings: Any,
) -> None:
    """Name every face on the photos, or say "unknown", or why it cannot be told."""
    from ..engine import FaceEngine
    from ..gallery import Gallery
    from ..image_io import read_image
    from ..recognition import OperatingPointChoice, identify_faces

    gallery = Gallery.open(path)
    with FaceEngine.open(**engine_settings) as engine:
        gallery.require(engine.embedder_card)
        choice = OperatingPointChoice.for_gallery(gallery, engine, target_fpir)
        for sentence in choice.sentences():
            note(sentence)
        answers = [
            {"photo": str(photo)} | identification.to_json()
            for photo in photos
            for identification in identify_faces(
                engine, gallery, read_image(photo), operating_point=choice.point, top_k=top_k
            )
        ]
        digests, delegate = engine.digests, engine.delegate
    if as_json:
        body = {"gallery": str(path), "sequence": gallery.sequence, "operating_point": choice.to_json()}
        emit_json("identify", body | {"delegate": delegate, "results": answers}, models=digests)
    else:
        click.echo(table([_row(answer) for answer in answers], header=("photo", "face", "decision", "score", "margin")))
        if top_k > 1:
            click.echo("\n".join(line for answer in answers for line in _candidate_lines(answer)))
    named = {answer["photo"] for answer in answers if answer["decision"] == "match"}
    if exit_status and len(named) < len({answer["photo"] for answer in answers}):
        sys.exit(NO_MATCH)


def _row(answer: dict[str, Any]) -> tuple[str, ...]:
    decision = answer["identity"] or f"{answer['decision']} ({answer['reason']})"
    face = "-" if answer["face"] is None else str(answer["face"])
    return (
        answer["photo"],
        face,
        decision,
        *("-" if answer[key] is None else f"{answer[key]:.3f}" for key in ("score", "margin")),
    )


def _candidate_lines(answer: dict[str, Any]) -> list[str]:
    return [
        f"{answer['photo']} face {answer['face']}: {rank}. {candidate['identity']} {candidate['score']:.3f}"
        for rank, candidate in enumerate(answer["candidates"], start=1)
    ]
