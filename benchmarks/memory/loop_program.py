"""The program whose memory is measured: it runs the device loop on one image and stops at checkpoints.

It imports nothing of this package, since it runs as a file, natively or on an emulated arm64. ``loop_program.py JOB``:
the job is a JSON object. At each checkpoint it prints a JSON line and waits until a line arrives on standard input,
while the parent process reads its memory. Where it is emulated, the line holds the program's own memory mappings: the
emulator's memory is not the program's.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def _own_mappings() -> list[list[int]]:
    """Address ranges of this program; QEMU answers with the guest's, not its own."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    return [[int(side, 16) for side in line.split()[0].split("-")] for line in lines]


def checkpoint(name: str, frames: int = 0, *, emulated: bool) -> None:
    """Let the parent read this process's memory."""
    report = {"at": name, "frames": frames, "mappings": _own_mappings() if emulated else None}
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()
    if not sys.stdin.readline():
        raise SystemExit("the measuring process has ended")


def _source(image: Any, job: dict[str, Any]) -> Any:
    """The image as a camera delivers it, a new array for every frame, with checkpoints between frames."""
    from edge_siamese.cameras.base import Source
    from edge_siamese.frames import Frame

    class RepeatedFrames(Source):
        def watch(self) -> Iterator[Frame]:
            for number in range(job["frames"]):
                yield Frame(image.copy(), number * 33_000_000, number, self.name)
                if number == 0 or (number + 1) % job["every"] == 0:
                    checkpoint("first frame" if number == 0 else "loop", number + 1, emulated=job["emulated"])

    return RepeatedFrames("memory")


def main(job_file: str) -> None:
    """Run a job: import, open, and analyze frames as `edge-siamese run` does."""
    job = json.loads(Path(job_file).read_text())
    emulated = job["emulated"]
    checkpoint("Python", emulated=emulated)
    import numpy as np

    checkpoint("numpy", emulated=emulated)
    import cv2  # noqa: F401

    checkpoint("OpenCV", emulated=emulated)
    from edge_siamese.tflite.runtime import find_runtime

    find_runtime()
    checkpoint("runtime", emulated=emulated)
    from edge_siamese.engine import FaceEngine
    from edge_siamese.events import EventMaker, open_json_lines
    from edge_siamese.face_result import FaceResult
    from edge_siamese.gallery.updates import GalleryFile
    from edge_siamese.verifier import Verifier

    checkpoint("edge_siamese", emulated=emulated)
    models = [job[name] and Path(job[name]) for name in ("embedder", "detector")]
    engine = FaceEngine.open(*models, delegate=job["delegate"], threads=job["threads"])
    checkpoint("models", emulated=emulated)
    gallery = GalleryFile(Path(job["gallery"]))
    gallery.gallery.require(engine.embedder_card)
    checkpoint("gallery", emulated=emulated)
    image = np.fromfile(job["image"], np.uint8).reshape(job["shape"])
    with engine, open_json_lines(Path(os.devnull)) as sink:
        maker = EventMaker("memory", engine.digests)
        for item in Verifier(_source(image, job), engine, gallery).watch():
            sink.emit(maker.decision(item) if isinstance(item, FaceResult) else maker.event(item))
        checkpoint("end", job["frames"], emulated=emulated)


if __name__ == "__main__":
    main(sys.argv[1])
