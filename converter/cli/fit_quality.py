"""``edge-siamese fit-quality``: fit the quality score on the validation people."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json, table
from edge_siamese.cli.shared.progress import progress_line

if TYPE_CHECKING:
    from ..tasks.quality.fit import QualityFit


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the formula to this JSON file.")
@json_option
@engine_options
def fit_quality(data: Path, output: Path | None, as_json: bool, **engine_settings: Any) -> None:
    """Fit the quality score on the validation people of DATA, a teacher folder.

    Their crops are spoiled in many ways, then detected and embedded with the models given. To be repeated whenever the
    detector or the embedder changes; the shipped formula is edge_siamese/models/quality.json.
    """
    import numpy as np

    from edge_siamese.atomic import write_atomically
    from edge_siamese.engine import FaceEngine

    from ..data.teacher import load_teacher_faces
    from ..tasks.quality.fit import fit_quality as fit
    from ..tasks.quality.samples import collect_samples, source_sides

    faces = load_teacher_faces(data, 256, validation_only=True)
    people = np.unique(faces.identities, return_inverse=True)[1].astype(np.int64)
    with FaceEngine.open(**engine_settings) as engine, progress_line("measuring") as progress:
        samples = collect_samples(faces.crops, people, source_sides(data), engine, progress)
        digests = engine.digests
    result = fit(samples, {**digests, "dataset": faces.digest})
    formula = result.formula.to_json()
    if output:
        with write_atomically(output) as stream:
            stream.write((json.dumps(formula, indent=1) + "\n").encode())
    if as_json:
        emit_json("fit-quality", asdict(result) | {"formula": formula}, models=digests)
    else:
        click.echo(_for_people(result))


def _for_people(result: "QualityFit") -> str:
    from ..tasks.quality.fit import describe_fit

    header = ("area by random's", "weight", "alone: untouched", "mixup", "toggled: untouched", "mixup")
    references = ", ".join(f"{name} {value:g}" for name, value in result.formula.references.items())
    missed = sum(result.missed.values())
    return "\n".join(
        [
            table(describe_fit(result), header=header),
            f"references: {references}",
            f"{result.photos:,} photos; no face was found on {missed:,} others",
        ]
    )
