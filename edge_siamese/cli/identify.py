"""``edge-siamese identify``: open-set identification (1:N) of faces on photos."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .shared.galleries import PATH, note
from .shared.options import engine_options, json_option, renewal_key_option, target_fpir_option
from .shared.output import emit_json, table
from .shared.unused import unreadable_json

if TYPE_CHECKING:
    from ..engine import FaceEngine
    from ..gallery import Gallery
    from ..operating_point import OperatingPoint

FAILED, NO_MATCH = 2, 3


@click.command()
@click.argument("photos", type=PATH, nargs=-1, required=True)
@click.option("--gallery", "path", type=PATH, required=True, help="The .esg with the enrolled people.")
@click.option("--top-k", type=click.IntRange(1), default=1, show_default=True, help="Number of candidates to list.")
@target_fpir_option
@click.option("--exit-status", is_flag=True, help="Exit 3 unless every photo shows somebody of the gallery.")
@json_option
@engine_options
@renewal_key_option
def identify(
    photos: tuple[Path, ...],
    path: Path,
    top_k: int,
    target_fpir: float,
    exit_status: bool,
    as_json: bool,
    **engine_settings: Any,
) -> None:
    """Identify every face on the photos: a name, "unknown", or the reason why there is no decision.

    Photos that cannot be read are reported; the others are identified, and the exit code is 2.
    """
    from ..engine import FaceEngine
    from ..gallery import Gallery
    from ..gallery.operating_point_choice import OperatingPointChoice

    gallery = Gallery.open(path)
    with FaceEngine.open(**engine_settings) as engine:
        gallery.require(engine.embedder_card)
        choice = OperatingPointChoice.for_gallery(gallery, engine, target_fpir)
        for sentence in choice.sentences():
            note(sentence)
        answers, failed = _identified(photos, engine, gallery, choice.point, top_k)
        digests, delegate = engine.digests, engine.delegate
    if as_json:
        body = {"gallery": str(path), "sequence": gallery.sequence, "operating_point": choice.to_json()}
        body |= {"delegate": delegate, "results": answers, "failed": unreadable_json(failed)}
        emit_json("identify", body, models=digests)
    elif answers:
        click.echo(table([_row(answer) for answer in answers], header=("photo", "face", "decision", "score", "margin")))
        if top_k > 1:
            click.echo("\n".join(line for answer in answers for line in _candidate_lines(answer)))
    if failed:
        sys.exit(FAILED)
    named = {answer["photo"] for answer in answers if answer["decision"] == "match"}
    if exit_status and len(named) < len({answer["photo"] for answer in answers}):
        sys.exit(NO_MATCH)


def _identified(
    photos: Sequence[Path], engine: "FaceEngine", gallery: "Gallery", point: "OperatingPoint", top_k: int
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The results of the readable photos, and the error of each unreadable photo by path."""
    from ..errors import ImageError
    from ..image_io import read_image
    from ..recognition import identify_faces

    answers: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    for photo in photos:
        try:
            image = read_image(photo)
        except ImageError as error:
            failed[str(photo)] = str(error)
            note(str(error))
            continue
        found = identify_faces(engine, gallery, image, operating_point=point, top_k=top_k)
        answers += [{"photo": str(photo)} | identification.to_json() for identification in found]
    return answers, failed


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
