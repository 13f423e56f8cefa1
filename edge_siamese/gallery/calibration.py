"""A gallery's own operating point: how strangers score against the templates it really has."""

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
"""A score from which a photo is one that the gallery was made from; delegates differ by less."""

Scores = npt.NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Photos scored against a gallery. One comparison is one photo against one person: the best of the
    person's templates, as `Gallery.identify` does it.

    Attributes:
        genuine: Q15 scores of enrolled people's photos against themselves; those enrolled from are left out.
        impostor: Q15 scores of strangers' photos against everybody.
        strangers: how many people the strangers are.
        enrolled_from: how many photos were left out because the gallery was made from them.
        digest: SHA-256 of templates, photos' embeddings and names, hex.
    """

    genuine: Scores
    impostor: Scores
    strangers: int
    enrolled_from: int
    digest: str


def compare(gallery: Gallery, embedded: DatasetEmbeddings) -> Comparisons:
    """Score every photo of an embedded with a face; a folder named as a person of the gallery is that person.

    Raises:
        DataError: nobody in the embedded is a stranger to the gallery.
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
    return Comparisons(
        genuine=own[~enrolled_from],
        impostor=scores[~known].reshape(-1),
        strangers=len({name for name in names if name not in gallery.names}),
        enrolled_from=int(enrolled_from.sum()),
        digest=_digest(gallery, names, probes),
    )


def operating_point(gallery: Gallery, comparisons: Comparisons, target_fmr: float) -> OperatingPoint:
    """Calibrate to a false match rate for one comparison.

    Raises:
        OperatingPointError: there are too few strangers' photos; the sentence says how many comparisons it takes.
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
