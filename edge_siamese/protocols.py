"""Protocols of the package's parts; any object with these methods can replace the implementation.

==============  ===============================================  ==========================================
protocol        implementation                                   used by
==============  ===============================================  ==========================================
`FaceAnalyzer`  `engine.FaceEngine`                              verifier, recognition, enrollment, datasets
`Network`       `tflite.runtime.TfliteNetwork`                   detector, embedder, self-test
`FrameSource`   the sources of `cameras.open_source`              verifier, enrollment from a camera
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
        """Nanoseconds since a fixed moment; never decreases."""


class Network(Protocol):
    """A loaded int8 network."""

    @property
    def delegate(self) -> str:
        """``"xnnpack"``, ``"reference"`` or ``"edgetpu"``."""

    def run(self, image: npt.NDArray[np.int8]) -> dict[str, npt.NDArray[np.int8]]:
        """Compute the int8 outputs, by name, for one int8 input ``(1, H, W, 3)``; see `preprocessing.int8_input`."""

    def output_scales(self) -> dict[str, tuple[float, int]]:
        """Scale and zero point of each output, by name."""


class FaceAnalyzer(Protocol):
    """Detects, aligns and embeds faces.

    A face is aligned once; its quality is measured on the crop, and the crop is embedded.
    """

    @property
    def embedder_card(self) -> "ModelCard":
        """The model card of the embedder."""

    def detect(self, image: RGB) -> list[Face]:
        """Detect the faces in a uint8 ``(H, W, 3)`` RGB image; largest first, without embeddings."""

    def align(self, image: RGB, face: Face) -> RGB:
        """The aligned crop of one face of an image: uint8 ``(112, 112, 3)``."""

    def embed_crop(self, crop: RGB) -> Embedding:
        """Embed one aligned crop, uint8 ``(112, 112, 3)``."""


class FrameSource(Protocol):
    """A source of frames. Live sources drop frames while the reader is busy; other sources wait and drop none.

    Attributes:
        name: name of the source in events.
        live: whether frames arrive in real time and old ones are dropped.
        stills: whether the frames are independent images.
        dropped: number of frames that were replaced by newer ones.
        unreadable: number of frames that could not be decoded.
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
        """The frames, and between them the events of the camera, video or images."""

    def age_ns(self, frame: Frame) -> int:
        """Age of a frame in nanoseconds; 0 for sources that are not live."""

    def stop(self) -> None:
        """End the iteration after the current frame; callable from any thread and from a signal handler."""

    def close(self) -> None:
        """Stop and close the device or file."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class EventSink(Protocol):
    """Receives events, for example to write them to a file or send them to a broker."""

    def emit(self, event: "Event") -> None:
        """Process one event."""

    def close(self) -> None:
        """Close the sink after the last event."""
