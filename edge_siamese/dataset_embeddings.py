"""Run a dataset through the engine once: every photo's chosen face and embedding."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .errors import ImageError
from .faces import Face, largest, nearest_center
from .frames import RGB
from .identity_dataset import IdentityDataset, Photo
from .matching import scores_q15
from .protocols import FaceAnalyzer
from .quality.gate import Quality, measure_crop

Choose = Callable[[list[Face], RGB], Face | None]
Numbers = npt.NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class DatasetEmbeddings:
    """Embeddings of a dataset.

    Attributes:
        photos: N photos, in dataset order.
        embeddings: int8 ``(N, D)``; rows without a face are zero.
        found: bool ``(N,)``: a face was found and embedded.
        centered: bool ``(N,)``: a box contains the image's center.
        unreadable: what was wrong with each photo that could not be decoded, by path; those count as no face.
        zero_point: of the embeddings.
        embedder: digest.
        faces: the chosen face of each photo, not embedded, or None.
        qualities: what was measured of it, or None.
        average_flip: the embedder looks at mirror images too.
    """

    photos: list[Photo]
    embeddings: npt.NDArray[np.int8]
    found: npt.NDArray[np.bool_]
    centered: npt.NDArray[np.bool_]
    unreadable: dict[str, str]
    zero_point: int
    embedder: str
    faces: list[Face | None]
    qualities: list[Quality | None]
    average_flip: bool = False

    @property
    def people(self) -> npt.NDArray[np.int64]:
        """A number for each photo's person, ``(N,)``."""
        return np.unique([photo.person for photo in self.photos], return_inverse=True)[1].astype(np.int64)

    @property
    def names(self) -> list[str]:
        """The person behind each number of `people`."""
        return sorted({photo.person for photo in self.photos})

    def scores(self, rows: Numbers, columns: Numbers) -> npt.NDArray[np.int16]:
        """Q15 scores ``(R, C)`` of photos against photos, by number."""
        return scores_q15(self.embeddings[rows], self.embeddings[columns], self.zero_point)

    def shared_photos(self) -> list[tuple[str, str]]:
        """Photos of two people with the same embedding: the first of them, and each later one."""
        first: dict[bytes, Photo] = {}
        shared = []
        for photo, found, row in zip(self.photos, self.found, self.embeddings, strict=True):
            if found:
                other = first.setdefault(row.tobytes(), photo)
                if other.person != photo.person:
                    shared.append((other.path, photo.path))
        return shared

    def digest(self) -> str:
        """SHA-256 over who is on each photo and its embedding, hex."""
        digest = hashlib.sha256()
        for photo, row in zip(self.photos, self.embeddings, strict=True):
            digest.update(f"{photo.path}\0".encode() + row.tobytes())
        return digest.hexdigest()


def largest_face(faces: list[Face], image: RGB) -> Face | None:
    """The choice for ordinary datasets."""
    return largest(faces)


def center_face(faces: list[Face], image: RGB) -> Face | None:
    """The choice for LFW, whose person of interest is in the middle."""
    return nearest_center(faces, image.shape[1], image.shape[0])


def embed_dataset(
    dataset: IdentityDataset,
    engine: FaceAnalyzer,
    choose: Choose = largest_face,
    progress: Callable[[int, int], None] | None = None,
) -> DatasetEmbeddings:
    """Detect, choose, align and embed one face of each photo.

    Args:
        dataset: the photos.
        engine: finds and embeds.
        choose: which of several faces counts.
        progress: called with the number done and the number of all.
    """
    photos, card = dataset.photos, engine.embedder_card
    embedded = DatasetEmbeddings(
        photos=photos,
        embeddings=np.zeros((len(photos), card.dimension), np.int8),
        found=np.zeros(len(photos), bool),
        centered=np.zeros(len(photos), bool),
        unreadable={},
        zero_point=card.zero_point,
        embedder=card.digest,
        faces=[None] * len(photos),
        qualities=[None] * len(photos),
        average_flip=card.average_flip,
    )
    for index, photo in enumerate(photos):
        try:
            _embed_photo(embedded, index, dataset.read(photo), engine, choose)
        except ImageError as error:
            embedded.unreadable[photo.path] = str(error)
        if progress:
            progress(index + 1, len(photos))
    return embedded


def _embed_photo(embedded: DatasetEmbeddings, index: int, image: RGB, engine: FaceAnalyzer, choose: Choose) -> None:
    faces = engine.detect(image)
    embedded.centered[index] = any(_contains_center(face, image) for face in faces)
    chosen = choose(faces, image)
    if chosen:
        embedded.found[index] = True
        crop = engine.align(image, chosen)
        embedded.embeddings[index] = engine.embed_crop(crop).values
        embedded.faces[index], embedded.qualities[index] = chosen, measure_crop(crop, chosen)


def _contains_center(face: Face, image: RGB) -> bool:
    x, y = (image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2
    left, top, width, height = face.box
    return bool(left <= x <= left + width and top <= y <= top + height)
