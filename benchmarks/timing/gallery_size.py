"""Duration and memory of building, checking, writing and opening a gallery of many people."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge_siamese.gallery import Gallery
from edge_siamese.gallery.enrollment.look_alikes import find_look_alikes
from edge_siamese.gallery.templates.selection import DEFAULT_SELECTION, select, with_selected
from edge_siamese.matching import Q15

from .gallery_search import resident_memory

if TYPE_CHECKING:
    from edge_siamese.tflite.model_card import ModelCard

PHOTOS_EACH = 2
_INTERVAL_S = 0.01


@dataclass
class GallerySize:
    """Steps from embedded photos to an open gallery.

    Attributes:
        people: number of people, with two photos each.
        file_bytes: size of the gallery file.
        input_bytes: size of the photos' embeddings.
        seconds: duration of each step.
        peak_bytes: largest growth of the resident memory in each step.
    """

    people: int
    file_bytes: int = 0
    input_bytes: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step; memory is read every 10 ms."""
        over, before, highest = threading.Event(), resident_memory(), [0]

        def watch() -> None:
            while not over.wait(_INTERVAL_S):
                highest[0] = max(highest[0], resident_memory() - before)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = time.perf_counter() - begun
            over.set()
            watcher.join()
            self.peak_bytes[name] = max(highest[0], resident_memory() - before, 0)

    def rows(self) -> list[tuple[str, ...]]:
        """Cells of a table: step, seconds, memory."""
        rows: list[tuple[str, ...]] = [("step", "seconds", "memory MB")]
        return rows + [
            (name, f"{self.seconds[name]:.1f}", f"{self.peak_bytes[name] / 1e6:.0f}") for name in self.seconds
        ]

    def to_json(self) -> dict[str, Any]:
        steps = {
            name: {"seconds": round(self.seconds[name], 3), "peak_bytes": self.peak_bytes[name]}
            for name in self.seconds
        }
        return {"people": self.people, "file_bytes": self.file_bytes, "input_bytes": self.input_bytes, "steps": steps}


def measure_gallery_size(
    card: "ModelCard", people: int, folder: Path, progress: Callable[[int, int], None] | None = None
) -> GallerySize:
    """Build a gallery of random people, check it for look-alikes, write it to `folder` and open it.

    Args:
        card: embedder whose dimension is used.
        people: number of people.
        folder: existing folder for the gallery file.
        progress: called by the search for look-alikes, the longest step.
    """
    rng, size = np.random.default_rng(0), GallerySize(people)
    centers = rng.integers(-60, 61, (people, card.dimension), np.int8)
    photos = {
        f"person {row:07}": centers[row] + rng.integers(-40, 41, (PHOTOS_EACH, card.dimension), np.int8)
        for row in range(people)
    }
    size.input_bytes = people * PHOTOS_EACH * card.dimension
    empty, path = Gallery.empty(card), folder / "bench.esg"
    with size.step("choose templates"):
        gallery = with_selected(empty, photos, select(empty, photos, DEFAULT_SELECTION))
    with size.step("find look-alikes"):
        find_look_alikes(gallery, Q15 // 2, progress)
    with size.step("write"):
        gallery.save(path)
    with size.step("open and check"):
        Gallery.open(path)
    size.file_bytes = path.stat().st_size
    return size
