"""``edge-siamese gallery calibrate``: measures and stores a gallery's operating points."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..operating_point import DEFAULT_TARGET_FMR
from .shared.galleries import PATH, note, report_skipped, skipped_json, summary
from .shared.numbers import RATE
from .shared.options import engine_options, json_option, renewal_key_option
from .shared.output import emit_json
from .shared.progress import progress_line
from .shared.unused import report_dataset, skipped_files_json

if TYPE_CHECKING:
    from ..evaluation.tail_estimate import HeldBack
    from ..gallery import Gallery
    from ..gallery.calibration import GalleryComparisons
    from ..operating_point import OperatingPoint


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
@click.option(
    "--estimate",
    is_flag=True,
    help="Where there are too few photos to count, estimate the threshold; the operating point is marked as estimated.",
)
@engine_options
@renewal_key_option
@json_option
def calibrate(
    path: Path, people: Path, targets: tuple[float, ...], estimate: bool, as_json: bool, **engine_settings: Any
) -> None:
    """Choose the GALLERY's threshold from the scores of strangers, and store it in the gallery.

    PEOPLE is a folder, zip or tar of <person>/<photo>. A folder with the name of a person in the gallery shows that person;
    all others show strangers. Each photo is compared with each person of the gallery. Use the --delegate of the board. For
    people in the gallery, use other photos than those it was built from.
    """
    from ..dataset_embeddings import embed_dataset
    from ..engine import FaceEngine
    from ..errors import StaleGalleryError
    from ..gallery import Gallery
    from ..gallery.calibration import compare
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
    points, checks = _points(gallery, comparisons, targets, estimate=estimate)
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
            "held_back": {f"{target:g}": check.to_json() for target, check in checks.items()},
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
        if point.estimated:
            click.echo(_estimate_text(path, point, comparisons, checks[point.target_fmr]))
            continue
        click.echo(
            f"{path}: FMR {point.target_fmr:g}: threshold {point.threshold:.4f} "
            f"(at most {point.fmr_upper_95:.2g} with 95 % confidence, {point.impostor_pairs:,} comparisons with "
            f"{comparisons.strangers} strangers), FNMR {_fnmr(point.fnmr, len(comparisons.genuine))}"
        )


def _points(
    gallery: "Gallery", comparisons: "GalleryComparisons", targets: tuple[float, ...], *, estimate: bool
) -> "tuple[list[OperatingPoint], dict[float, HeldBack]]":
    """The operating points, and the check of each that is estimated, by its target FMR."""
    from ..gallery.calibration import estimated_point, operating_point
    from ..intervals import pairs_needed

    points, checks = [], {}
    for target in dict.fromkeys(targets):
        if estimate and len(comparisons.impostor) < pairs_needed(target):
            point, checks[target] = estimated_point(gallery, comparisons, target)
        else:
            point = operating_point(gallery, comparisons, target)
        points.append(point)
    return points, checks


def _estimate_text(path: Path, point: "OperatingPoint", comparisons: "GalleryComparisons", check: "HeldBack") -> str:
    return (
        f"{path}: FMR {point.target_fmr:g}: threshold {point.threshold:.4f}, an estimate from the {point.impostor_pairs:,} "
        f"comparisons with {comparisons.strangers} strangers; on strangers held back, {check.matches.count} of "
        f"{check.matches.trials:,} comparisons match (an FMR of {check.matches.interval[0]:.2g} to "
        f"{check.matches.interval[1]:.2g}), FNMR {_fnmr(point.fnmr, len(comparisons.genuine))}"
    )


def _fnmr(rate: float, pairs: int) -> str:
    return f"{rate:.4f} of {pairs:,}" if pairs else "not measured: no other photos of people in the gallery"
