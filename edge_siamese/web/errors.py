"""Requests that are not answered: an HTTP status and one sentence, the command line's where it has one."""

from ..errors import EdgeSiameseError, NoFaceError, PictureError
from ..image_io import MOST_PIXELS, picture_size


class RefusedError(Exception):
    """A request that is refused.

    Attributes:
        status: of HTTP.
        sentence: for people.
        photograph: the form's field it is about, if it is about one.
    """

    def __init__(self, status: int, sentence: str, photograph: str | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.photograph = status, sentence, photograph

    @classmethod
    def of(cls, error: EdgeSiameseError, data: bytes, photograph: str) -> "RefusedError":
        """What an error about an uploaded photograph means.

        No picture is 415, one too large to decode 413, a damaged one or one without a face 422; the rest is 500.
        """
        if isinstance(error, NoFaceError):
            return cls(422, str(error), photograph)
        if not isinstance(error, PictureError):
            return cls(500, str(error), photograph)
        size = picture_size(data)
        if size is None:
            return cls(415, str(error), photograph)
        return cls(413 if size[0] * size[1] > MOST_PIXELS else 422, str(error), photograph)
