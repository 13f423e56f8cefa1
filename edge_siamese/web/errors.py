"""Exception for rejected HTTP requests, with a status code and one sentence."""

from ..errors import EdgeSiameseError, ImageError, NoFaceError
from ..image_formats import image_size
from ..image_io import MAX_PIXELS


class RejectedError(Exception):
    """An HTTP request was rejected.

    Attributes:
        status: HTTP status code.
        sentence: message for the user.
        photo: the form field concerned, or None.
    """

    def __init__(self, status: int, sentence: str, photo: str | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.photo = status, sentence, photo

    @classmethod
    def of(cls, error: EdgeSiameseError, data: bytes, photo: str) -> "RejectedError":
        """Convert an error about an uploaded photo.

        Not an image: 415; too large to decode: 413; damaged or without a face: 422; other errors: 500.
        """
        if isinstance(error, NoFaceError):
            return cls(422, str(error), photo)
        if not isinstance(error, ImageError):
            return cls(500, str(error), photo)
        size = image_size(data)
        if size is None:
            return cls(415, str(error), photo)
        return cls(413 if size[0] * size[1] > MAX_PIXELS else 422, str(error), photo)
