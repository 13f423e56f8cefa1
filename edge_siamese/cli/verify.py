"""``edge-siamese verify``: 1:1 on two photographs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..evaluation.operating_point import DEFAULT_TARGET_FMR
from .options import engine_options, json_option
from .output import emit_json

if TYPE_CHECKING:
    from ..engine import FaceEngine
    from ..faces import Face


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option(
    "--target-fmr", type=float, default=DEFAULT_TARGET_FMR, show_default=True, help="Accepted false match rate."
)
@click.option("--exit-status", is_flag=True, help="Exit 3 when the faces differ.")
@json_option
@engine_options
def verify(
    first: Path, second: Path, target_fmr: float, exit_status: bool, as_json: bool, **engine_settings: Any
) -> None:
    """Compare the largest faces of two photographs."""
    from ..decision import Outcome, decide
    from ..engine import FaceEngine
    from ..evaluation.operating_point import choose_operating_point
    from ..matching import Q15, score_q15

    with FaceEngine.open(**engine_settings) as engine:
        point = choose_operating_point(engine.embedder_card.operating_points, target_fmr)
        faces = [_only_face(engine, path) for path in (first, second)]
        score = score_q15(*(engine.embed(picture, face) for picture, face in faces))
        digests, delegate = engine.digests, engine.delegate
    decision = decide({"same person": score}, point.threshold)
    same = decision.outcome is Outcome.MATCH
    if as_json:
        body = {
            "same": same,
            "reason": str(decision.reason),
            "score": score / Q15,
            "threshold": point.threshold / Q15,
            "operating_point": point.to_json(),
            "faces": [
                {"path": str(p), "box": f.box.tolist()} for p, (_, f) in zip((first, second), faces, strict=True)
            ],
            "delegate": delegate,
        }
        emit_json("verify", body, models=digests)
    else:
        relation = "at least" if same else "below"
        click.echo(
            f"{'same person' if same else 'different people'}: score {score / Q15:.3f} is {relation} the threshold "
            f"{point.threshold / Q15:.3f} for a false match rate of {point.target_fmr:g}"
        )
    if exit_status and not same:
        sys.exit(3)


def _only_face(engine: "FaceEngine", path: Path) -> "tuple[Any, Face]":
    """The photograph and its largest face; several faces are said on stderr."""
    from ..errors import NoFaceError
    from ..pictures import read_picture

    picture = read_picture(path)
    faces = engine.detect(picture)
    if not faces:
        raise NoFaceError(f"{path}: no face found")
    if len(faces) > 1:
        click.echo(f"edge-siamese: {path}: {len(faces)} faces found, the largest is used", err=True)
    return picture, faces[0]
