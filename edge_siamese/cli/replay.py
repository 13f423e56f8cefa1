"""``edge-siamese replay``: decides a recorded session again and lists the decisions that change."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .shared.galleries import PATH, note, plural
from .shared.numbers import FiniteRange
from .shared.options import attempts_option, embedder_option, json_option, target_fpir_option
from .shared.output import emit_json

if TYPE_CHECKING:
    from ..replay import ChangedDecision


@click.command()
@click.argument("session", type=PATH)
@click.option("--gallery", "path", type=PATH, required=True, help="The .esg to decide with.")
@embedder_option
@target_fpir_option
@attempts_option
@click.option(
    "--threshold", type=FiniteRange(-1, 1), help="Score from which on a person is named, instead of a target FPIR."
)
@json_option
def replay(
    session: Path,
    path: Path,
    embedder: Path | None,
    target_fpir: float,
    attempts: int,
    threshold: float | None,
    as_json: bool,
) -> None:
    """Decide a SESSION of `run --record` again with another gallery, model card or threshold; list every changed decision.

    The model has to be the embedder of the session, since a session has embeddings and no images; its card may be another.
    """
    from dataclasses import replace

    from ..gallery import Gallery
    from ..gallery.operating_point_choice import OperatingPointChoice
    from ..matching import threshold_q15
    from ..models import default_model
    from ..replay import replay as decide_again
    from ..session import read_session
    from ..tflite.model_card import read_model

    recorded = read_session(path=session)
    gallery = Gallery.open(path)
    card = read_model(embedder or default_model("embedder"), "embedder").card
    gallery.require(card)
    choice = OperatingPointChoice.for_card(gallery, card, target_fpir, attempts)
    point = choice.point
    if threshold is not None:
        point = replace(point, threshold_q15=threshold_q15(threshold))
    elif not as_json:
        note(choice.derivation)
    result = decide_again(recorded, gallery, point)
    if as_json:
        emit_json("replay", {"session": str(session), "threshold": point.threshold} | result.to_json())
        return
    for changed in result.changed:
        click.echo(_line(changed))
    note(
        f"{session}: {len(result.changed)} of {plural(result.decisions, 'decision')} change: {result.names_lost} lose the name, "
        f"{result.names_gained} gain one, {result.names_other} name another person"
    )


def _line(changed: "ChangedDecision") -> str:
    face = changed.face
    before = face.identity or f"{face.outcome} ({face.reason})"
    return f"{face.time}  {face.source}  frame {face.sequence}  track {face.track}  {before} -> {changed.decision}"
