"""Answers about uploaded photos: verification of two photos and identification with the gallery."""

import base64
from typing import Any

import cv2

from ..alignment import align
from ..engine import FaceEngine
from ..envelope import envelope
from ..errors import EdgeSiameseError
from ..faces import Face
from ..frames import RGB
from ..gallery.operating_point_choice import OperatingPointChoice
from ..operating_point import choose_operating_point
from ..recognition import ComparisonResult, EmbeddedFace, Identification, ProbeFace, identify_faces
from .errors import RejectedError
from .gallery_store import GalleryStore
from .photo_engine import PhotoEngine, read_upload
from .uploads import Upload
from .words import comparison_words, identification_words

CANDIDATES = 3


class PhotoAnswers:
    """Verifies and identifies uploaded photos. Thread-safe.

    Args:
        photos: detects, aligns and embeds faces.
        target_fmr: accepted false match rate of one comparison, 0 to 1.
        store: gallery for identification; without one `identify` raises an error.

    Attributes:
        point: operating point for two photos.

    Raises:
        OperatingPointError: the model has no operating point.
    """

    def __init__(self, photos: PhotoEngine, *, target_fmr: float, store: GalleryStore | None) -> None:
        self._photos, self._store = photos, store
        self.point = choose_operating_point(photos.embedder_card.operating_points, target_fmr)

    def verify(self, first: Upload, second: Upload) -> dict[str, Any]:
        """Compare the largest faces of two photos.

        Raises:
            RejectedError: a photo cannot be used.
        """
        photos, probes = [], []
        for upload in (first, second):
            with self._photos.lent() as engine:
                image, probe = _probe(engine, upload)
            probes.append(probe)
            height, width = image.shape[:2]
            about = {"name": upload.name, "width": width, "height": height, "faces": probe.faces}
            photos.append(about | _embedded_json(image, probe.embedded) | {"remarks": probe.remarks()})
        comparison = ComparisonResult.of(probes[0], probes[1], self.point)
        said = {"sentence": comparison.sentence, "explanation": comparison.explanation}
        words = comparison_words(comparison.decision, self.point)
        body = said | {"words": words, "photos": photos, "delegate": self._photos.delegate}
        return envelope("web-verify", comparison.to_json() | body, models=self._photos.digests)

    def identify(self, photo: Upload) -> tuple[dict[str, Any], list[Identification]]:
        """Identify every face of a photo: the answer, and the result for each face.

        Raises:
            RejectedError: there is no gallery, or the photo cannot be used.
        """
        if self._store is None:
            raise RejectedError(409, "there is no gallery to search: start the command with --gallery G.esg")
        image = read_upload(photo)
        gallery = self._store.gallery()
        choice = self._store.operating_point(gallery)
        with self._photos.lent() as engine:
            found = identify_faces(engine, gallery, image, operating_point=choice.point, top_k=CANDIDATES)
        height, width = image.shape[:2]
        body = {
            "operating_point": choice.to_json(),
            "notes": choice.sentences(),
            "photo": {"name": photo.name, "width": width, "height": height},
            "results": [_identification_json(image, identification, choice) for identification in found],
            "delegate": self._photos.delegate,
        }
        return envelope("web-identify", body, models=self._photos.digests), found


def _probe(engine: FaceEngine, upload: Upload) -> tuple[RGB, ProbeFace]:
    image = read_upload(upload)
    try:
        return image, ProbeFace.on(engine, image, upload.name)
    except EdgeSiameseError as error:
        raise RejectedError.of_photo(error, upload.data, upload.field) from error


def _identification_json(image: RGB, identification: Identification, choice: OperatingPointChoice) -> dict[str, Any]:
    embedded = identification.embedded
    fields = _embedded_json(image, embedded) if embedded else {"landmarks": None, "quality": None, "crop": None}
    remarks = embedded.remarks() if embedded else []
    words = identification_words(identification.decision, choice)
    said = {"explanation": identification.explanation, "words": words, "remarks": remarks}
    return fields | identification.to_json() | said


def _embedded_json(image: RGB, embedded: EmbeddedFace) -> dict[str, Any]:
    return {
        "box": embedded.face.box.tolist(),
        "landmarks": embedded.face.landmarks.tolist(),
        "quality": round(embedded.quality.score, 1),
        "crop": _crop_uri(image, embedded.face),
    }


def _crop_uri(image: RGB, face: Face) -> str:
    """The aligned crop as a PNG in a ``data:`` URI."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(align(image, face.landmarks), cv2.COLOR_RGB2BGR))
    return "data:image/png;base64," + base64.b64encode(encoded.tobytes()).decode()
