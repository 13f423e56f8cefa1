"""Calibration of a gallery's operating points from the scores of strangers against its templates."""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..dataset_embeddings import DatasetEmbeddings
from ..errors import DataError, OperatingPointError
from ..evaluation.tail_estimate import HeldBack, estimate_tail, held_back
from ..intervals import pairs_needed
from ..matching import threshold_q15
from ..names import clean_name
from ..operating_point import OperatingPoint, calibrate, require_rate
from .gallery import Gallery

SAME_PHOTO = threshold_q15(0.95)
"""Q15 score from which a photo counts as one that the gallery was built from; delegates differ by less."""

Scores = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class GalleryComparisons:
    """Scores of photos against a gallery. One comparison is one photo with one person: the best score of the
    person's templates, as in `Gallery.identify`.

    Attributes:
        genuine: Q15 scores of enrolled people's photos with their own templates, without the photos they were enrolled from.
        impostor: Q15 scores of strangers' photos with every enrolled person.
        by_stranger: the same scores, for each stranger.
        strangers: number of strangers.
        enrolled_from: number of photos left out because the gallery was built from them.
        digest: SHA-256 of templates, photos' embeddings and names, in hex.
    """

    genuine: Scores
    impostor: Scores
    by_stranger: tuple[Scores, ...]
    strangers: int
    enrolled_from: int
    digest: str


def compare(gallery: Gallery, embedded: DatasetEmbeddings) -> GalleryComparisons:
    """Score every photo with a face; photos in a folder with the name of an enrolled person are genuine.

    Raises:
        DataError: the gallery is empty, or the dataset has no strangers.
    """
    rows = np.flatnonzero(embedded.found)
    names = [clean_name(embedded.photos[row].person) for row in rows]
    probes = embedded.embeddings[rows]
    scores, places = gallery.scores_of(probes), {name: place for place, name in enumerate(gallery.names)}
    known = np.array([name in places for name in names], bool)
    if not gallery.names or known.all():
        raise DataError(
            f"{gallery.source}: calibrating needs people in it, and photos of others; found none", path=gallery.source
        )
    own = np.array([scores[row, places[names[row]]] for row in np.flatnonzero(known)], np.int16)
    enrolled_from = own >= SAME_PHOTO
    rows_of: dict[str, list[int]] = {}
    for row in np.flatnonzero(~known).tolist():
        rows_of.setdefault(names[row], []).append(row)
    return GalleryComparisons(
        genuine=own[~enrolled_from],
        impostor=scores[~known].reshape(-1),
        by_stranger=tuple(scores[of_one].reshape(-1) for of_one in rows_of.values()),
        strangers=len(rows_of),
        enrolled_from=int(enrolled_from.sum()),
        digest=_digest(gallery, names, probes),
    )


def operating_point(gallery: Gallery, comparisons: GalleryComparisons, target_fmr: float) -> OperatingPoint:
    """Calibrate to a false match rate for one comparison.

    Raises:
        OperatingPointError: there are too few strangers' photos; the message gives the number that is missing.
    """
    missing = pairs_needed(target_fmr) - len(comparisons.impostor) if 0 < target_fmr < 1 else 0
    if missing > 0:
        photos = math.ceil(missing / len(gallery.names))
        raise OperatingPointError(
            f"an FMR of {target_fmr:g} needs at least {pairs_needed(target_fmr):,} impostor pairs, found "
            f"{len(comparisons.impostor):,}: with {len(gallery.names):,} people in the gallery, {photos:,} more "
            f"photo{'s' if photos > 1 else ''} of strangers; --estimate gives an extreme-value estimate instead"
        )
    return calibrate(
        comparisons.genuine,
        comparisons.impostor,
        target_fmr=target_fmr,
        people=comparisons.strangers + len(gallery.names),
        dataset_digest=comparisons.digest,
    )


def estimated_point(
    gallery: Gallery, comparisons: GalleryComparisons, target_fmr: float
) -> tuple[OperatingPoint, HeldBack]:
    """Estimate the threshold for a false match rate that too few photos of strangers cannot count.

    Returns:
        The operating point, marked as estimated, and its check: thresholds that are estimated with one half of the
        strangers, on the scores of the other half.

    Raises:
        OperatingPointError: there are too few strangers or comparisons for an estimate, or the held-back half of the
            strangers contradicts it.
    """
    require_rate(target_fmr, "target FMR")
    check = held_back(comparisons.by_stranger, target_fmr)
    if check.matches.interval[0] > target_fmr:
        raise OperatingPointError(
            f"an FMR of {target_fmr:g} cannot be estimated: on strangers held back, {check.matches.count:,} of "
            f"{check.matches.trials:,} comparisons match, more than estimated; add photos of other strangers"
        )
    estimate = estimate_tail(comparisons.by_stranger, target_fmr)
    genuine = comparisons.genuine
    point = OperatingPoint(
        target_fmr=target_fmr,
        threshold_q15=estimate.threshold_q15,
        fmr_upper_95=target_fmr,
        impostor_pairs=len(comparisons.impostor),
        people=comparisons.strangers + len(gallery.names),
        fnmr=float(np.mean(genuine < estimate.threshold_q15)) if len(genuine) else 1.0,
        dataset_digest=comparisons.digest,
        estimated=True,
    )
    return point, check


def _digest(gallery: Gallery, names: list[str], probes: npt.NDArray[np.int8]) -> str:
    digest = hashlib.sha256(
        gallery.templates.tobytes() + gallery.identity_index.tobytes() + "\0".join(gallery.names).encode()
    )
    for name, probe in zip(names, probes, strict=True):
        digest.update(f"\0{name}\0".encode() + probe.tobytes())
    return digest.hexdigest()
