"""The whole chain in C, with two shipped networks, compiled on this machine."""

import ctypes
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_siamese.decision import Decision, Outcome, Reason
from edge_siamese.frames import RGB
from edge_siamese.gallery import Gallery
from edge_siamese.models import named_model
from edge_siamese.tflite.model_card import ModelFile, read_model
from edge_siamese_firmware.frames import FORMATS, FrameFormat, encode_frame
from edge_siamese_firmware.runtime_c.networks import FirmwareOptions, generate_networks

from .twin import compile_runtime

DETECTOR, EMBEDDER = "detector-small", "embedder-small"
PIXEL = 2**16
SLOT_SIZE, PAGE = 16384, 1024
_CONFIG = f"""
#define ES_FRAME_WIDTH 320
#define ES_FRAME_HEIGHT 240
#define ES_FRAME_FORMAT ES_FORMAT_RGB888
#define ES_FRAME_BYTES 230400
#define ES_SLOT_SIZE {SLOT_SIZE}u
#define ES_SLOT_PAGE {PAGE}u
"""
_MAX_FACES, _MAX_DIMENSION, _NUMBERS = 8, 256, 26
_OUTCOMES, _REASONS = tuple(Outcome), tuple(Reason)


@dataclass(frozen=True, eq=False)
class FoundFace:
    """One face as the C code found it."""

    score: float
    box: npt.NDArray[np.float64]
    landmarks: npt.NDArray[np.float64]
    turn: int
    rejection: Reason | None
    doubt: Reason | None
    embedding: npt.NDArray[np.int8]
    decision: Decision


@dataclass
class EngineTwin:
    """The library, which keeps one gallery."""

    library: ctypes.CDLL
    names: tuple[str, ...] = ()
    kept: bytes = b""

    def open(self, gallery: Gallery, data: bytes) -> int:
        """The verdict about a gallery."""
        self.kept, self.names = data, gallery.names
        return int(self.library.twin_engine_open(data, len(data)))

    def identify(self, image: RGB, kind: FrameFormat = "rgb888") -> list[FoundFace]:
        """All faces of an image in a frame of the given format."""
        frame = encode_frame(image, kind)
        shape = (ctypes.c_int32 * 4)(image.shape[1], image.shape[0], FORMATS.index(kind), 0)
        numbers = np.zeros((_MAX_FACES, _NUMBERS), np.int32)
        embeddings = np.zeros((_MAX_FACES, _MAX_DIMENSION), np.int8)
        count = self.library.twin_identify(
            frame, shape, ctypes.c_void_p(numbers.ctypes.data), ctypes.c_void_p(embeddings.ctypes.data)
        )
        return [self._face(numbers[index], embeddings[index]) for index in range(count)]

    def _face(self, numbers: npt.NDArray[np.int32], embedding: npt.NDArray[np.int8]) -> FoundFace:
        turn, rejection, doubt, outcome, reason, person, score, margin, threshold, has_score, has_margin = (
            int(number) for number in numbers[15:]
        )
        decision = Decision(
            _OUTCOMES[outcome],
            _REASONS[reason],
            None if person == -1 else self.names[person],
            score if has_score else None,
            margin if has_margin else None,
            threshold if has_score or not rejection else None,
        )
        reasons = [None if code == 0 else _REASONS[code] for code in (rejection, doubt)]
        return FoundFace(
            float(numbers[0]) / 2**30, numbers[1:5] / PIXEL, numbers[5:15].reshape(5, 2) / PIXEL, 90 * turn, *reasons,
            embedding.copy(), decision,
        )  # fmt: skip


def model_file(name: str) -> ModelFile:
    """A shipped model."""
    path = named_model(name)
    assert path is not None
    return read_model(path)


def compile_engine(folder: Path, detector: str = DETECTOR, embedder: str = EMBEDDER) -> EngineTwin:
    """Generate and compile the chain with two shipped models."""
    networks = generate_networks(model_file(detector), model_file(embedder), FirmwareOptions())
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**networks.sources, "es_config.h": _CONFIG}.items():
        (folder / name).write_text(text)
    sources = [Path(name) for name in networks.sources if name.endswith(".c")]
    sources += [Path(__file__).with_name(name) for name in ("twin_images.c", "twin_app.c")]
    compile_runtime(folder, "-O2", "-shared", "-fPIC", "-DTWIN_NETWORKS", "-o", "engine.so", sources=sources)
    return EngineTwin(ctypes.CDLL(str(folder / "engine.so")))
