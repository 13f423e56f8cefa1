"""Exception for rejected HTTP requests, with a status code, one sentence and advice for people."""

from collections.abc import Mapping, Sequence

from ..errors import (
    DataError,
    EdgeSiameseError,
    EnrollmentError,
    GalleryError,
    ImageError,
    NoFaceError,
)
from ..image_formats import foreign_format, image_size
from ..image_io import MAX_PIXELS
from .words import HEIC_ADVICE, NO_FACE_ADVICE


class RejectedError(Exception):
    """An HTTP request was rejected.

    Attributes:
        status: HTTP status code.
        sentence: message for the user.
        photo: the form field concerned, or None.
        advice: what people can do about it.
        permission: name of the form field that permits the rejected enrollment, or None.
        headers: additional headers of the response.
    """

    def __init__(
        self,
        status: int,
        sentence: str,
        photo: str | None = None,
        *,
        advice: Sequence[str] = (),
        permission: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.photo = status, sentence, photo
        self.advice, self.permission, self.headers = list(advice), permission, dict(headers or {})

    @classmethod
    def of_photo(cls, error: EdgeSiameseError, data: bytes, photo: str) -> "RejectedError":
        """Convert an error about an uploaded photo.

        Not an image: 415; too large to decode: 413; damaged or without a face: 422; other errors as in `of`.
        """
        if isinstance(error, NoFaceError):
            return cls(422, str(error), photo, advice=NO_FACE_ADVICE)
        if not isinstance(error, ImageError):
            return cls.of(error)
        if foreign_format(data[:512]) == "HEIC":
            return cls(415, str(error), photo, advice=HEIC_ADVICE)
        size = image_size(data)
        if size is None:
            return cls(415, str(error), photo)
        return cls(413 if size[0] * size[1] > MAX_PIXELS else 422, str(error), photo)

    @classmethod
    def of(cls, error: EdgeSiameseError) -> "RejectedError":
        """Convert an error about a gallery or an enrollment.

        No usable photo: 422; a conflict with the gallery: 409; another invalid value: 400; other errors: 500.
        """
        if isinstance(error, NoFaceError):
            return cls(422, str(error), advice=NO_FACE_ADVICE)
        if isinstance(error, EnrollmentError):
            return cls(409, error.fact, permission=error.permission)
        if isinstance(error, GalleryError):
            return cls(409, str(error))
        return cls(400 if isinstance(error, DataError) else 500, str(error))
