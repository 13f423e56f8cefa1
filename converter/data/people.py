"""Folders of people as training data: found, aligned, split so that no person is on both sides."""

from collections.abc import Callable

import numpy as np

from edge_siamese.alignment import align
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError, ImageError
from edge_siamese.faces import largest
from edge_siamese.identity_dataset import IdentityDataset

from .labeled import LabeledImages
from .splits import choose_validation

VALIDATION_SHARE = 0.2


def align_dataset(
    dataset: IdentityDataset, engine: FaceEngine, progress: Callable[[int, int], None] | None = None
) -> LabeledImages:
    """Detect and align the largest face of each photo; unreadable ones and those without a face are skipped.

    Raises:
        DataError: no photo gave a face.
    """
    crops, names, paths, skipped = [], [], [], {}
    photos = dataset.photos
    for done, photo in enumerate(photos, start=1):
        try:
            image = dataset.read(photo)
        except ImageError as error:
            skipped[photo.path] = str(error)
        else:
            face = largest(engine.detect(image))
            if face:
                crops.append(align(image, face.landmarks))
                names.append(photo.person)
                paths.append(photo.path)
            else:
                skipped[photo.path] = "no face found"
        if progress:
            progress(done, len(photos))
    if not crops:
        raise DataError(f"{dataset.path}: no face was found on any of its {len(photos)} photos")
    return LabeledImages(np.stack(crops), names, paths, skipped=skipped)


def split_people(people: LabeledImages, share: float = VALIDATION_SHARE) -> tuple[LabeledImages, LabeledImages]:
    """Split into training and validation, person-disjoint, by a hash of the name: the same people every time.

    Raises:
        DataError: fewer than four people with two photos, so that neither side could form pairs.
    """
    several = [name for name, count in people.counts().items() if count >= 2]
    if len(several) < 4:
        raise DataError(
            f"training needs at least 4 people with 2 or more photos on which a face is found, found {len(several)}"
        )
    kept_back = choose_validation(several, share)
    validation = np.isin(people.names, kept_back)
    return people.where(~validation), people.where(validation)
