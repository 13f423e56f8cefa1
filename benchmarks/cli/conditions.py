"""``edge-siamese bench conditions``: false matches of strangers who share a condition."""

from pathlib import Path
from typing import Any

import click

from edge_siamese.cli.shared.options import engine_options, json_option, target_fmr_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.cli.shared.progress import progress_line
from edge_siamese.cli.shared.unused import report_dataset, skipped_files_json


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--people", type=click.IntRange(2), default=400, show_default=True, help="Maximum number of people.")
@click.option(
    "--photos", type=click.IntRange(1), default=2, show_default=True, help="Maximum number of photos of each."
)
@click.option(
    "--condition",
    "conditions",
    multiple=True,
    help="Only the conditions whose name starts like this, such as 'mask'; may be repeated.",
)
@target_fmr_option
@json_option
@engine_options
def conditions(
    data: Path,
    people: int,
    photos: int,
    conditions: tuple[str, ...],
    target_fmr: float,
    as_json: bool,
    **engine_settings: Any,
) -> None:
    """Measure false matches of strangers of DATA who share a drawn mask, glasses, darkness or infrared light.

    The conditions are drawn on the photos of a folder, zip or tar of <person>/<photo>. The false match rate is that at the
    model's operating point, without and with the quality gate; a rejected comparison is not a match. Genuine pairs are a plain
    photo and another photo in the condition.
    """
    from edge_siamese.engine import FaceEngine
    from edge_siamese.evaluation.protocols import VerificationProtocol
    from edge_siamese.identity_dataset import IdentityDataset
    from edge_siamese.operating_point import choose_operating_point
    from edge_siamese.rendering.conditions import CONDITIONS

    from ..accuracy.conditions import choose_photos, describe, evaluate_conditions

    wanted = [name for name in CONDITIONS if not conditions or name.startswith(conditions)]
    if not wanted:
        raise click.BadParameter(f"expected the beginning of one of: {', '.join(CONDITIONS)}", param_hint="--condition")
    with IdentityDataset(data) as dataset:
        report_dataset(dataset)
        choose = VerificationProtocol.of(dataset).choose
        chosen = choose_photos(dataset, people, photos)
        with FaceEngine.open(**engine_settings) as engine, progress_line("drawing") as progress:
            point = choose_operating_point(engine.embedder_card.operating_points, target_fmr)
            results = evaluate_conditions(dataset, chosen, engine, choose, point.threshold_q15, wanted, progress)
            digests = engine.digests
    if as_json:
        body: dict[str, Any] = {"photos": len(chosen), "people": len({photo.person for photo in chosen})}
        body |= {"operating_point": point.to_json(), "results": [result.to_json() for result in results]}
        body |= {"skipped": skipped_files_json(dataset.skipped), "notes": dataset.notes}
        emit_json("bench-conditions", body, models=digests)
        return
    click.echo(
        f"{len(chosen)} photos of {len({photo.person for photo in chosen})} people, threshold {point.threshold:.3f}\n"
    )
    click.echo(describe(results))
