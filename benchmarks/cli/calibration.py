"""``edge-siamese bench calibration``: whether the promised false match rate holds for other people."""

from pathlib import Path
from typing import Any

import click

from edge_siamese.cli.shared.numbers import RATE
from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.cli.shared.progress import progress_line
from edge_siamese.cli.shared.unused import report_dataset

from .gallery import print_table


@click.command()
@click.argument("people", type=click.Path(path_type=Path))
@click.option(
    "--target-fmr",
    "targets",
    type=RATE,
    multiple=True,
    default=(1e-3, 1e-4),
    show_default=True,
    help="Promised false match rate; may be given several times.",
)
@click.option(
    "--repeats", type=click.IntRange(1, 10_000), default=40, show_default=True, help="Random divisions of the people."
)
@json_option
@engine_options
def calibration(people: Path, targets: tuple[float, ...], repeats: int, as_json: bool, **engine_settings: Any) -> None:
    """Check what `gallery calibrate` promises, on PEOPLE, a folder or archive of <person>/<photo>.

    Each time up to 50 people are enrolled, half of the others calibrate, and the rest is measured. "Counted" thresholds are
    from all comparisons of the calibrating strangers, "estimate" from 10, 30 and 100 of them with --estimate.
    """
    from edge_siamese.dataset_embeddings import embed_dataset
    from edge_siamese.engine import FaceEngine
    from edge_siamese.identity_dataset import IdentityDataset

    from ..accuracy.calibration import HEAD, check_promises

    with IdentityDataset(people) as dataset:
        report_dataset(dataset)
        with FaceEngine.open(**engine_settings) as engine, progress_line("embedding") as progress:
            embedded = embed_dataset(dataset, engine, progress=progress)
            card, digests = engine.embedder_card, engine.digests
    with progress_line("calibrating") as progress:
        rows = check_promises(embedded, card, targets, repeats, progress)
    if as_json:
        emit_json("bench-calibration", {"repeats": repeats, "rows": [row.to_json() for row in rows]}, models=digests)
        return
    click.echo(f"{len(embedded.names):,} people, {int(embedded.found.sum()):,} photos, {repeats} divisions")
    print_table([HEAD, *(row.cells() for row in rows)])
