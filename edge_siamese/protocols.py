"""The protocols that the parts of the package meet at: whatever has these methods can take the real part's place.

==============  ===============================================  ==========================================
protocol        the real part                                    taken by
==============  ===============================================  ==========================================
`FaceAnalyzer`  `engine.FaceEngine`                              verifier, recognition, enrollment, datasets
`Network`       `tflite.runtime.TfliteNetwork`                   detector, embedder, self-test
`FrameSource`   what `cameras.open_source` returns               verifier, enrollment in front of a camera
`EventSink`     the classes of `events`                          the command ``run``
`Clock`         `time.monotonic_ns`                              verifier, cameras, events
==============  ===============================================  ==========================================
"""

from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
import numpy.typing as npt

from .faces import Embedding, Face
from .frames import RGB, Frame

if TYPE_CHECKING:
    from .cameras.base import SourceEvent
    from .events.event import Event
    from .tflite.model_card import ModelCard


class Clock(Protocol):
    """A monotonic clock in nanoseconds."""

    def __call__(self) -> int:
        """Nanoseconds since some fixed moment; never less than before."""


class Network(Protocol):
    """A loaded int8 network."""

    @property
    def delegate(self) -> str:
        """``"xnnpack"``, ``"reference"`` or ``"edgetpu"``."""

    def run(self, image: npt.NDArray[np.int8]) -> dict[str, npt.NDArray[np.int8]]:
        """Compute the outputs, by name, for one int8 input ``(1, H, W, 3)``; see `preprocessing.int8_input`."""

    def output_scales(self) -> dict[str, tuple[float, int]]:
        """Scale and zero point of each output, by name."""


class FaceAnalyzer(Protocol):
    """Finds, aligns and embeds faces.

    A face is aligned once; its quality is measured on the crop, and the crop is embedded.
    """

    @property
    def embedder_card(self) -> "ModelCard":
        """The card of the embedder, which says whose embeddings these are."""

    def detect(self, image: RGB) -> list[Face]:
        """Faces on a uint8 ``(H, W, 3)`` RGB image, largest first, not embedded."""

    def align(self, image: RGB, face: Face) -> RGB:
        """The aligned crop of one face of an image: uint8 ``(112, 112, 3)``."""

    def embed_crop(self, crop: RGB) -> Embedding:
        """Embed one aligned crop, uint8 ``(112, 112, 3)``."""


class FrameSource(Protocol):
    """Where frames come from. Live sources drop frames while the reader is busy, others wait and lose none.

    Attributes:
        name: what it is called in events.
        live: frames come by themselves, and old ones are dropped.
        stills: every frame is another scene.
        dropped: frames that were overtaken by fresher ones.
        unreadable: frames that could not be decoded.
    """

    name: str
    live: bool
    stills: bool
    unreadable: int

    @property
    def dropped(self) -> int: ...

    def __iter__(self) -> Iterator[Frame]:
        """The frames."""

    def watch(self) -> "Iterator[Frame | SourceEvent]":
        """The frames, and between them what went wrong with the camera, video or images."""

    def age_ns(self, frame: Frame) -> int:
        """How long ago a frame was taken; 0 when it waited for its reader."""

    def stop(self) -> None:
        """End the iteration after the current frame; callable from any thread and from a signal handler."""

    def close(self) -> None:
        """Stop, and let go of the device or file."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class EventSink(Protocol):
    """Takes events: a file, a broker, a pin."""

    def emit(self, event: "Event") -> None:
        """Take one event."""

    def close(self) -> None:
        """No more events follow."""
