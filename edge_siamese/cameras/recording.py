"""Video files, pulled frame by frame."""

from collections.abc import Iterator
from pathlib import Path

from ..frames import Frame
from .base import Source, SourceEvent, Undecodable
from .opencv import VideoCapture


class VideoSource(Source):
    """A video file, every frame of it, as fast as it is asked for; times are the file's.

    Frames that cannot be decoded are left out, counted and told of; they keep their sequence numbers.

    Raises:
        DataError: it is not a video that can be read.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path.name)
        self._capture = VideoCapture(path)

    def watch(self) -> Iterator[Frame | SourceEvent]:
        sequence = 0
        while not self.stopping:
            captured = self._capture.read()
            if captured is None:
                yield from self._end_of_recording(sequence, self._capture.announced)
                return
            if isinstance(captured, Undecodable):
                self._count_unreadable(sequence, captured)
            else:
                yield from self._unreadable_before()
                yield Frame(captured.pixels, captured.timestamp_ns, sequence, self.name)
            sequence += 1

    def close(self) -> None:
        super().close()
        self._capture.close()
