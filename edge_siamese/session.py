"""Sessions: what a run saw and decided, without images, so that it can be decided again (`replay`).

A session is a file of JSON lines, schema ``edge-siamese/session/1``. The first line, ``session``, has the settings; each
``face`` line has the keys of an event ``decision`` and ``landmarks``, ``quality``, ``doubt``, ``scores`` and ``embedding``
(int8 as base64), the last four only where the face was embedded. Embeddings are biometric data: the file is readable by its
owner only.
"""

import base64
import binascii
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .decision import Outcome, Reason
from .errors import DataError
from .events.event import EventMaker
from .events.jsonl import open_json_lines
from .face_result import FaceResult
from .matching import as_float
from .operating_point import OperatingPoint
from .protocols import EventSink

if TYPE_CHECKING:
    from .gallery import Gallery
    from .tflite.model_card import ModelCard

SCHEMA = "edge-siamese/session/1"
_SCORES_KEPT = 3


class SessionRecorder:
    """Writes a session.

    Args:
        sink: where the lines go.
        maker: makes the events of the source.
        card: card of the embedder.
        stills: whether the frames are independent images.
        point: operating point of the run.
    """

    def __init__(
        self, sink: EventSink, maker: EventMaker, card: "ModelCard", *, stills: bool, point: OperatingPoint
    ) -> None:
        self._sink, self._maker = sink, maker
        settings = {
            "embedder": card.digest,
            "dimension": card.dimension,
            "zero_point": card.zero_point,
            "stills": stills,
            "operating_point": point.to_card(),
        }
        started = maker.started(**settings)
        sink.emit(replace(started, kind="session", body={"schema": SCHEMA, **started.body}))

    def add(self, result: FaceResult, gallery: "Gallery") -> None:
        """Write one line about a face of a frame.

        Args:
            result: result of the verifier; one without a face is left out.
            gallery: the gallery in use.
        """
        if result.face is None:
            return
        event = self._maker.decision(result)
        more: dict[str, Any] = {
            "landmarks": [[round(float(value), 2) for value in row] for row in result.face.landmarks]
        }
        if result.face.embedding is not None and result.quality is not None:
            values = result.face.embedding.values
            more |= {
                "quality": round(result.quality.score, 3),
                "doubt": None if result.doubt is None else str(result.doubt),
                "scores": _best_scores(gallery, values),
                "embedding": base64.b64encode(values.tobytes()).decode(),
            }
        self._sink.emit(replace(event, kind="face", body={"schema": SCHEMA, **event.body, **more}))


@contextmanager
def recorded_session(path: Path, warn: Callable[[str], None]) -> Iterator[EventSink]:
    """Open a new session file for writing; only its owner may read it.

    Raises:
        DataError: the file exists already or cannot be created.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise DataError(f"{path}: a session needs a new file ({error.strerror or error})", path=path) from error
    with open_json_lines(path, warn=warn) as sink:
        yield sink


@dataclass(frozen=True, eq=False)
class RecordedFace:
    """An embedded face of a session.

    Attributes:
        line: number of the line in the file, from 1.
        time: when, RFC 3339 in UTC.
        source: camera, video, or path of the image.
        sequence: number of the frame at its source.
        track: number of the track.
        outcome, reason, identity: the recorded decision.
        score: the recorded score, -1 to 1, or None.
        quality: quality of the face, 0 to 100.
        doubt: reason why the face could not be decided "unknown", or None.
        embedding: int8 ``(D,)``.
    """

    line: int
    time: str
    source: str
    sequence: int
    track: int
    outcome: Outcome
    reason: Reason
    identity: str | None
    score: float | None
    quality: float
    doubt: Reason | None
    embedding: npt.NDArray[np.int8]


@dataclass(frozen=True)
class Session:
    """A session that was read.

    Attributes:
        path: the file.
        embedder: digest of the embedder.
        dimension, zero_point: of the embeddings.
        stills: whether the frames were independent images.
        operating_point: operating point of the run.
        faces: the embedded faces, in the order of the file.
        frames_without: number of lines about faces that were not embedded.
    """

    path: Path
    embedder: str
    dimension: int
    zero_point: int
    stills: bool
    operating_point: OperatingPoint
    faces: tuple[RecordedFace, ...]
    frames_without: int


def read_session(path: Path) -> Session:
    """Read a session. An incomplete last line, as after a power loss, is left out.

    Raises:
        DataError: the file cannot be read or is not a session; the message has the line.
    """
    lines = _lines(path)
    _, head = next(lines, (0, {}))
    if head.get("schema") != SCHEMA or head.get("event") != "session":
        raise DataError(f"{path}: expected a session of the schema {SCHEMA}, found another file", path=path)
    faces, without = [], 0
    try:
        settings = head["detail"]
        session = Session(
            path,
            str(settings["embedder"]),
            int(settings["dimension"]),
            int(settings["zero_point"]),
            bool(settings["stills"]),
            OperatingPoint.from_card(settings["operating_point"]),
            (),
            0,
        )
        number = 1
        for number, body in lines:
            if body.get("embedding") is not None:
                faces.append(_face(number, body, session.dimension))
            else:
                without += body.get("event") == "face"
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise DataError(f"{path}: line {number}: a session lacks a good {error}", path=path) from error
    return replace(session, faces=tuple(faces), frames_without=without)


def _face(line: int, body: Mapping[str, Any], dimension: int) -> RecordedFace:
    embedding = np.frombuffer(base64.b64decode(body["embedding"], validate=True), np.int8)
    if len(embedding) != dimension:
        raise ValueError(f"embedding: {len(embedding)} values instead of {dimension}")
    return RecordedFace(
        line=line,
        time=str(body["time"]),
        source=str(body["source"]),
        sequence=int(body["sequence"]),
        track=int(body["track"]),
        outcome=Outcome(body["decision"]),
        reason=Reason(body["reason"]),
        identity=body["identity"],
        score=body["score"],
        quality=float(body["quality"]),
        doubt=None if body["doubt"] is None else Reason(body["doubt"]),
        embedding=embedding,
    )


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines with their line numbers."""
    try:
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, 1):
                if not line.endswith("\n"):
                    return
                body = json.loads(line)
                if not isinstance(body, dict):
                    raise DataError(f"{path}: line {number}: expected a JSON object", path=path)
                yield number, body
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{path}: expected a session of JSON lines, found another file ({error})", path=path) from error


def _best_scores(gallery: "Gallery", values: npt.NDArray[np.int8]) -> dict[str, float | None]:
    scores = gallery.scores_of(values[None])[0]
    best = np.argsort(-scores.astype(np.int32), kind="stable")[:_SCORES_KEPT]
    return {gallery.names[index]: as_float(int(scores[index])) for index in best}
