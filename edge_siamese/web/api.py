"""JSON API of the preview page: verification and identification of uploaded photos."""

import base64
import threading
from collections.abc import Mapping
from typing import Any

import cv2

from ..alignment import align
from ..engine import FaceEngine
from ..envelope import envelope
from ..errors import EdgeSiameseError
from ..faces import Face
from ..frames import RGB
from ..gallery import Gallery
from ..gallery.operating_point_choice import OperatingPointChoice
from ..image_io import read_image
from ..operating_point import DEFAULT_TARGET_FPIR, choose_operating_point
from ..recognition import ComparisonResult, EmbeddedFace, Identification, ProbeFace, identify_faces
from .errors import RejectedError
from .uploads import MAX_BYTES, Upload

CANDIDATES = 3


class PreviewApi:
    """Verifies and identifies uploaded photos. Thread-safe; the engine runs for one thread at a time.

    Args:
        engine: detects, aligns and embeds faces; the caller closes it.
        target_fmr: accepted false match rate of one comparison, 0 to 1.
        gallery: gallery for identification; without one `identify` raises an error.
        target_fpir: accepted false positive identification rate, 0 to 1.

    Raises:
        GalleryError: the gallery is of another embedder.
        OperatingPointError: neither model nor gallery has an operating point.
    """

    def __init__(
        self,
        engine: FaceEngine,
        *,
        target_fmr: float,
        gallery: Gallery | None = None,
        target_fpir: float = DEFAULT_TARGET_FPIR,
    ) -> None:
        self._engine, self._lock, self._gallery = engine, threading.Lock(), gallery
        self._point = choose_operating_point(engine.embedder_card.operating_points, target_fmr)
        self._operating_point_choice: OperatingPointChoice | None = None
        if gallery is not None:
            gallery.require(engine.embedder_card)
            self._operating_point_choice = OperatingPointChoice.for_gallery(gallery, engine, target_fpir)

    def about(self) -> dict[str, Any]:
        """Models, gallery and operating points, shown before the first photo."""
        gallery, card = self._gallery, self._engine.embedder_card
        body = {
            "embedder": card.name,
            "license": card.license,
            "delegate": self._engine.delegate,
            "max_bytes": MAX_BYTES,
            "threshold": self._point.threshold,
            "target_fmr": self._point.target_fmr,
            "gallery": None if gallery is None else {"people": len(gallery.names), "templates": len(gallery.templates)},
            "notes": self._operating_point_choice.sentences() if self._operating_point_choice else [],
        }
        return envelope("preview-about", body, models=self._engine.digests)

    def verify(self, uploads: Mapping[str, Upload]) -> dict[str, Any]:
        """Compare the largest faces of the photos ``first`` and ``second``.

        Raises:
            RejectedError: a photo is missing or cannot be used.
        """
        photos, probes = [], []
        for upload in _expected(uploads, "first", "second"):
            with self._lock:
                image, probe = self._probe(upload)
            probes.append(probe)
            height, width = image.shape[:2]
            about = {"name": upload.name, "width": width, "height": height, "faces": probe.faces}
            photos.append(about | _embedded_json(image, probe.embedded) | {"remarks": probe.remarks()})
        comparison = ComparisonResult.of(probes[0], probes[1], self._point)
        said = {"sentence": comparison.sentence, "explanation": comparison.explanation}
        body = said | {"photos": photos, "delegate": self._engine.delegate}
        return envelope("preview-verify", comparison.to_json() | body, models=self._engine.digests)

    def identify(self, uploads: Mapping[str, Upload]) -> dict[str, Any]:
        """Identify every face of the photo ``photo``.

        Raises:
            RejectedError: there is no gallery, or the photo is missing or cannot be used.
        """
        if self._gallery is None or self._operating_point_choice is None:
            raise RejectedError(
                409, "there is no gallery to look in: start 'edge-siamese preview' with --gallery G.esg"
            )
        (upload,) = _expected(uploads, "photo")
        with self._lock:
            image = _read(upload)
            found = identify_faces(
                self._engine,
                self._gallery,
                image,
                operating_point=self._operating_point_choice.point,
                top_k=CANDIDATES,
            )
        height, width = image.shape[:2]
        body = {
            "operating_point": self._operating_point_choice.to_json(),
            "notes": self._operating_point_choice.sentences(),
            "photo": {"name": upload.name, "width": width, "height": height},
            "results": [_identification_json(image, identification) for identification in found],
            "delegate": self._engine.delegate,
        }
        return envelope("preview-identify", body, models=self._engine.digests)

    def _probe(self, upload: Upload) -> tuple[RGB, ProbeFace]:
        image = _read(upload)
        try:
            return image, ProbeFace.on(self._engine, image, upload.name)
        except EdgeSiameseError as error:
            raise RejectedError.of(error, upload.data, upload.field) from error


def _expected(uploads: Mapping[str, Upload], *fields: str) -> list[Upload]:
    for field in fields:
        if field not in uploads:
            found = ", ".join(uploads) or "none"
            raise RejectedError(400, f"a form: expected photos as {' and '.join(fields)}, found {found}", field)
    return [uploads[field] for field in fields]


def _read(upload: Upload) -> RGB:
    try:
        return read_image(upload.data, name=upload.name)
    except EdgeSiameseError as error:
        raise RejectedError.of(error, upload.data, upload.field) from error


def _identification_json(image: RGB, identification: Identification) -> dict[str, Any]:
    embedded = identification.embedded
    fields = _embedded_json(image, embedded) if embedded else {"landmarks": None, "quality": None, "crop": None}
    remarks = embedded.remarks() if embedded else []
    return fields | identification.to_json() | {"explanation": identification.explanation, "remarks": remarks}


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
