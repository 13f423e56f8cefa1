"""A folder or zip of photos: independent stills, each another scene."""

import logging
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ..errors import DataError, ImageError
from ..frames import RGB, Frame
from ..image_io import MAX_BYTES, is_image_name, list_images, natural_key, read_image
from .base import Source, SourceEvent

_log = logging.getLogger(__name__)


class _Images(Protocol):
    """Images by name, in the order they are shown."""

    names: list[str]

    def read(self, name: str) -> RGB:
        """Decode one.

        Raises:
            ImageError: it cannot be read.
        """

    def close(self) -> None: ...


class StillsSource(Source):
    """Every photo once, in natural order; those that cannot be read are logged by name and left out.

    A frame's `source` is the photo's path inside the folder or zip, its time when it was read.

    Attributes:
        unreadable: how many were left out so far.

    Raises:
        DataError: the path holds no images, or cannot be read.
    """

    stills = True

    def __init__(self, path: Path) -> None:
        super().__init__(path.name or str(path))
        self._images: _Images = _Zip(path) if path.is_file() and path.suffix.lower() == ".zip" else _Files(path)
        self.unreadable = 0
        if not self._images.names:
            self._images.close()
            raise DataError(f"{path}: expected images, found none")

    def __len__(self) -> int:
        """Number of photos, readable or not."""
        return len(self._images.names)

    def watch(self) -> Iterator[Frame | SourceEvent]:
        for sequence, name in enumerate(self._images.names):
            if self.stopping:
                return
            try:
                image = self._images.read(name)
            except ImageError as error:
                self.unreadable += 1
                _log.warning("left out: %s", error)
                continue
            yield Frame(image, time.monotonic_ns(), sequence, name)

    def close(self) -> None:
        super().close()
        self._images.close()


class _Files:
    """The images of a folder and of those below it, or a single image."""

    def __init__(self, path: Path) -> None:
        self._root = path if path.is_dir() else path.parent
        found = list_images(path) if path.is_dir() else [path]
        self.names = [image.relative_to(self._root).as_posix() for image in found]

    def read(self, name: str) -> RGB:
        return read_image(self._root / name)

    def close(self) -> None:
        """Nothing is held open."""


class _Zip:
    """The images of a zip."""

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise DataError(f"{path}: the zip cannot be read ({error})") from error
        self.names = sorted((name for name in self._archive.namelist() if _is_shown(name)), key=natural_key)

    def read(self, name: str) -> RGB:
        if self._archive.getinfo(name).file_size > MAX_BYTES:
            raise ImageError(f"{name}: too large for an image")
        try:
            data = self._archive.read(name)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
            raise ImageError(f"{name}: cannot be read from the zip ({error})") from error
        return read_image(data, name=name)

    def close(self) -> None:
        self._archive.close()


def _is_shown(member: str) -> bool:
    return is_image_name(member) and not any(part.startswith((".", "__MACOSX")) for part in member.split("/"))
