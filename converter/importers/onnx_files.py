"""Import ONNX files with onnx2tf, run as a separate program because its pinned packages conflict with this project's."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edge_siamese.errors import DataError, EdgeSiameseError, RuntimeMissingError
from edge_siamese.installation import install_command

from .contract import Floats, PixelInput, image_shape, require_same, require_vector
from .networks import GraphNetwork
from .tflite_files import adopt

MIN_VERSION = 2
_INSTALL = (
    "uv tool install --python 3.12 onnx2tf (or: pipx install --python python3.12 onnx2tf); it needs Python 3.12 or newer "
    "and an environment of its own. Then put onnx2tf on the PATH or name it with --onnx2tf"
)


def load_onnx(path: Path, pixels: PixelInput, input_size: int | None, onnx2tf: str) -> GraphNetwork:
    """Convert an ONNX network to float TFLite, channels last, and compare the two.

    Raises:
        DataError: the file is not an ONNX network that maps one image to one vector.
        RuntimeMissingError: onnx, onnxruntime or the program onnx2tf is missing or too old.
        EdgeSiameseError: onnx2tf cannot convert the network, or the result differs from the original.
    """
    model, name, channels_first = _fixed(path, input_size)
    program = find_onnx2tf(onnx2tf)
    with tempfile.TemporaryDirectory(prefix="edge-siamese-") as folder:
        source, target = Path(folder) / "network.onnx", Path(folder) / "converted"
        source.write_bytes(model.SerializeToString())
        # onnx2tf assumes that 4-D inputs are channels first; channels-last inputs must be kept.
        keep = [] if channels_first else ["-kat", name]
        _run([program, "-i", source, "-o", target, "-n", *keep], path)
        converted = target / "network_float32.tflite"
        if not converted.exists():
            raise EdgeSiameseError(f"{path}: onnx2tf wrote no float32 network")
        data = converted.read_bytes()
    require_same(str(path), "onnx2tf", _original(model, name, channels_first), data)
    return adopt(data, str(path), pixels, "onnx")


def _original(model: Any, name: str, channels_first: bool) -> Callable[[Floats], Floats]:
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])

    def embed(image: Floats) -> Floats:
        tensor = np.ascontiguousarray(image.transpose(0, 3, 1, 2)) if channels_first else image
        return np.asarray(session.run(None, {name: tensor})[0], np.float32)

    return embed


def find_onnx2tf(command: str) -> str:
    """Return the path of the program after checking its version.

    Raises:
        RuntimeMissingError: the program is missing or too old.
    """
    program = shutil.which(command)
    if program is None:
        raise RuntimeMissingError(
            f"reading ONNX networks needs onnx2tf, but there is no program '{command}'; install it with: {_INSTALL}"
        )
    said = subprocess.run([program, "-V"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\d+(?:\.\d+)+", said)
    if version is None or int(version[0].split(".")[0]) < MIN_VERSION:
        found = version[0] if version else "something else"
        raise RuntimeMissingError(
            f"{program}: expected onnx2tf {MIN_VERSION} or newer, found {found}; install it with: {_INSTALL}"
        )
    return program


def _fixed(path: Path, input_size: int | None) -> tuple[Any, str, bool]:
    """Return the network with a fixed input size, the name of the input, and whether it is channels first."""
    try:
        import onnx
        import onnxruntime  # noqa: F401 - fail early: it is used after the conversion
    except ImportError as error:
        raise RuntimeMissingError(
            f"reading ONNX files needs the package {error.name}, which is not installed; install it with: "
            + install_command("edge-siamese[import]")
        ) from error
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf errors, and errors of external weight files
        raise DataError(f"{path}: cannot be read as an ONNX network ({error})") from error
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    if len(inputs) != 1 or len(model.graph.output) != 1:
        raise DataError(
            f"{path}: expected a network of one input and one output, found {len(inputs)} and {len(model.graph.output)}"
        )
    (image,), (embedding,) = inputs, model.graph.output
    if image.type.tensor_type.elem_type != onnx.TensorProto.FLOAT:
        raise DataError(f"{path}: expected a float32 input, found another type")
    (height, width, channels), first = image_shape(str(path), _sides(image), input_size)
    require_vector(str(path), [None, *_sides(embedding)[1:]])
    for side, value in zip(
        _dimensions(image), (1, channels, height, width) if first else (1, height, width, channels), strict=True
    ):
        side.dim_value = value
    _dimensions(embedding)[0].dim_value = 1
    del model.graph.value_info[:]
    return onnx.shape_inference.infer_shapes(model), image.name, first


def _dimensions(value: Any) -> Any:
    return value.type.tensor_type.shape.dim


def _sides(value: Any) -> list[int | None]:
    return [side.dim_value or None for side in _dimensions(value)]


def _run(command: list[Any], path: Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        reason = next((line for line in reversed(lines) if "rror" in line), lines[-1] if lines else "no reason given")
        raise EdgeSiameseError(f"{path}: onnx2tf cannot convert it: {reason}")
