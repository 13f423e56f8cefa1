"""``edge-siamese identify``: 1:N on photographs, open set."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .galleries import PATH, note
from .options import engine_options, json_option, target_fpir_option
from .output import emit_json, table

if TYPE_CHECKING:
    from ..engine import FaceEngine
    from ..evaluation.operating_point import OperatingPoint
    from ..gallery import Gallery

NO_MATCH = 3


@click.command()
@click.argument("photos", type=PATH, nargs=-1, required=True)
@click.option("--gallery", "path", type=PATH, required=True, help="The .esg with the people to look for.")
@click.option("--top-k", type=click.IntRange(1), default=1, show_default=True, help="How many candidates to list.")
@target_fpir_option
@click.option("--exit-status", is_flag=True, help="Exit 3 unless every photograph shows somebody of the gallery.")
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
    """Name every face on the photographs, or say "unknown", or why it cannot be told."""
    from ..engine import FaceEngine
    from ..gallery import Gallery

    gallery = Gallery.open(path)
    with FaceEngine.open(**engine_settings) as engine:
        gallery.require(engine.embedder_card)
        point = gallery.operating_point(engine.embedder_card, target_fpir)
        evidence = _evidence(gallery, point, target_fpir)
        answers = [answer for photo in photos for answer in _answers(photo, engine, gallery, point.threshold, top_k)]
        digests, delegate = engine.digests, engine.delegate
    if as_json:
        body = {"gallery": str(path), "sequence": gallery.sequence, "operating_point": evidence, "delegate": delegate}
        emit_json("identify", body | {"results": answers}, models=digests)
    else:
        click.echo(table([_row(answer) for answer in answers], header=("photo", "face", "decision", "score", "margin")))
        if top_k > 1:
            click.echo("\n".join(line for answer in answers for line in _candidate_lines(answer)))
    named = {answer["photo"] for answer in answers if answer["decision"] == "match"}
    if exit_status and len(named) < len({answer["photo"] for answer in answers}):
        sys.exit(NO_MATCH)


def _evidence(gallery: "Gallery", point: "OperatingPoint", target_fpir: float) -> dict[str, Any]:
    """The operating point as JSON; it is said on stderr too, with a warning when it is weaker than asked."""
    from ..matching import Q15

    wanted, origin = gallery.wanted_fmr(target_fpir), "gallery" if gallery.operating_points else "model"
    sufficient = point.target_fmr <= wanted * (1 + 1e-9)
    note(
        f"operating point of the {origin}: FMR {point.target_fmr:g} for one comparison, threshold "
        f"{point.threshold / Q15:.4f}"
    )
    if not sufficient:
        reached = min(point.target_fmr * target_fpir / wanted, 1.0)
        note(
            f"it is weaker than the FMR {wanted:.2g} that an FPIR of {target_fpir:g} with {len(gallery.names)} people takes: "
            f"the FPIR is up to {reached:.2g}; 'edge-siamese gallery calibrate' can find a stricter one"
        )
    return point.to_json() | {"of": origin, "target_fpir": target_fpir, "wanted_fmr": wanted, "sufficient": sufficient}


def _answers(photo: Path, engine: "FaceEngine", gallery: "Gallery", threshold: int, top_k: int) -> list[dict[str, Any]]:
    """What is said about each face of a photograph, largest first; about none, that there is none."""
    from ..decision import Reason, decide, undecided
    from ..matching import Q15
    from ..pictures import read_picture

    picture = read_picture(photo)
    answers = []
    for index, face in enumerate(engine.detect(picture)):
        scores = gallery.scores(engine.embed(picture, face))
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:top_k]
        seen = {"photo": str(photo), "face": index, "box": face.box.tolist(), "detector_score": float(face.score)}
        candidates = [{"identity": name, "score": round(score / Q15, 5)} for name, score in best]
        answers.append(seen | decide(scores, threshold).to_json() | {"candidates": candidates})
    if not answers:
        nothing = {"photo": str(photo), "face": None, "box": None, "detector_score": None}
        answers = [nothing | undecided(Reason.NO_FACE).to_json() | {"candidates": []}]
    return answers


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
