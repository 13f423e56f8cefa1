"""Gallery file that is read again when it changes, with events for each reload."""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import GalleryError
from .gallery import Gallery
from .trust.opening import parse_trusted, read_trusted
from .trust.slots import is_slot_folder, slot_files


@dataclass(frozen=True)
class GalleryReloaded:
    """Event: a changed gallery file was read and is in use.

    Attributes:
        source: path of the file.
        timestamp_ns: when, on the monotonic clock.
        sequence: sequence number of the gallery.
        identities: number of people in the gallery.
        added, removed: number of added and of removed people.
    """

    source: str
    timestamp_ns: int
    sequence: int
    identities: int
    added: int
    removed: int

    @classmethod
    def between(cls, before: Gallery, after: Gallery, timestamp_ns: int) -> "GalleryReloaded":
        old, new = set(before.names), set(after.names)
        return cls(after.source, timestamp_ns, after.sequence, len(new), len(new - old), len(old - new))


@dataclass(frozen=True)
class GalleryRejected:
    """Event: a changed gallery file cannot be used; the previous gallery stays in use.

    Attributes:
        source: path of the file.
        timestamp_ns: when, on the monotonic clock.
        why: one sentence.
    """

    source: str
    timestamp_ns: int
    why: str


GalleryEvent = GalleryReloaded | GalleryRejected
Signature = tuple[int, ...]


class GalleryFile:
    """A gallery file, or a folder with slots, and the gallery that was last read from it.

    The gallery is read into memory, so overwriting the file in place does not affect the gallery in use.

    Args:
        path: the .esg, or a folder of `gallery install`.

    Attributes:
        path: the .esg or folder.
        gallery: the gallery that was last read.

    Raises:
        GalleryError: the file cannot be read, is not a gallery, is damaged, or has a later version.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        Gallery.open(self.path)  # raises the specific error for other kinds of files
        self._signature = self._sign()
        self.gallery, self._digest = self._read()
        self._requested = False

    def request_reload(self) -> None:
        """Request that the file is read again even if unchanged; callable from any thread and from a signal handler."""
        self._requested = True

    def changed(self) -> Gallery | None:
        """The gallery if the file changed since the last call, otherwise None. An error is raised once for each change.

        Raises:
            GalleryError: the changed file is missing or cannot be used; `gallery` is unchanged.
        """
        requested, signature = self._requested, self._sign()
        if signature == self._signature and not requested:
            return None
        self._requested, self._signature = False, signature
        before, self._digest = self._digest, b""
        gallery, self._digest = self._read()
        if self._digest == before and not requested:
            return None
        self.gallery = gallery
        return gallery

    def _sign(self) -> Signature:
        """File status that changes when the file, or a slot of the folder, changes; empty without a file."""
        files = slot_files(self.path) if is_slot_folder(self.path) else (self.path,)
        return tuple(number for file in files for number in _status(file))

    def _read(self) -> tuple[Gallery, bytes]:
        if is_slot_folder(self.path):
            content = read_trusted(self.path)
            copied = replace(content, templates=content.templates.copy(), identity_index=content.identity_index.copy())
            return Gallery.of(copied), str(content.revision).encode()
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise GalleryError(f"{self.path}: cannot be read ({error.strerror or error})", path=self.path) from error
        return Gallery.of(parse_trusted(data, self.path)), hashlib.sha256(data).digest()


def _status(path: Path) -> Signature:
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
