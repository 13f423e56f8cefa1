"""One kept face: an aligned crop ``unknown-<person>-<number>.png`` and a file ``.json`` with its embedding beside it."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..alignment import CROP_SIZE
from ..errors import DataError
from ..frames import RGB
from ..image_io import read_image

SCHEMA = "edge-siamese/unknown-face/1"
_FILE = re.compile(r"(unknown-[0-9a-f]{6})-([1-9][0-9]{0,8})\.(png|json)")


@dataclass(frozen=True, eq=False)
class KeptFace:
    """A kept face without its crop.

    Attributes:
        person: name of the person, such as ``unknown-3f09aa``.
        number: number among the faces of the person, from 1.
        time: when it was kept, seconds since 1970.
        expires: when it has to be deleted, seconds since 1970.
        source: name of the camera or video, or path of the image.
        quality: 0 to 100.
        embedder: digest of the embedder.
        zero_point: of the embedding.
        embedding: int8 ``(D,)``.
    """

    person: str
    number: int
    time: float
    expires: float
    source: str
    quality: float
    embedder: str
    zero_point: int
    embedding: npt.NDArray[np.int8]

    @property
    def stem(self) -> str:
        """Name of its two files without suffix."""
        return f"{self.person}-{self.number}"

    def encode(self) -> bytes:
        """Content of the file ``.json``."""
        body: dict[str, Any] = {
            "schema": SCHEMA,
            "time": self.time,
            "expires": self.expires,
            "source": self.source,
            "quality": self.quality,
            "embedder": self.embedder,
            "zero_point": self.zero_point,
            "embedding": base64.b64encode(self.embedding.tobytes()).decode(),
        }
        return json.dumps(body, ensure_ascii=True, allow_nan=False).encode() + b"\n"


def stem_and_person(path: Path) -> tuple[str, str] | None:
    """The stem and the person of a kept face's file; None for another file."""
    match = _FILE.fullmatch(path.name)
    return None if match is None else (f"{match[1]}-{match[2]}", match[1])


def read_face(path: Path) -> KeptFace:
    """Read a file ``.json`` of a kept face.

    Raises:
        DataError: it cannot be read or is damaged.
    """
    person, _, number = path.stem.rpartition("-")
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(body, dict) or body.get("schema") != SCHEMA:
            raise DataError(f"{path}: expected a kept face of the schema {SCHEMA}, found another file", path=path)
        return KeptFace(
            person=person,
            number=int(number),
            time=float(body["time"]),
            expires=float(body["expires"]),
            source=str(body["source"]),
            quality=float(body["quality"]),
            embedder=str(body["embedder"]),
            zero_point=int(body["zero_point"]),
            embedding=np.frombuffer(base64.b64decode(body["embedding"], validate=True), np.int8),
        )
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})", path=path) from error
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise DataError(
            f"{path}: a damaged kept face ({error}); 'edge-siamese unknown delete' with {person} removes it", path=path
        ) from error


def png_of(crop: RGB) -> bytes:
    """A uint8 ``(112, 112, 3)`` RGB crop as a PNG."""
    return cv2.imencode(".png", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR))[1].tobytes()


def read_crop(path: Path) -> RGB:
    """The crop of a kept face, uint8 ``(112, 112, 3)`` RGB.

    Raises:
        ImageError: it cannot be read.
        DataError: it is no aligned crop.
    """
    crop = read_image(path)
    if crop.shape != (CROP_SIZE, CROP_SIZE, 3):
        raise DataError(
            f"{path}: expected an aligned crop of {CROP_SIZE}x{CROP_SIZE} pixels, found {crop.shape[1]}x{crop.shape[0]}",
            path=path,
        )
    return crop
