"""Requests that are not answered: an HTTP status and one sentence, the command line's where it has one."""

from ..errors import EdgeSiameseError, ImageError, NoFaceError
from ..image_formats import image_size
from ..image_io import MAX_PIXELS


class RejectedError(Exception):
    """A request that is refused.

    Attributes:
        status: of HTTP.
        sentence: for people.
        photo: the form's field it is about, if it is about one.
    """

    def __init__(self, status: int, sentence: str, photo: str | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.photo = status, sentence, photo

    @classmethod
    def of(cls, error: EdgeSiameseError, data: bytes, photo: str) -> "RejectedError":
        """What an error about an uploaded photo means.

        No image is 415, one too large to decode 413, a damaged one or one without a face 422; the rest is 500.
        """
        if isinstance(error, NoFaceError):
            return cls(422, str(error), photo)
        if not isinstance(error, ImageError):
            return cls(500, str(error), photo)
        size = image_size(data)
        if size is None:
            return cls(415, str(error), photo)
        return cls(413 if size[0] * size[1] > MAX_PIXELS else 422, str(error), photo)
