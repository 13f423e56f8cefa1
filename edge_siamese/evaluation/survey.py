"""Run an album through the engine once: every photograph's chosen face and embedding."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..albums import Album, Photo
from ..engine import FaceEngine
from ..errors import PictureError
from ..faces import Face, largest, nearest_centre
from ..frames import RGB

Choose = Callable[[list[Face], RGB], Face | None]


@dataclass(frozen=True, eq=False)
class Survey:
    """Embeddings of an album.

    Attributes:
        photos: N photographs, in album order.
        embeddings: int8 ``(N, D)``; rows without a face are zero.
        found: bool ``(N,)``: a face was found and embedded.
        centred: bool ``(N,)``: a box contains the picture's centre.
        unreadable: what was wrong with each photograph that could not be decoded, by path; those count as no face.
        zero_point: of the embeddings.
        embedder: digest.
    """

    photos: list[Photo]
    embeddings: npt.NDArray[np.int8]
    found: npt.NDArray[np.bool_]
    centred: npt.NDArray[np.bool_]
    unreadable: dict[str, str]
    zero_point: int
    embedder: str

    @property
    def people(self) -> npt.NDArray[np.int64]:
        """A number for each photograph's person, ``(N,)``."""
        return np.unique([photo.person for photo in self.photos], return_inverse=True)[1].astype(np.int64)


def largest_face(faces: list[Face], picture: RGB) -> Face | None:
    """The choice for ordinary albums."""
    return largest(faces)


def centre_face(faces: list[Face], picture: RGB) -> Face | None:
    """The choice for LFW, whose person of interest is in the middle."""
    return nearest_centre(faces, picture.shape[1], picture.shape[0])


def survey_album(
    album: Album, engine: FaceEngine, choose: Choose = largest_face, progress: Callable[[int, int], None] | None = None
) -> Survey:
    """Detect, choose, align and embed one face of each photograph.

    Args:
        album: the photographs.
        engine: finds and embeds.
        choose: which of several faces counts.
        progress: called with the number done and the number of all.
    """
    photos = album.photos
    embeddings = np.zeros((len(photos), engine.embedder_card.dimension), np.int8)
    found, centred = np.zeros(len(photos), bool), np.zeros(len(photos), bool)
    unreadable: dict[str, str] = {}
    for index, photo in enumerate(photos):
        try:
            picture = album.read(photo)
        except PictureError as error:
            unreadable[photo.path] = str(error)
        else:
            faces = engine.detect(picture)
            centred[index] = any(_contains_centre(face, picture) for face in faces)
            chosen = choose(faces, picture)
            if chosen:
                found[index] = True
                embeddings[index] = engine.embed(picture, chosen).values
        if progress:
            progress(index + 1, len(photos))
    card = engine.embedder_card
    return Survey(photos, embeddings, found, centred, unreadable, card.zero_point, card.digest)


def _contains_centre(face: Face, picture: RGB) -> bool:
    x, y = (picture.shape[1] - 1) / 2, (picture.shape[0] - 1) / 2
    left, top, width, height = face.box
    return bool(left <= x <= left + width and top <= y <= top + height)
