"""The engine for uploaded photos, which a running loop does not wait for."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..engine import FaceEngine
from ..errors import EdgeSiameseError
from ..frames import RGB
from ..image_io import read_image
from ..tflite.model_card import ModelCard
from .errors import RejectedError
from .uploads import Upload


class PhotoEngine:
    """Opens an engine with the first photo and lends it to one request at a time.

    Args:
        open_engine: opens the engine; `close` closes it.
        card: model card of its embedder.
        digests: digest of each model, by task.
        delegate: delegate that runs the networks.
    """

    def __init__(
        self, open_engine: Callable[[], FaceEngine], card: ModelCard, digests: dict[str, str], delegate: str
    ) -> None:
        self.embedder_card, self.digests, self.delegate = card, digests, delegate
        self._open, self._engine, self._lock = open_engine, None, threading.Lock()

    @classmethod
    def of(cls, engine: FaceEngine, open_engine: Callable[[], FaceEngine] | None = None) -> "PhotoEngine":
        """An engine like an open one: a second one by `open_engine`, or without it the open one itself."""
        own = open_engine or (lambda: engine)
        return cls(own, engine.embedder_card, engine.digests, engine.delegate)

    _engine: FaceEngine | None

    @contextmanager
    def lent(self) -> Iterator[FaceEngine]:
        """The engine, while no other request uses it."""
        with self._lock:
            if self._engine is None:
                self._engine = self._open()
            yield self._engine

    def close(self) -> None:
        """Close the engine if it was opened."""
        with self._lock:
            if self._engine is not None:
                self._engine.close()


def read_upload(upload: Upload) -> RGB:
    """Decode an uploaded photo: uint8 ``(H, W, 3)`` RGB.

    Raises:
        RejectedError: the photo cannot be read (413, 415 or 422).
    """
    try:
        return read_image(upload.data, name=upload.name)
    except EdgeSiameseError as error:
        raise RejectedError.of_photo(error, upload.data, upload.field) from error
