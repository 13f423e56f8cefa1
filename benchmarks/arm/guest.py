"""The program that runs on the arm64 Python: it repeats each item of a job between two marks of the counter.

It imports nothing of this package, since it runs as a file. ``guest.py JOB RESULTS``: the job is a JSON object with
``repeat`` and ``items``; the results are JSON lines, one as soon as each item is done, which name the two marks.
"""

import ctypes
import gc
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_MARK_SYSTEM_CALL = 1000
_WARMUP = 2
_PYTHON_WARMUP = 12  # Python 3.11 and later specialize functions during their first calls
_LOOP_WARMUP = 1  # each run is of many frames

_WARMUPS = {"network": _WARMUP, "loop": _LOOP_WARMUP}

Array = npt.NDArray[Any]
Part = tuple[str, Callable[[], object], dict[str, Any]]  # name, what is counted, facts about it


def _input(shape: tuple[int, ...], dtype: Any, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    if np.issubdtype(dtype, np.integer):
        limits = np.iinfo(dtype)
        return rng.integers(limits.min, limits.max, shape, dtype=dtype, endpoint=True)
    return rng.random(shape).astype(dtype)


def _interpreter(path: str) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=Path(path).read_bytes(), num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def _network(item: dict[str, Any]) -> Iterator[Part]:
    interpreter = _interpreter(item["path"])
    for details in interpreter.get_input_details():
        values = _input(tuple(details["shape"]), details["dtype"], zlib.crc32(Path(item["path"]).name.encode()))
        interpreter.set_tensor(details["index"], values)
    yield "", interpreter.invoke, {"delegated": _is_delegated(interpreter)}


def _is_delegated(interpreter: Any) -> bool:
    return any(details["op_name"] == "DELEGATE" for details in interpreter._get_ops_details())


def _image(item: dict[str, Any]) -> tuple[Array, Array]:
    with np.load(item["image"]) as arrays:
        return arrays["image"], arrays["landmarks"]


def _analyze(item: dict[str, Any]) -> Iterator[Part]:
    from edge_siamese.alignment import align
    from edge_siamese.engine import FaceEngine

    image, _ = _image(item)
    engine = FaceEngine.open(Path(item["embedder"]), Path(item["detector"]), check=False)
    faces = engine.analyze(image)
    yield "", lambda: engine.analyze(image), {"faces": len(faces)}
    yield "detect", lambda: engine.detect(image), {}
    if faces:
        yield "align", lambda: align(image, faces[0].landmarks), {}
        yield "embed", lambda: engine.embed(image, faces[0]), {}


def _loop(item: dict[str, Any]) -> Iterator[Part]:
    """Frames through the verifier with one known person, who stays, and the networks of these frames alone."""
    from edge_siamese.cameras.base import Source
    from edge_siamese.engine import FaceEngine
    from edge_siamese.events import EventMaker
    from edge_siamese.frames import Frame
    from edge_siamese.gallery import Gallery
    from edge_siamese.verifier import Verifier

    image, _ = _image(item)
    engine = FaceEngine.open(Path(item["embedder"]), Path(item["detector"]), check=False)
    (face,) = engine.detect(image)[:1]
    template = engine.embed(image, face).values[None]
    gallery = Gallery.empty(engine.embedder_card).with_people({"Ada": template})
    frames = item["frames"]

    class Repeated(Source):
        def watch(self) -> Iterator[Frame]:
            for number in range(frames):
                yield Frame(image, number * 100_000_000, number, self.name)

    maker = EventMaker("loop", engine.digests)
    embeddings = 0

    def watch() -> None:
        nonlocal embeddings
        verifier = Verifier(Repeated("loop"), engine, gallery, cool_down_s=30.0)
        for result in verifier:
            if result.changed:
                json.dumps(maker.decision(result).to_json())
        embeddings = verifier.counters.embeddings

    watch()
    crop = engine.align(image, face)

    def networks() -> None:
        for _ in range(frames):
            engine.detect(image)
        for _ in range(embeddings):
            engine.embed_crop(crop)

    yield "", watch, {"frames": frames, "embeddings": embeddings}
    yield "detector and embedder", networks, {}


def _align(item: dict[str, Any]) -> Iterator[Part]:
    from edge_siamese.alignment import align

    image, landmarks = _image(item)
    yield "", lambda: align(image, landmarks), {}


def _search(item: dict[str, Any]) -> Iterator[Part]:
    from edge_siamese.gallery.search import TemplateSearch

    templates = _input((item["templates"], item["dimension"]), np.int8, 1)
    search, probe = TemplateSearch(templates, 0), templates[:1]
    search.prepare()
    yield "", lambda: search.scores(probe), {}


def _yunet(item: dict[str, Any]) -> Callable[[], Array]:
    """A function that answers YuNet's rows for the item's image, scaled to the item's size."""
    import cv2

    cv2.setNumThreads(1)
    size = (item["width"], item["height"])
    image = cv2.cvtColor(cv2.resize(_image(item)[0], size), cv2.COLOR_RGB2BGR)
    detector = cv2.FaceDetectorYN.create(item["yunet"], "", size, score_threshold=0.6)

    def detect() -> Array:
        _, rows = detector.detect(image)
        return np.zeros((0, 15), np.float32) if rows is None else rows

    return detect


def _yunet_alone(item: dict[str, Any]) -> Iterator[Part]:
    detect = _yunet(item)
    yield "", detect, {"faces": len(detect())}


def _peer_pipeline(item: dict[str, Any]) -> Iterator[Part]:
    """YuNet on a BGR copy of the image, least-squares alignment, another project's embedder."""
    import cv2

    from edge_siamese.alignment import align

    detect, (image, _), interpreter = _yunet(item), _image(item), _interpreter(item["embedder"])
    image = cv2.resize(image, (item["width"], item["height"]))
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    width = taken["shape"][2]
    skipped = (112 - width) // 2

    def embed(landmarks: Array) -> Array:
        crop = align(image, landmarks)[None, :, skipped : skipped + width]
        if taken["dtype"] == np.int8:
            crop = (crop ^ 0x80).view(np.int8)
        elif taken["dtype"] != np.uint8:
            crop = ((crop.astype(np.float32) - 127.5) / 128).astype(taken["dtype"])
        interpreter.set_tensor(taken["index"], crop)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(given["index"]).reshape(-1))

    def run() -> list[Array]:
        cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        return [embed(row[4:14].reshape(5, 2)) for row in detect()]

    yield "", run, {"faces": len(run())}


_KINDS: dict[str, Callable[[dict[str, Any]], Iterator[Part]]] = {
    "network": _network,
    "analyze": _analyze,
    "align": _align,
    "loop": _loop,
    "search": _search,
    "yunet": _yunet_alone,
    "peer_pipeline": _peer_pipeline,
}


def main(job_file: str, results_file: str) -> None:
    """Run every item of a job; one that fails is reported and the others go on."""
    job = json.loads(Path(job_file).read_text())
    system_call = ctypes.CDLL(None).syscall
    mark = 0
    with Path(results_file).open("w") as results:

        def report(**result: Any) -> None:
            results.write(json.dumps(result) + "\n")
            results.flush()

        for item in job["items"]:
            report(started=item["name"])
            try:
                for part, action, facts in _KINDS[item["kind"]](item):
                    for _ in range(_WARMUPS.get(item["kind"], _PYTHON_WARMUP)):
                        action()
                    gc.collect()
                    gc.freeze()  # what earlier items left behind must not cost this one anything
                    system_call(_MARK_SYSTEM_CALL, mark)
                    for _ in range(job["repeat"]):
                        action()
                    system_call(_MARK_SYSTEM_CALL, mark + 1)
                    report(name=item["name"], part=part, marks=[mark, mark + 1], facts=facts)
                    mark += 2
            except Exception as error:
                report(name=item["name"], error=f"{type(error).__name__}: {error}".splitlines()[0][:300])


if __name__ == "__main__":
    main(*sys.argv[1:])
