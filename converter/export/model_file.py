"""Write .tflite files with metadata, model card and golden vectors."""

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from edge_siamese.alignment import TEMPLATE_NAME
from edge_siamese.atomic import write_atomically
from edge_siamese.frames import RGB
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.preprocessing import INPUT_CONTRACT, int8_input
from edge_siamese.tflite.model_card import CARD_FILE, CONTRACT_VERSION, METADATA_NAME, Golden, Task
from edge_siamese.tflite.runtime import load_network

from ..tflite_edit import packed, read_model_object

_IDENTIFIER = b"M001"
_NORMALIZATION_OPTIONS = 1  # NormalizationOptions in the ProcessUnitOptions union
_EPOCH = (1980, 1, 1, 0, 0, 0)  # fixed time stamp, so that the same model gives the same file


@dataclass(frozen=True)
class Description:
    """Descriptive entries of a model card.

    Attributes:
        task: task of the model.
        name, license: text.
        training: JSON that describes the training; any keys.
        operating_points: thresholds at target FMRs.
    """

    task: Task
    name: str
    license: str
    training: dict[str, Any] = field(default_factory=dict)
    operating_points: tuple[OperatingPoint, ...] = ()


def export_model(path: Path, network: bytes, description: Description, golden_images: Sequence[RGB]) -> None:
    """Write a .tflite with a model card, atomically.

    Args:
        path: the .tflite to write.
        network: bytes of a fully int8 network, with or without the metadata of `with_contract`.
        description: entries of the card.
        golden_images: uint8 images in the input size; their outputs are computed with the reference kernels.
    """
    reference = load_network(network, "reference")
    goldens = [Golden(image, reference.run(int8_input(image[None]))) for image in golden_images]
    with write_atomically(path) as stream:
        stream.write(network + _archive(network, description, goldens))


def export_plain(path: Path, network: bytes, *, name: str, license: str) -> None:
    """Write a network that is not fully int8, with name and license in its metadata and without a card."""
    with write_atomically(path) as stream:
        stream.write(_with_metadata(network, _metadata(name, "", license)))


def with_contract(network: bytes, task: Task, *, alignment: str = TEMPLATE_NAME, average_flip: bool = False) -> bytes:
    """Add the input and output contract to the metadata of a network; the digest is computed from the result.

    Args:
        network: a fully int8 network.
        task: task of the network.
        alignment: name of the landmark template of an embedder's images.
        average_flip: embeddings use flip averaging.
    """
    loaded = load_network(network, "reference")
    _, height, width, _ = loaded.input_shape
    scales = loaded.output_scales()
    embedder = task == "embedder"
    output = loaded.run(np.zeros(loaded.input_shape, np.int8))
    contract = {
        "edge_siamese": CONTRACT_VERSION,
        "task": task,
        "input_size": [height, width],
        "normalization": INPUT_CONTRACT,
        "alignment": alignment if embedder else "",
        "dimension": next(iter(output.values())).size if embedder else 0,
        "zero_point": next(iter(scales.values()))[1] if embedder else 0,
    }
    if average_flip:
        contract["average_flip"] = True
    return _with_metadata(network, _metadata("edge-siamese", json.dumps(contract)))


def _with_metadata(network: bytes, metadata: bytes) -> bytes:
    model = read_model_object(network)
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(metadata, np.uint8)
    entry.name, entry.buffer = METADATA_NAME, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    return packed(model)


def _archive(network: bytes, description: Description, goldens: Sequence[Golden]) -> bytes:
    members = {}
    for number, golden in enumerate(goldens):
        _, png = cv2.imencode(".png", cv2.cvtColor(golden.image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])
        members[f"golden/{number}.png"] = png.tobytes()
        members[f"golden/{number}.npz"] = _npz(golden.outputs)
    card = {
        "digest": hashlib.sha256(network).hexdigest(),
        "name": description.name,
        "license": description.license,
        "training": description.training,
        "operating_points": [point.to_card() for point in description.operating_points],
        "goldens": len(goldens),
    }
    return _zip({CARD_FILE: json.dumps(card, indent=1).encode()} | members, len(network))


def _npz(outputs: dict[str, npt.NDArray[np.int8]]) -> bytes:
    members = {}
    for name, values in sorted(outputs.items()):
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=False)
        members[f"{name}.npy"] = buffer.getvalue()
    return _zip(members, 0)


def _zip(members: dict[str, bytes], start: int) -> bytes:
    """Create a deterministic ZIP whose offsets are relative to `start` bytes before it."""
    buffer = io.BytesIO()
    buffer.write(bytes(start))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data, zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()[start:]


def _metadata(title: str, description: str, license: str = "") -> bytes:
    """Create a ModelMetadata flatbuffer with the description and the input normalization."""
    builder = flatbuffers.Builder(512)
    terms = builder.CreateString(license) if license else None
    text, name = builder.CreateString(description), builder.CreateString(title)
    mean, std = builder.CreateNumpyVector(np.array([128], "f4")), builder.CreateNumpyVector(np.array([128], "f4"))
    options = _table(builder, [mean, std])
    builder.StartObject(2)
    builder.PrependUint8Slot(0, _NORMALIZATION_OPTIONS, 0)
    builder.PrependUOffsetTRelativeSlot(1, options, 0)
    units = _vector(builder, [builder.EndObject()])
    tensor = _table(builder, [None, None, None, None, units])
    inputs = _vector(builder, [tensor])
    subgraphs = _vector(builder, [_table(builder, [None, None, inputs])])
    builder.Finish(_table(builder, [name, text, None, subgraphs, None, terms]), _IDENTIFIER)
    return bytes(builder.Output())


def _table(builder: Any, offsets: list[Any]) -> Any:
    builder.StartObject(len(offsets))
    for slot, offset in enumerate(offsets):
        if offset is not None:
            builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    return builder.EndObject()


def _vector(builder: Any, offsets: list[Any]) -> Any:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()
