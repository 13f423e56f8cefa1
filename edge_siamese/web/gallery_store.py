"""The gallery file behind the page: read again when it changes, changed under its lock."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import EdgeSiameseError
from ..gallery import Gallery
from ..gallery.container.content import GalleryContent
from ..gallery.container.writer import require_writable, update
from ..gallery.enrollment.look_alikes import find_look_alikes, look_alike_threshold
from ..gallery.metadata import describe, today
from ..gallery.operating_point_choice import OperatingPointChoice
from ..gallery.updates import GalleryFile
from ..tflite.model_card import ModelCard
from .errors import RejectedError

_MAX_CHECKED = 500  # people up to which look-alikes are listed


class GalleryStore:
    """A gallery file that the page shows and changes. Thread-safe; other programs may change the file as well.

    A file that does not exist is created with the first person.

    Args:
        path: the .esg.
        card: model card of the embedder.
        target_fpir: accepted false positive identification rate, 0 to 1.
        read_only: whether changes are rejected.

    Attributes:
        path, read_only: the arguments.
        problem: why the last change of the file by another program cannot be used, or None.

    Raises:
        GalleryError: the file exists and is not a gallery of the embedder.
        OperatingPointError: neither model nor gallery has an operating point.
        DataError: the file does not exist and cannot be created.
    """

    def __init__(self, path: Path, card: ModelCard, *, target_fpir: float, read_only: bool = False) -> None:
        self.path, self.read_only, self.problem = path, read_only, ""
        self._card, self._target_fpir = card, target_fpir
        self._lock = threading.Lock()
        self._file: GalleryFile | None = None
        if path.exists():
            self._file = GalleryFile(path)
        else:
            require_writable(path)
        self._require(self.gallery())

    def gallery(self) -> Gallery:
        """The gallery as it is in the file; after an unusable change, as it was before."""
        with self._lock:
            if self._file is None:
                if not self.path.exists():
                    return Gallery.empty(self._card, {})
                self._file = GalleryFile(self.path)
            try:
                changed = self._file.changed()
                if changed is not None:
                    self._require(changed)
                    self.problem = ""
            except EdgeSiameseError as error:
                self.problem = str(error)
            return self._file.gallery

    def operating_point(self, gallery: Gallery | None = None) -> OperatingPointChoice:
        """The operating point for a gallery; default: as it is now."""
        return OperatingPointChoice.for_card(gallery or self.gallery(), self._card, self._target_fpir)

    def change(self, change: Callable[[Gallery], Gallery]) -> Gallery:
        """Change the file under its lock and return the gallery as written.

        Raises:
            RejectedError: the page may not change the gallery (403).
            GalleryError, OSError: the file cannot be changed; it is as before.
        """
        if self.read_only:
            raise RejectedError(403, "this page may not change the gallery: it was started with --read-only")

        def changed(there: GalleryContent | None) -> Gallery:
            return change(Gallery.of(there) if there else Gallery.empty(self._card, describe()))

        return Gallery.of(update(self.path, changed))

    def remove(self, name: str) -> Gallery:
        """Erase a person and all their templates from the file.

        Raises:
            GalleryError: the name is not in the gallery.
        """
        return self.change(lambda gallery: gallery.without(name))

    def to_json(self) -> dict[str, Any]:
        """The people, their templates and their metadata, and what is wrong with the gallery."""
        gallery = self.gallery()
        about, overdue = gallery.metadata.get("people", {}), set(gallery.overdue(today()))
        people = [
            {
                "name": name,
                "uuid": str(identifier),
                "templates": len(gallery.templates_of(name)),
                "created": about.get(name, {}).get("created"),
                "consent": about.get(name, {}).get("consent"),
                "retain_until": about.get(name, {}).get("retain_until"),
                "overdue": name in overdue,
            }
            for name, identifier in zip(gallery.names, gallery.identifiers, strict=True)
        ]
        return {
            "gallery": str(self.path),
            "sequence": gallery.sequence,
            "identities": len(gallery.names),
            "templates": len(gallery.templates),
            "people": people,
            "look_alikes": self._look_alikes(gallery),
            "read_only": self.read_only,
            "problem": self.problem or None,
        }

    def _look_alikes(self, gallery: Gallery) -> list[dict[str, Any]]:
        threshold = look_alike_threshold(gallery, self._card)
        if threshold is None or len(gallery.names) > _MAX_CHECKED:
            return []
        return [pair.to_json() for pair in find_look_alikes(gallery, threshold)]

    def _require(self, gallery: Gallery) -> None:
        gallery.require(self._card)
        gallery.operating_point(self._card, self._target_fpir)
