"""Video files, pulled frame by frame."""

from collections.abc import Iterator
from pathlib import Path

from ..frames import Frame
from .base import Source, SourceEvent
from .opencv import VideoCapture


class VideoSource(Source):
    """A video file, every frame of it, as fast as it is asked for; times are the file's.

    Raises:
        CameraError: it is not a video that can be read.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path.name)
        self._capture = VideoCapture(path)

    def watch(self) -> Iterator[Frame | SourceEvent]:
        sequence = 0
        while not self.stopping and (captured := self._capture.read()) is not None:
            yield Frame(captured.pixels, captured.timestamp_ns, sequence, self.name)
            sequence += 1

    def close(self) -> None:
        super().close()
        self._capture.close()
