"""A folder or zip of photographs: independent stills, each another scene."""

import logging
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ..errors import DataError, PictureError
from ..frames import RGB, Frame
from ..image_io import MOST_BYTES, is_picture_name, list_pictures, natural_key, read_picture
from .base import Notice, Source

_log = logging.getLogger(__name__)


class _Pictures(Protocol):
    """Pictures by name, in the order they are shown."""

    names: list[str]

    def read(self, name: str) -> RGB:
        """Decode one.

        Raises:
            PictureError: it cannot be read.
        """

    def close(self) -> None: ...


class StillsSource(Source):
    """Every photograph once, in natural order; those that cannot be read are logged by name and left out.

    A frame's `source` is the photograph's path inside the folder or zip, its time when it was read.

    Attributes:
        unreadable: how many were left out so far.

    Raises:
        DataError: the path holds no pictures, or cannot be read.
    """

    stills = True

    def __init__(self, path: Path) -> None:
        super().__init__(path.name or str(path))
        self._pictures: _Pictures = _Zip(path) if path.is_file() and path.suffix.lower() == ".zip" else _Files(path)
        self.unreadable = 0
        if not self._pictures.names:
            self._pictures.close()
            raise DataError(f"{path}: expected pictures, found none")

    def __len__(self) -> int:
        """Number of photographs, readable or not."""
        return len(self._pictures.names)

    def watch(self) -> Iterator[Frame | Notice]:
        for sequence, name in enumerate(self._pictures.names):
            if self.stopping:
                return
            try:
                picture = self._pictures.read(name)
            except PictureError as error:
                self.unreadable += 1
                _log.warning("left out: %s", error)
                continue
            yield Frame(picture, time.monotonic_ns(), sequence, name)

    def close(self) -> None:
        super().close()
        self._pictures.close()


class _Files:
    """The pictures of a folder and of those below it, or a single picture."""

    def __init__(self, path: Path) -> None:
        self._root = path if path.is_dir() else path.parent
        found = list_pictures(path) if path.is_dir() else [path]
        self.names = [picture.relative_to(self._root).as_posix() for picture in found]

    def read(self, name: str) -> RGB:
        return read_picture(self._root / name)

    def close(self) -> None:
        """Nothing is held open."""


class _Zip:
    """The pictures of a zip."""

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise DataError(f"{path}: the zip cannot be read ({error})") from error
        self.names = sorted((name for name in self._archive.namelist() if _is_shown(name)), key=natural_key)

    def read(self, name: str) -> RGB:
        if self._archive.getinfo(name).file_size > MOST_BYTES:
            raise PictureError(f"{name}: too large for a picture")
        try:
            data = self._archive.read(name)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
            raise PictureError(f"{name}: cannot be read from the zip ({error})") from error
        return read_picture(data, name=name)

    def close(self) -> None:
        self._archive.close()


def _is_shown(member: str) -> bool:
    return is_picture_name(member) and not any(part.startswith((".", "__MACOSX")) for part in member.split("/"))
