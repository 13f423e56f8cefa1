"""Model card: the metadata, operating points and golden vectors stored in a .tflite file.

The card has two parts; a change of the first changes the embeddings, a change of the second does not:

* The *contract* (task, input, normalization, alignment, dimension) is JSON in the description of the model's own
  ``TFLITE_METADATA`` buffer.
* The other fields (name, license, training summary, operating points) are ``card.json`` in a ZIP appended to the file,
  together with the golden vectors of the self-test.

The model's *digest* is the SHA-256 of the bytes before the ZIP; ``card.json`` contains it too, so that damage is detected.
"""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import DataError, ModelError
from ..frames import RGB
from ..operating_point import OperatingPoint
from .flatbuffer import IDENTIFIER, Table, metadata_buffer
from .graph import read_graph

Task = Literal["embedder", "detector"]
CONTRACT_VERSION = 1
METADATA_NAME = "TFLITE_METADATA"
CARD_FILE = "card.json"
_DESCRIPTION = 1  # field of ModelMetadata in the TFLite Metadata schema


@dataclass(frozen=True, eq=False)
class Golden:
    """A golden vector: one input and the outputs of the reference kernels.

    Attributes:
        image: uint8 ``(H, W, 3)`` RGB of the network's input size.
        outputs: int8 outputs by name.
    """

    image: RGB
    outputs: dict[str, npt.NDArray[np.int8]]


@dataclass(frozen=True, eq=False)
class ModelCard:
    """Description of a model.

    Attributes:
        task: ``"embedder"`` or ``"detector"``.
        digest: SHA-256 of the model without its ZIP, in hex.
        input_size: height and width of the input in pixels.
        dimension: length of the embedding; 0 for a detector.
        alignment: name of the crop's landmark template; empty for a detector.
        zero_point: zero point of the embedding; 0 for a detector.
        average_flip: whether an embedding is the mean of the outputs for a crop and its mirror image.
        name, license, training: descriptive fields; `training` is a free JSON object.
        operating_points: calibrated thresholds, strictest FMR first.
        goldens: golden vectors.
    """

    task: Task
    digest: str
    input_size: tuple[int, int]
    dimension: int
    alignment: str
    zero_point: int
    name: str
    license: str
    average_flip: bool = False
    training: dict[str, Any] = field(default_factory=dict)
    operating_points: tuple[OperatingPoint, ...] = ()
    goldens: tuple[Golden, ...] = ()


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A .tflite file split into the network's bytes and the card."""

    network: bytes
    card: ModelCard


def read_card(path: Path) -> ModelCard:
    """Read the card of a model; see `read_model`."""
    return read_model(path).card


def model_bytes(path: Path) -> bytes:
    """Read the content of any .tflite file.

    Raises:
        ModelError: the file cannot be read or is not a .tflite.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        from ..models import suggestion

        raise ModelError(f"{path}: there is no such model{suggestion(path)}", path=path) from error
    except IsADirectoryError as error:
        raise ModelError(f"{path}: not a model: expected a .tflite file, found a folder", path=path) from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read ({getattr(error, 'strerror', error)})", path=path) from error
    if data[4:8] != IDENTIFIER:
        raise ModelError(f"{path}: not a model: expected a .tflite file, found {_kind_of(data)}", path=path)
    return data


def has_card(data: bytes) -> bool:
    """Whether a ZIP with a card of this project stands behind a network; other projects append ZIPs with labels."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return CARD_FILE in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError):
        return False


def read_model(path: Path, task: Task | None = None) -> ModelFile:
    """Read a model of this project.

    Raises:
        ModelError: the file is missing, not a .tflite, without a card, damaged, or for another task than `task`.
    """
    data = model_bytes(path)
    network, archive = _split(path, data)
    try:
        contract = _contract(network)
        with archive:
            card = _card(contract, network, archive)
    except (KeyError, ValueError, TypeError, IndexError, OverflowError, zipfile.BadZipFile, DataError) as error:
        raise ModelError(f"{path}: a damaged model: its card cannot be read ({error})", path=path) from error
    if task and card.task != task:
        raise ModelError(
            f"{path}: expected a model for the task '{task}', found one for '{card.task}'",
            path=path, expected=task, found=card.task,
        )  # fmt: skip
    return ModelFile(network, card)


def _split(path: Path, data: bytes) -> tuple[bytes, zipfile.ZipFile]:
    """The network's bytes and the ZIP after them; checks that the digest matches."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        start = min(entry.header_offset for entry in archive.infolist())
        expected = json.loads(archive.read(CARD_FILE))["digest"]
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, EOFError) as error:
        raise ModelError(f"{path}: {_without_card(data)}", path=path) from error
    found = hashlib.sha256(data[:start]).hexdigest()
    if found != expected:
        raise ModelError(
            f"{path}: a damaged model: its card names the digest {expected!s:.16}, the bytes have {found:.16}",
            path=path, expected=expected, found=found,
        )  # fmt: skip
    return data[:start], archive


def _kind_of(data: bytes) -> str:
    """Description of a file that is not a .tflite."""
    kinds = {
        b"ESG1": "a gallery",
        b"PK\x03\x04": "a ZIP archive, such as .npz or .keras; 'edge-siamese convert' makes models of weights",
        b"\x89HDF": "an HDF5 file; 'edge-siamese convert' makes models of Keras files",
        b"\xff\xd8\xff": "a photo",
        b"\x89PNG": "an image",
        b"version https://git-lfs": "a Git LFS pointer, not the file itself; 'git lfs pull' fetches it",
        b"<": "text, such as the page of a failed download",
    }
    named = next((name for start, name in kinds.items() if data.startswith(start)), "")
    return named or (f"{len(data):,} bytes of something else" if data else "nothing, the file is empty")


def _without_card(data: bytes) -> str:
    """Description of a .tflite without a readable card."""
    try:
        read_graph(data)
    except ModelError:
        return "a damaged model: it is truncated or altered"
    try:
        _contract(data)
    except ValueError:
        return "a .tflite of other origin, without a card: 'edge-siamese convert' makes a model of it"
    return "a damaged model: it is truncated, its end with the card is missing"


def _contract(network: bytes) -> dict[str, Any]:
    try:
        buffer = metadata_buffer(network, METADATA_NAME)
        contract = json.loads(Table.root(buffer).string(_DESCRIPTION)) if buffer else None
    except Exception as error:  # a damaged FlatBuffer can raise any exception
        raise ValueError(f"its {METADATA_NAME} is not readable: {error}") from error
    if not isinstance(contract, dict) or contract.get("edge_siamese") != CONTRACT_VERSION:
        raise ValueError(f"its {METADATA_NAME} does not hold this project's contract version {CONTRACT_VERSION}")
    return contract


def _card(contract: dict[str, Any], network: bytes, archive: zipfile.ZipFile) -> ModelCard:
    fields = json.loads(archive.read(CARD_FILE))
    height, width = contract["input_size"]
    return ModelCard(
        task=contract["task"],
        digest=hashlib.sha256(network).hexdigest(),
        input_size=(int(height), int(width)),
        dimension=int(contract["dimension"]),
        alignment=str(contract["alignment"]),
        zero_point=int(contract["zero_point"]),
        name=str(fields["name"]),
        license=str(fields["license"]),
        average_flip=bool(contract.get("average_flip", False)),
        training=dict(fields["training"]),
        operating_points=tuple(OperatingPoint.from_card(point) for point in fields["operating_points"]),
        goldens=tuple(_golden(archive, number) for number in range(int(fields["goldens"]))),
    )


def _golden(archive: zipfile.ZipFile, number: int) -> Golden:
    encoded = np.frombuffer(archive.read(f"golden/{number}.png"), np.uint8)
    image = cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB)
    with np.load(io.BytesIO(archive.read(f"golden/{number}.npz")), allow_pickle=False) as outputs:
        return Golden(np.asarray(image, np.uint8), dict(outputs))
