"""A source of frames that a test lists."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from edge_siamese.cameras.base import Source, SourceEvent
from edge_siamese.frames import RGB, Frame

FRAME_NS = 100_000_000


class ListedSource(Source):
    """Delivers images, ready frames and camera events in the order of a list; `closed` tells whether it was closed.

    Args:
        items: an image becomes the frame of its place in the list, 0.1 s after the one before.
        stills, live: see `FrameSource`.
        ages_ns: age of each frame, by sequence number; 0 without them.
    """

    def __init__(
        self,
        items: Iterable[RGB | Frame | SourceEvent],
        *,
        name: str = "listed",
        stills: bool = False,
        live: bool = False,
        ages_ns: Sequence[int] = (),
    ) -> None:
        super().__init__(name)
        self.stills, self.live = stills, live
        self.closed = False
        self._items, self._ages_ns = items, ages_ns

    def watch(self) -> Iterator[Frame | SourceEvent]:
        for number, item in enumerate(self._items):
            if self.stopping:
                return
            yield Frame(item, number * FRAME_NS, number, f"{number}.png") if isinstance(item, np.ndarray) else item

    def age_ns(self, frame: Frame) -> int:
        return self._ages_ns[frame.sequence] if self._ages_ns else 0

    def close(self) -> None:
        super().close()
        self.closed = True
