"""Load calibration images and validation people for a conversion."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE, TEMPLATE_NAME
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError, ImageError
from edge_siamese.identity_dataset import IdentityDataset

from ..data.labeled import LabeledImages
from ..data.people import align_dataset, split_people
from ..data.teacher import load_teacher_faces, load_training_crops
from ..quantization.calibration import CALIBRATION_IMAGES
from .convert import LabeledCrops

Shape = tuple[int, int, int]
Images = npt.NDArray[np.uint8]
UNALIGNED = "none"
_CROPS_TO_LEARN_FROM = 10_000


def alignment_name(shape: Shape, aligned: bool) -> str:
    """Return the name of the alignment for the card; `FaceEngine` supports 112x112 crops only, others are resized crops."""
    if not aligned:
        return UNALIGNED
    height, width, channels = shape
    whole = (height, width, channels) == (CROP_SIZE, CROP_SIZE, 3)
    return TEMPLATE_NAME if whole else f"{TEMPLATE_NAME}-at-{width}x{height}x{channels}"


def load_conversion_data(
    data: Path, shape: Shape, *, aligned: bool = True, learning: bool = False
) -> tuple[Images, LabeledCrops | None]:
    """Load images in the input shape of a network.

    Args:
        data: a teacher folder, or a folder, zip or tar of <person>/<photo>.
        shape: height, width and channels (1 is gray, 3 is RGB) of the input.
        aligned: align the largest face of each photo; False uses whole photos.
        learning: load more images, for quantization-aware fine-tuning.

    Returns:
        Calibration images uint8 ``(N, *shape)``, and validation images of other people. The second is None if fewer than
        four people have two images; then the first holds all images.
    """
    if (data / "faces.csv.gz").exists():
        faces = load_teacher_faces(data, 256, validation_only=True)
        labels = np.unique(faces.identities, return_inverse=True)[1].astype(np.int64)
        crops = load_training_crops(data, _CROPS_TO_LEARN_FROM if learning else CALIBRATION_IMAGES)
        return fitted(crops, shape), LabeledCrops(fitted(faces.crops, shape), labels, faces.digest)
    with IdentityDataset(data) as dataset:
        people = _aligned(dataset) if aligned else _whole(dataset, shape)
    try:
        training, validation = split_people(people)
    except DataError:  # too few people to split
        return fitted(people.images, shape), None
    labeled = LabeledCrops(fitted(validation.images, shape), validation.labels(), validation.digest)
    return fitted(training.images, shape), labeled


def fitted(images: Images | Sequence[Images], shape: Shape) -> Images:
    """Resize RGB images to uint8 ``(N, *shape)``; convert them to gray if the shape has one channel."""
    height, width, channels = shape
    if isinstance(images, np.ndarray) and images.shape[1:] == shape:
        return images
    rows = np.empty((len(images), *shape), np.uint8)
    for row, image in zip(rows, images, strict=True):
        shrinks = image.shape[0] > height
        resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        row[:] = resized if channels == 3 else cv2.cvtColor(resized, cv2.COLOR_RGB2GRAY)[..., None]
    return rows


def _aligned(dataset: IdentityDataset) -> LabeledImages:
    with FaceEngine.default() as engine:
        return align_dataset(dataset, engine)


def _whole(dataset: IdentityDataset, shape: Shape) -> LabeledImages:
    rows, names, paths, skipped = [], [], [], {}
    for photo in dataset.photos:
        try:
            rows.append(fitted([dataset.read(photo)], shape)[0])
        except ImageError as error:
            skipped[photo.path] = str(error)
        else:
            names.append(photo.person)
            paths.append(photo.path)
    if not rows:
        raise DataError(f"{dataset.path}: none of its {len(dataset.photos)} images can be read")
    return LabeledImages(np.stack(rows), names, paths, skipped=skipped)
