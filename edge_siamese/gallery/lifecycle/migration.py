"""Migration of a gallery to another embedder, from aligned crops that were kept at enrollment.

Templates cannot be converted from one embedder to another. Who has neither crops nor photos has to enroll again.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...alignment import CROP_SIZE
from ...errors import EnrollmentError, GalleryError
from ...faces import Embedding, Face
from ...frames import RGB
from ...identity_dataset import IdentityDataset
from ...image_io import write_image
from ...protocols import FaceAnalyzer
from ..enrollment.build import faces_of_people, names_of
from ..enrollment.face_choice import ChosenFaces
from ..gallery import Gallery
from ..templates.representatives import mean_template


class CropRecorder:
    """A `FaceAnalyzer` that remembers the crop of every embedding.

    Args:
        engine: detects, aligns and embeds.

    Attributes:
        embedder_card: of the engine.
        crops: crops uint8 ``(112, 112, 3)`` by the bytes of their embeddings.
    """

    def __init__(self, engine: FaceAnalyzer) -> None:
        self._engine, self.embedder_card = engine, engine.embedder_card
        self.crops: dict[bytes, RGB] = {}

    def detect(self, image: RGB) -> list[Face]:
        return self._engine.detect(image)

    def align(self, image: RGB, face: Face) -> RGB:
        return self._engine.align(image, face)

    def embed_crop(self, crop: RGB) -> Embedding:
        embedding = self._engine.embed_crop(crop)
        self.crops[embedding.values.tobytes()] = crop
        return embedding


def keep_crops(dataset: IdentityDataset, engine: FaceAnalyzer, folder: Path) -> dict[str, ChosenFaces]:
    """Write the aligned crop of the face that is used on each photo, as ``<folder>/<person>/<number>.png``.

    Args:
        dataset: people with photos.
        engine: see `enrollment.face_choice` for the choice of faces.
        folder: is made; existing crops of a person stay.

    Returns:
        The photos of each person.

    Raises:
        GalleryError: a name is invalid, or cannot be the name of a folder.
        OSError: a crop cannot be written.
    """
    recorder = CropRecorder(engine)
    chosen = faces_of_people(dataset, recorder)
    for name, faces in chosen.items():
        place = folder / name
        if "/" in name or name.startswith("."):
            raise GalleryError(f"{dataset.path}: the name {name!r} cannot be the name of a folder", path=dataset.path)
        place.mkdir(parents=True, exist_ok=True)
        first = len(list(place.glob("*.png"))) + 1
        for number, template in enumerate(faces.templates, start=first):
            write_image(place / f"{number}.png", recorder.crops[template.tobytes()])
    return chosen


def migrate(gallery: Gallery, crops: IdentityDataset, engine: FaceAnalyzer) -> Gallery:
    """The gallery for the embedder of an engine: each person's template is the mean of their crops.

    UUIDs, consent, retention and other metadata are kept, the operating points dropped.

    Args:
        gallery: of another embedder.
        crops: aligned crops of `keep_crops`, a folder for each person.
        engine: with the new embedder.

    Raises:
        EnrollmentError: somebody of the gallery has no crop.
        GalleryError: a file is no aligned crop.
    """
    names, card = names_of(crops), engine.embedder_card
    embeddings: dict[str, list[npt.NDArray[np.int8]]] = {}
    for photo in crops.photos:
        crop = crops.read(photo)
        if crop.shape != (CROP_SIZE, CROP_SIZE, 3):
            raise GalleryError(
                f"{photo.path}: expected an aligned crop of {CROP_SIZE}x{CROP_SIZE} pixels, found "
                f"{crop.shape[1]}x{crop.shape[0]}",
                path=photo.path,
            )
        embeddings.setdefault(names[photo.person], []).append(engine.embed_crop(crop).values)
    missing = [name for name in gallery.names if name not in embeddings]
    if missing:
        raise EnrollmentError(
            f"{gallery.source}: {len(missing)} of {len(gallery.names)} people without crops in {crops.path}, such as '{missing[0]}': templates "
            "cannot be converted to another embedder, so they have to be enrolled again"
        )
    means = [mean_template(np.stack(embeddings[name]), card.zero_point) for name in gallery.names]
    empty = Gallery.empty(card, gallery.metadata)
    migrated = replace(
        empty,
        names=gallery.names,
        identifiers=gallery.identifiers,
        templates=np.stack(means) if means else empty.templates,
        identity_index=np.arange(len(means), dtype=np.uint32),
        sequence=gallery.sequence + 1,
        encrypted=gallery.encrypted,
    )
    return migrated.with_four_bits() if gallery.bits == 4 else migrated
