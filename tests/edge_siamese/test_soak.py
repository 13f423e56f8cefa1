"""A long run of the loop: memory, threads and file descriptors do not grow.

``EDGE_SIAMESE_SOAK_FRAMES=20000 pytest -m soak`` runs it; without the variable it is skipped.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.cameras.base import Source
from edge_siamese.engine import FaceEngine
from edge_siamese.events import EventMaker, open_json_lines
from edge_siamese.face_result import FaceResult
from edge_siamese.finding import DetectionSchedule
from edge_siamese.frames import Frame
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.updates import GalleryFile
from edge_siamese.models import named_model
from edge_siamese.rendering import DEMO_SEEDS, Clip, Person
from edge_siamese.session import SessionRecorder
from edge_siamese.verifier import Verifier

FRAMES = int(os.environ.get("EDGE_SIAMESE_SOAK_FRAMES", "0"))
SAMPLES, MAX_GROWTH_BYTES = 40, 1_000_000

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(FRAMES < 1000, reason="EDGE_SIAMESE_SOAK_FRAMES names no 1,000 frames or more"),
]


class Looped(Source):
    """A rendered clip again and again, with new arrays as a camera gives them; writes the gallery anew now and then."""

    def __init__(self, images: list[np.ndarray], gallery: Gallery, path: Path) -> None:
        super().__init__("soak")
        self._images, self._gallery, self._path = images, gallery, path

    def watch(self) -> Iterator[Frame]:
        for number in range(FRAMES):
            if number % (FRAMES // 20) == 0:
                self._gallery = self._gallery.save(self._path)
            yield Frame(self._images[number % len(self._images)].copy(), number * 100_000_000, number, self.name)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("schedule", [DetectionSchedule(), DetectionSchedule(30, on_motion=True)])
def test_a_long_run_does_not_grow(tmp_path: Path, schedule: DetectionSchedule) -> None:
    people = [("Ada", Person.from_seed(DEMO_SEEDS[0])), ("a stranger", Person.from_seed(DEMO_SEEDS[8]))]
    images = [shown.image for _, shown, _ in Clip(people, seconds_each=1.6, seed=4)]
    models = named_model("embedder-small"), named_model("detector-small")
    samples: list[tuple[int, int, int, int]] = []
    with FaceEngine.open(*models, check=False) as engine, open_json_lines(tmp_path / "events.jsonl") as sink:
        face = engine.detect(images[12])[0]
        gallery = Gallery.empty(engine.embedder_card).with_people({"Ada": engine.embed(images[12], face).values[None]})
        path = tmp_path / "people.esg"
        gallery = gallery.save(path)
        verifier = Verifier(
            Looped(images, gallery, path), engine, GalleryFile(path), cool_down_s=5.0, schedule=schedule
        )
        maker = EventMaker("soak", engine.digests)
        point = verifier.operating_point
        recorder = SessionRecorder(sink, maker, engine.embedder_card, stills=False, point=point)
        for item in verifier.watch():
            if not isinstance(item, FaceResult):
                sink.emit(maker.event(item))
                continue
            recorder.add(item, verifier.gallery)
            if item.frame.sequence % (FRAMES // SAMPLES) == 0 and (
                not samples or samples[-1][0] != item.frame.sequence
            ):
                descriptors = len(list(Path("/proc/self/fd").iterdir()))
                samples.append((item.frame.sequence, resident_bytes(), threading.active_count(), descriptors))
    frames, resident, threads, descriptors = np.array(samples[len(samples) // 4 :]).T
    slope = np.polyfit(frames, resident, 1)[0]
    print(
        f"{FRAMES} frames, {schedule}: {slope * (frames[-1] - frames[0]):,.0f} bytes over {frames[-1] - frames[0]:,} frames"
    )
    print(verifier.counters)
    assert slope * (frames[-1] - frames[0]) < MAX_GROWTH_BYTES
    assert len(set(threads.tolist())) == 1
    assert len(set(descriptors.tolist())) == 1
