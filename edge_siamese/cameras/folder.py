"""Frame source for independent photos: a folder, zip, tar or image file."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import DataError, ImageError
from ..frames import RGB, Frame
from ..image_archive import ImageArchive, is_archive
from ..image_io import read_image
from .base import FramesUnreadable, Source, SourceEvent

_log = logging.getLogger(__name__)


class StillsSource(Source):
    """Yields every photo once, in natural order. Unreadable photos are skipped and counted, each with an event.

    A frame's `source` is the photo's path in the folder or archive, its timestamp the time of reading.

    Attributes:
        skipped: files that are not images, with the reason; each is logged.

    Raises:
        DataError: the path contains no images or cannot be read.
    """

    stills = True

    def __init__(self, path: Path) -> None:
        super().__init__(path.name or str(path))
        self._path = path
        self._archive = ImageArchive(path) if is_archive(path) else None
        self._names = self._archive.images if self._archive else [path.name]
        if not self._names:
            self.close()
            raise DataError(f"{path}: expected images, found none", path=path)
        self.skipped = self._archive.skipped if self._archive else []
        for file in self.skipped:
            _log.warning("left out: %s: %s", file.path, file.reason)

    def __len__(self) -> int:
        """Number of photos, readable or not."""
        return len(self._names)

    def watch(self) -> Iterator[Frame | SourceEvent]:
        for sequence, name in enumerate(self._names):
            if self.stopping:
                return
            try:
                image = self._read(name)
            except ImageError as error:
                self.unreadable += 1
                yield FramesUnreadable(name, time.monotonic_ns(), sequence, 1, str(error))
                continue
            yield Frame(self.view.applied(image), time.monotonic_ns(), sequence, name)

    def close(self) -> None:
        super().close()
        if self._archive:
            self._archive.close()

    def _read(self, name: str) -> RGB:
        return self._archive.image(name) if self._archive else read_image(self._path)
