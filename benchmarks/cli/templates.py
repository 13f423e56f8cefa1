"""``edge-siamese bench templates``: accuracy of renewable, 4-bit and binary templates."""

from pathlib import Path
from typing import Any

import click

from edge_siamese.cli.shared.options import engine_options, json_option
from edge_siamese.cli.shared.output import emit_json
from edge_siamese.cli.shared.progress import progress_line
from edge_siamese.cli.shared.unused import report_dataset

from .gallery import print_table


@click.command()
@click.argument("people", type=click.Path(path_type=Path))
@json_option
@engine_options
def templates(people: Path, as_json: bool, **engine_settings: Any) -> None:
    """Compare forms of templates on PEOPLE, a folder or archive of <person>/<photo>: all pairs of photos.

    "Linkage of two keys" compares photos under one renewal key with photos under another: an EER near 50 % means that two
    galleries with different keys do not show who is in both.
    """
    from edge_siamese.dataset_embeddings import embed_dataset
    from edge_siamese.engine import FaceEngine
    from edge_siamese.identity_dataset import IdentityDataset

    from ..accuracy.template_forms import HEAD, PREFILTER_SHARE, prefilter_losses, template_forms

    with IdentityDataset(people) as dataset:
        report_dataset(dataset)
        with FaceEngine.open(**engine_settings) as engine, progress_line("embedding") as progress:
            embedded = embed_dataset(dataset, engine, progress=progress)
            digests = engine.digests
    with progress_line("comparing") as progress:
        rows = template_forms(embedded, progress)
    lost = prefilter_losses(embedded)
    if as_json:
        body = {"forms": [row.to_json() for row in rows], "prefilter_share": PREFILTER_SHARE, "prefilter_losses": lost}
        emit_json("bench-templates", body, models=digests)
        return
    click.echo(f"{rows[0].genuine:,} genuine and {rows[0].impostor:,} impostor pairs")
    print_table([HEAD, *(row.cells() for row in rows)])
    click.echo(f"binary prefilter to the nearest {PREFILTER_SHARE:.0%}: {lost:.1%} of the photos lose their best mate")
