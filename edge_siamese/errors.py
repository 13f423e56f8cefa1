"""Every error the package raises on purpose, and the exit code each ends a command with.

::

    EdgeSiameseError            exit 1: the operation could not be done
    +-- EngineClosedError       an engine was used after it was closed
    +-- RuntimeMissingError     no usable TFLite runtime, delegate or optional package
    +-- SelfTestError           a delegate computes something else than the model's golden vectors say
    +-- CameraError             a camera cannot be opened or stopped delivering
    +-- DataError               exit 2: the user's file, folder or value is not what was expected
        +-- ImageError        an image that cannot be read
        +-- ModelError        a .tflite that is missing, not ours, damaged, or for another task
        +-- GalleryError        a gallery that cannot be read, changed or written as asked
        |   +-- NotAGalleryError     a file that is no gallery
        |   +-- DamagedGalleryError  a gallery whose bytes contradict each other
        |   +-- NewerGalleryError    a gallery of a later format version
        |   +-- OtherEmbedderError   a gallery made with another embedder
        |   +-- StaleGalleryError    a gallery file that changed after it was read
        +-- EnrollmentError     photos that contradict each other or the gallery
        +-- NoFaceError         an image that had to show a face shows none
        +-- OperatingPointError the data cannot support the error rate asked for

Messages are one sentence: what it was about, what was expected, what was found.
"""

import os


class EdgeSiameseError(Exception):
    """Base of all errors raised on purpose.

    >>> from edge_siamese import EdgeSiameseError, read_image
    >>> try:
    ...     read_image("missing.jpg")
    ... except EdgeSiameseError as error:
    ...     print(error, error.exit_code)
    missing.jpg: cannot be read (No such file or directory) 2

    Args:
        message: one sentence: what it is about, what was expected, what was found.
        path: the file or folder it is about.
        expected, found: the two things that differ, as the message writes them.

    Attributes:
        exit_code: what a command ends with.
        path, expected, found: as given; None where they mean nothing.
    """

    exit_code = 1

    def __init__(
        self,
        message: str = "",
        *,
        path: "str | os.PathLike[str] | None" = None,
        expected: object = None,
        found: object = None,
    ) -> None:
        super().__init__(message)
        self.path = None if path is None else str(path)
        self.expected, self.found = expected, found


class EngineClosedError(EdgeSiameseError, RuntimeError):
    """An engine or network was used after it was closed."""


class RuntimeMissingError(EdgeSiameseError, ImportError):
    """A TFLite runtime, delegate or optional package is not installed or does not work."""


class SelfTestError(EdgeSiameseError):
    """A delegate or runtime computes something else than the model's golden vectors say."""


class CameraError(EdgeSiameseError):
    """A camera or video cannot be opened, or stopped delivering frames."""


class DataError(EdgeSiameseError, ValueError):
    """A file, folder or value given by the user is not what was expected."""

    exit_code = 2


class ImageError(DataError):
    """An image cannot be read."""


class ModelError(DataError):
    """A model file is missing, damaged, not one of ours, or made for another task."""


class GalleryError(DataError):
    """A gallery cannot be read, changed or written as asked."""


class NotAGalleryError(GalleryError):
    """A file is no gallery."""


class DamagedGalleryError(GalleryError):
    """A gallery's bytes contradict each other: it is damaged, cut short, or was written wrongly."""


class NewerGalleryError(GalleryError):
    """A gallery is of a later format version than this program reads."""


class OtherEmbedderError(GalleryError):
    """A gallery was made with another embedder."""


class StaleGalleryError(GalleryError):
    """A gallery file changed after it was read, so writing would undo somebody's change."""


class EnrollmentError(DataError):
    """The photos of an enrollment show different people, or somebody whom the gallery knows by another name."""


class NoFaceError(DataError):
    """An image that had to show a face shows none."""


class OperatingPointError(DataError):
    """The comparisons at hand cannot support the error rate asked for."""
