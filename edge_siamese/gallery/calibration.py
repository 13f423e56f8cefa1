"""Calibration of a gallery's operating points from the scores of strangers against its templates."""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..dataset_embeddings import DatasetEmbeddings
from ..errors import DataError
from ..matching import threshold_q15
from ..names import clean_name
from ..operating_point import OperatingPoint, calibrate
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
        strangers: number of strangers.
        enrolled_from: number of photos left out because the gallery was built from them.
        digest: SHA-256 of templates, photos' embeddings and names, in hex.
    """

    genuine: Scores
    impostor: Scores
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
    scores = gallery.scores_of(probes)
    known = np.array([name in gallery.names for name in names], bool)
    if not gallery.names or known.all():
        raise DataError(
            f"{gallery.source}: calibrating needs people in it, and photos of others; found none", path=gallery.source
        )
    own = np.array([scores[row, gallery.names.index(names[row])] for row in np.flatnonzero(known)], np.int16)
    enrolled_from = own >= SAME_PHOTO
    return GalleryComparisons(
        genuine=own[~enrolled_from],
        impostor=scores[~known].reshape(-1),
        strangers=len({name for name in names if name not in gallery.names}),
        enrolled_from=int(enrolled_from.sum()),
        digest=_digest(gallery, names, probes),
    )


def operating_point(gallery: Gallery, comparisons: GalleryComparisons, target_fmr: float) -> OperatingPoint:
    """Calibrate to a false match rate for one comparison.

    Raises:
        OperatingPointError: there are too few strangers' photos; the message gives the required number of comparisons.
    """
    return calibrate(
        comparisons.genuine,
        comparisons.impostor,
        target_fmr=target_fmr,
        people=comparisons.strangers + len(gallery.names),
        dataset_digest=comparisons.digest,
    )


def _digest(gallery: Gallery, names: list[str], probes: npt.NDArray[np.int8]) -> str:
    digest = hashlib.sha256(
        gallery.templates.tobytes() + gallery.identity_index.tobytes() + "\0".join(gallery.names).encode()
    )
    for name, probe in zip(names, probes, strict=True):
        digest.update(f"\0{name}\0".encode() + probe.tobytes())
    return digest.hexdigest()
