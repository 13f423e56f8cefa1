"""What every camera offers: frames, and the news that it went away or came back."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from ..frames import RGB, Frame


@dataclass(frozen=True)
class CameraLost:
    """A live camera stopped delivering and is being looked for again.

    Attributes:
        source: name of the camera.
        timestamp_ns: when, on the monotonic clock.
        why: one sentence.
    """

    source: str
    timestamp_ns: int
    why: str


@dataclass(frozen=True)
class CameraBack:
    """A lost camera delivers again.

    Attributes:
        source: name of the camera.
        timestamp_ns: when, on the monotonic clock.
        away_ns: how long it was away.
    """

    source: str
    timestamp_ns: int
    away_ns: int


SourceEvent = CameraLost | CameraBack


@dataclass(frozen=True)
class CapturedImage:
    """An image as it leaves a capture: uint8 ``(H, W, 3)`` RGB and when it was taken.

    A camera's times are on the monotonic clock, a recording's its own.
    """

    pixels: RGB
    timestamp_ns: int


class Capture(Protocol):
    """An open camera or recording. It belongs to the thread that reads it."""

    def read(self) -> CapturedImage | None:
        """Wait for the next image; None after the last one of a recording.

        Raises:
            CameraError: the camera stopped delivering.
        """

    def close(self) -> None:
        """Let go of the device or file."""


class Source:
    """What the sources share: a name, frames without notices, and closing at the end of a ``with`` block."""

    name: str
    live = False
    stills = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopping = False

    @property
    def dropped(self) -> int:
        return 0

    def watch(self) -> Iterator[Frame | SourceEvent]:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Frame]:
        return (item for item in self.watch() if isinstance(item, Frame))

    def age_ns(self, frame: Frame) -> int:
        return 0

    def stop(self) -> None:
        self.stopping = True

    def close(self) -> None:
        self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
