"""``edge-siamese gallery calibrate``: measures and stores a gallery's operating points."""

from pathlib import Path
from typing import Any

import click

from ..operating_point import DEFAULT_TARGET_FMR
from .shared.galleries import PATH, note, report_skipped, skipped_json, summary
from .shared.numbers import RATE
from .shared.options import engine_options, json_option
from .shared.output import emit_json
from .shared.progress import progress_line
from .shared.unused import report_dataset, skipped_files_json


@click.command()
@click.argument("path", metavar="GALLERY", type=PATH)
@click.argument("people", type=PATH)
@click.option(
    "--target-fmr",
    "targets",
    type=RATE,
    multiple=True,
    default=(DEFAULT_TARGET_FMR,),
    show_default=True,
    help="False match rate of one comparison; may be given several times.",
)
@engine_options
@json_option
def calibrate(path: Path, people: Path, targets: tuple[float, ...], as_json: bool, **engine_settings: Any) -> None:
    """Choose the GALLERY's threshold from the scores of strangers, and store it in the gallery.

    PEOPLE is a folder, zip or tar of <person>/<photo>. A folder with the name of a person in the gallery shows that person;
    all others show strangers. Each photo is compared with each person of the gallery. Use the --delegate of the board. For
    people in the gallery, use other photos than those it was built from.
    """
    from ..dataset_embeddings import embed_dataset
    from ..engine import FaceEngine
    from ..errors import StaleGalleryError
    from ..gallery import Gallery
    from ..gallery.calibration import compare, operating_point
    from ..gallery.container.writer import require_writable
    from ..gallery.enrollment.build import skipped_of
    from ..identity_dataset import IdentityDataset

    require_writable(path)
    gallery = Gallery.open(path)
    with IdentityDataset(people) as dataset:
        report_dataset(dataset)
        with FaceEngine.open(**engine_settings) as engine, progress_line("comparing") as progress:
            gallery.require(engine.embedder_card)
            embedded = embed_dataset(dataset, engine, progress=progress)
            digests, delegate = engine.digests, engine.delegate
    comparisons = compare(gallery, embedded)
    points = [operating_point(gallery, comparisons, target) for target in dict.fromkeys(targets)]
    skipped = skipped_of(embedded)
    report_skipped(skipped)
    if len(comparisons.genuine):
        note("FNMR is of the photos of people in the gallery: those that it was made from would make it too low")
    for point in points:
        gallery = gallery.with_operating_point(point)
    try:
        written = gallery.save(path)
    except StaleGalleryError as error:
        raise StaleGalleryError(
            f"{path}: it was changed while it was measured; calibrate it again", path=path
        ) from error
    if as_json:
        body = {
            "operating_points": [point.to_json() for point in points],
            "genuine_pairs": len(comparisons.genuine),
            "impostor_pairs": len(comparisons.impostor),
            "strangers": comparisons.strangers,
            "delegate": delegate,
            "enrolled_from": comparisons.enrolled_from,
            "skipped": skipped_json(skipped) + skipped_files_json(dataset.skipped),
            "notes": dataset.notes,
        }
        emit_json("gallery-calibrate", summary(written) | body, models=digests)
        return
    for point in points:
        click.echo(
            f"{path}: FMR {point.target_fmr:g}: threshold {point.threshold:.4f} "
            f"(at most {point.fmr_upper_95:.2g} with 95 % confidence, {point.impostor_pairs:,} comparisons with "
            f"{comparisons.strangers} strangers), FNMR {_fnmr(point.fnmr, len(comparisons.genuine))}"
        )


def _fnmr(rate: float, pairs: int) -> str:
    return f"{rate:.4f} of {pairs:,}" if pairs else "not measured: no other photos of people in the gallery"
