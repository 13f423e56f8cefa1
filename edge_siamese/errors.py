"""Exceptions of the package and the exit code of a command for each.

::

    EdgeSiameseError            exit 1: the operation failed
    +-- EngineClosedError       an engine was used after it was closed
    +-- RuntimeMissingError     no usable TFLite runtime, delegate or optional package
    +-- SelfTestError           a delegate's outputs differ from the model's golden vectors
    +-- CameraError             a camera cannot be opened or stopped delivering frames
    +-- DataError               exit 2: the user's file, folder or value is not what was expected
        +-- ImageError        an image that cannot be read
        +-- ModelError        a .tflite that is missing, damaged, not of this project, or for another task
        +-- GalleryError        a gallery that cannot be read, changed or written as asked
        |   +-- NotAGalleryError     a file that is no gallery
        |   +-- DamagedGalleryError  a gallery whose content is damaged or cut short
        |   +-- NewerGalleryError    a gallery of a later format version
        |   +-- OtherEmbedderError   a gallery made with another embedder
        |   +-- StaleGalleryError    a gallery file that changed after it was read, or is older than one accepted before
        |   +-- EncryptedGalleryError  a gallery that cannot be decrypted
        |   +-- UntrustedGalleryError  a gallery without the required signature, or with a wrong one
        |   +-- ExpiredGalleryError  a gallery whose last day is over
        +-- EnrollmentError     photos that contradict each other or the gallery
        +-- NoFaceError         no face found in an image that must show one
        +-- OperatingPointError the data cannot support the requested error rate

Every message is one sentence: the file or value, what was expected, what was found.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .gallery.container.verdicts import GalleryVerdict


class EdgeSiameseError(Exception):
    """Base class of the package's exceptions.

    >>> from edge_siamese import EdgeSiameseError, read_image
    >>> try:
    ...     read_image("missing.jpg")
    ... except EdgeSiameseError as error:
    ...     print(error, error.exit_code)
    missing.jpg: cannot be read (No such file or directory) 2

    Args:
        message: one sentence: the file or value, what was expected, what was found.
        path: the file or folder concerned.
        expected, found: the expected and the actual value, as written in the message.

    Attributes:
        exit_code: exit code of a command that fails with this error.
        path, expected, found: the arguments; None where they do not apply.
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
    """The outputs of a delegate or runtime differ from the model's golden vectors."""


class CameraError(EdgeSiameseError):
    """A camera or video cannot be opened, or stopped delivering frames."""


class DataError(EdgeSiameseError, ValueError):
    """A file, folder or value given by the user is not what was expected."""

    exit_code = 2


class ImageError(DataError):
    """An image cannot be read."""


class ModelError(DataError):
    """A model file is missing, damaged, not of this project, or made for another task."""


class GalleryError(DataError):
    """A gallery cannot be read, changed or written as asked.

    Args:
        message, path, expected, found: as for `EdgeSiameseError`.
        verdict: verdict of the reader that rejected the file.

    Attributes:
        verdict: the argument; None if the file was not rejected by its content.
    """

    def __init__(
        self,
        message: str = "",
        *,
        verdict: "GalleryVerdict | None" = None,
        path: "str | os.PathLike[str] | None" = None,
        expected: object = None,
        found: object = None,
    ) -> None:
        super().__init__(message, path=path, expected=expected, found=found)
        self.verdict = verdict


class NotAGalleryError(GalleryError):
    """A file is not a gallery."""


class DamagedGalleryError(GalleryError):
    """A gallery is damaged, cut short, or was written incorrectly."""


class NewerGalleryError(GalleryError):
    """A gallery has a later format version than this program supports."""


class OtherEmbedderError(GalleryError):
    """A gallery was made with another embedder."""


class StaleGalleryError(GalleryError):
    """A gallery file changed after it was read, so that writing would discard the change; or it is older than one accepted before."""


class EncryptedGalleryError(GalleryError):
    """A gallery is encrypted and there is no key, or another one."""


class UntrustedGalleryError(GalleryError):
    """A gallery is not signed by a trusted key as the policy requires, or a signature is wrong."""


class ExpiredGalleryError(GalleryError):
    """The last day on which a gallery may be used is over."""


class EnrollmentError(DataError):
    """The photos of an enrollment show different people, or a person enrolled under another name.

    Args:
        fact: one sentence about the photos.
        remedy: the option of a command that permits the enrollment; follows in the message.
        permission: field of `gallery.enrollment.person.Permissions` that permits the enrollment.
        path, expected, found: as for `EdgeSiameseError`.

    Attributes:
        fact, permission: the arguments.
    """

    def __init__(
        self,
        fact: str = "",
        *,
        remedy: str | None = None,
        permission: str | None = None,
        path: "str | os.PathLike[str] | None" = None,
        expected: object = None,
        found: object = None,
    ) -> None:
        super().__init__(f"{fact}; {remedy}" if remedy else fact, path=path, expected=expected, found=found)
        self.fact, self.permission = fact, permission


class NoFaceError(DataError):
    """No face was found in an image that must show one."""


class OperatingPointError(DataError):
    """The available comparisons cannot support the requested error rate."""
