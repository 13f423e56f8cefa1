"""``edge-siamese fit-conditions``: fit the condition measure on crops with drawn conditions."""

import json
from pathlib import Path
from typing import Any

import click

from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json, table
from edge_siamese.cli.shared.progress import progress_line


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the measure to this JSON file.")
@click.option(
    "--crops", type=click.IntRange(40), default=3000, show_default=True, help="Number of crops of training people."
)
@click.option(
    "--also",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Another embedder .tflite to fit the glasses rule of; may be repeated.",
)
@json_option
@engine_options
def fit_conditions(
    data: tuple[Path, ...],
    output: Path | None,
    crops: int,
    also: tuple[Path, ...],
    as_json: bool,
    **engine_settings: Any,
) -> None:
    """Fit the condition measure on crops of DATA, one teacher folder or several.

    Masks, glasses, sunglasses and infrared light are drawn on crops of the training people. The glasses rule of each embedder
    is fitted on these and on the validation people. Repeat the fit when a model changes; the shipped measure is
    edge_siamese/models/conditions.json.
    """
    import hashlib
    from dataclasses import asdict, replace

    from edge_siamese.atomic import write_atomically
    from edge_siamese.engine import FaceEngine
    from edge_siamese.matching import Q15
    from edge_siamese.operating_point import choose_operating_point
    from edge_siamese.quality.glasses import GlassesRule

    from ..data.teacher import load_training_crops, load_validation_crops
    from ..tasks.quality.conditions import collect_condition_samples, describe_conditions
    from ..tasks.quality.conditions import fit_conditions as fit
    from ..tasks.quality.glasses import fit_glasses, one_crop_each

    training = load_training_crops(data, crops)
    validation, names = load_validation_crops(data)
    with progress_line("drawing") as progress:
        samples = collect_condition_samples(training, progress)
    strangers = one_crop_each(validation, names)
    measure, rows = fit(samples)
    rules: dict[str, GlassesRule] = {}
    digests: dict[str, str] = {}
    for embedder in (engine_settings["embedder"], *also):
        with FaceEngine.open(**(engine_settings | {"embedder": embedder})) as engine:
            point = choose_operating_point(engine.embedder_card.operating_points, 1e-3)
            with progress_line("glasses") as progress:
                rule = fit_glasses(samples, strangers, engine, point.threshold_q15, progress)
            rules[engine.embedder_card.digest] = rule
            digests = digests or engine.digests
    measure = replace(measure, glasses=rules, origin={"crops": hashlib.sha256(training.tobytes()).hexdigest()})
    fields = measure.to_json()
    if output:
        with write_atomically(output) as stream:
            stream.write((json.dumps(fields, indent=1) + "\n").encode())
    if as_json:
        report = {"conditions": [asdict(row) for row in rows], "measure": fields, "crops": len(training)}
        emit_json("fit-conditions", report, models=digests)
        return
    click.echo(
        table(
            describe_conditions(rows),
            header=("condition", "recognized", "plain crops", "level", "suspected", "pair level"),
            align="<>",
        )
    )
    for digest, rule in rules.items():
        raised = rule.raise_q15 / Q15
        click.echo(f"embedder {digest[:16]}: threshold raised by {raised:.3f} for two faces with glasses")
