"""Frame source for video files."""

from collections.abc import Iterator
from pathlib import Path

import cv2

from ..errors import DataError
from ..frames import Frame
from .base import CapturedImage, Source, SourceEvent, Undecodable
from .opencv import DAMAGED, retrieved

_LOOKAHEAD = 10  # consecutive failed grabs after which a video without a frame count has ended
_MAX_LOOKAHEAD = 250  # the same for a video whose frame count is not reached


class VideoSource(Source):
    """Every frame of a video file, without waiting; timestamps are those of the file.

    Undecodable frames are skipped and counted, with an event; they keep their sequence numbers.

    Raises:
        DataError: the file is not a readable video.
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
                frame = self._frame(captured, captured.timestamp_ns, sequence)
                if frame is not None:
                    yield frame
            sequence += 1

    def close(self) -> None:
        super().close()
        self._capture.close()


class VideoCapture:
    """An open video file; timestamps are those of the file, from 0.

    Attributes:
        announced: number of frames according to the file; 0 if not known.

    Raises:
        DataError: OpenCV cannot decode the file, or it contains no image.
    """

    def __init__(self, path: Path) -> None:
        self._capture, self._grabbed, self._bad_first = cv2.VideoCapture(), False, 0
        if _is_text(path) or not self._capture.open(str(path)) or not self._grab_first():
            self._capture.release()
            raise DataError(
                f"{path}: expected a video, found a file that cannot be read as one or has no images", path=path
            )
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self._step_ns = round(1e9 / rate) if 0 < rate <= 1000 else 40_000_000
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.announced = int(count) if 0 < count < 1e9 else 0
        self._last_ns = -self._step_ns
        self._failed, self._passed = 0, 0

    def read(self) -> CapturedImage | Undecodable | None:
        """The next image, or None after the last. An image without a timestamp gets one from the frame rate."""
        if self._bad_first:
            self._bad_first -= 1
            return Undecodable(DAMAGED)
        grabbed, self._grabbed = self._grabbed or self._capture.grab(), False
        if not grabbed:
            return self._not_grabbed()
        self._failed, self._passed = 0, self._passed + 1
        timestamp = round(self._capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6)
        self._last_ns = timestamp if timestamp > self._last_ns else self._last_ns + self._step_ns
        return retrieved(self._capture, self._last_ns)

    def close(self) -> None:
        self._capture.release()

    def _grab_first(self) -> bool:
        """Find the first decodable frame and count the frames before it."""
        while self._bad_first < _LOOKAHEAD and not self._grabbed:
            self._grabbed = self._capture.grab()
            self._bad_first += not self._grabbed
        return self._grabbed

    def _not_grabbed(self) -> Undecodable | None:
        """Distinguish a damaged frame from the end of the video by trying the frames after it."""
        self._failed += 1
        left = min(self.announced - self._passed, _MAX_LOOKAHEAD) if self.announced else _LOOKAHEAD
        if self._failed > left:
            return None
        return Undecodable(DAMAGED)


def _is_text(path: Path) -> bool:
    """Whether a file begins with text, which some decoders render as a video of letters."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})", path=path) from error
    return bool(head) and all(byte >= 32 or byte in b"\t\n\r\f\x1b" for byte in head) and _is_utf8(head)


def _is_utf8(head: bytes) -> bool:
    try:
        head[:-3].decode() if len(head) == 4096 else head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 8
    return True
