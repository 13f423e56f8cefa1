"""``edge-siamese bench quality``: evaluation of the quality score."""

from pathlib import Path
from typing import Any

import click

from edge_siamese.cli.shared.numbers import RATE
from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.cli.shared.progress import progress_line
from edge_siamese.cli.shared.unused import report_dataset, report_unreadable, skipped_files_json, unreadable_json


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--fmr", "fmrs", type=RATE, multiple=True, default=(1e-2, 1e-3), show_default=True, help="Fixed FMR; repeatable."
)
@click.option(
    "--formula",
    "formula_file",
    type=click.Path(path_type=Path),
    help="JSON of `fit-quality`; default: the shipped one.",
)
@json_option
@engine_options
def quality(
    data: Path, fmrs: tuple[float, ...], formula_file: Path | None, as_json: bool, **engine_settings: Any
) -> None:
    """Evaluate the quality score on DATA, a folder, zip or tar of <person>/<photo>: error versus reject over all pairs.

    The photos of lowest quality are discarded, up to 30 %, at a fixed threshold; with a good score the FNMR decreases. The
    area under the curve is relative to a random choice (1.000); the oracle is the best possible choice.
    """
    from edge_siamese.dataset_embeddings import embed_dataset
    from edge_siamese.engine import FaceEngine
    from edge_siamese.identity_dataset import IdentityDataset
    from edge_siamese.quality.score import read_formula, shipped_formula

    from ..accuracy.quality import evaluate_quality

    formula = read_formula(formula_file) if formula_file else shipped_formula()
    with IdentityDataset(data) as dataset:
        report_dataset(dataset)
        with FaceEngine.open(**engine_settings) as engine, progress_line("measuring") as progress:
            embedded = embed_dataset(dataset, engine, progress=progress)
            digests = engine.digests
    report_unreadable(embedded.unreadable, "counted as a photo without a face")
    report = evaluate_quality(embedded, formula, sorted(fmrs, reverse=True))
    if as_json:
        body = report.to_json() | {"formula": formula.to_json(), "unreadable": unreadable_json(embedded.unreadable)}
        body |= {"skipped": skipped_files_json(dataset.skipped), "notes": dataset.notes}
        emit_json("bench-quality", body, models=digests)
    else:
        click.echo(report.text())
