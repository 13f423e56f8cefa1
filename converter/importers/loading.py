"""Import a network from a file of any supported kind."""

from pathlib import Path

from edge_siamese.errors import DataError

from .contract import PixelInput
from .networks import ImportedNetwork

KINDS = ".keras or .h5 (Keras), a SavedModel folder, .onnx, .pt2 (torch.export) or a float .tflite"
_CHECKPOINTS = {".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".torchscript"}


def load_any(
    path: Path,
    *,
    pixels: PixelInput | None = None,
    input_size: int | None = None,
    onnx2tf: str = "onnx2tf",
) -> ImportedNetwork:
    """Import a network and convert its input to ``(pixel - 128) / 128``.

    Args:
        path: file or folder of one of `KINDS`.
        pixels: input normalization of the network; None uses that of its input layers, else ``(pixel - 128) / 128``, RGB.
        input_size: side of the square input in pixels, for a network without a fixed size.
        onnx2tf: command of onnx2tf, which reads ONNX.

    Raises:
        DataError: the file is of another kind, or the network does not map one image to one vector.
        RuntimeMissingError: the package that reads such files is missing; the message says what to install.
        EdgeSiameseError: that package cannot convert the network.
    """
    if not path.exists():
        raise DataError(f"{path}: not found")
    pixels = pixels or PixelInput(assumed=True)
    suffix = path.suffix.lower()
    if suffix in {".keras", ".h5", ".hdf5"}:
        from .keras_files import load_keras

        return load_keras(path, pixels, input_size)
    if path.is_dir() and (path / "saved_model.pb").exists():
        from .saved_model import load_saved_model

        return load_saved_model(path, pixels, input_size)
    if suffix == ".onnx":
        from .onnx_files import load_onnx

        return load_onnx(path, pixels, input_size, onnx2tf)
    if suffix == ".pt2":
        from .pytorch_files import load_pytorch

        return load_pytorch(path, pixels, input_size)
    if suffix == ".tflite":
        from .tflite_files import load_tflite

        return load_tflite(path, pixels)
    if suffix in _CHECKPOINTS:
        raise DataError(
            f"{path}: weights or TorchScript, expected an exported program; write one with "
            "torch.export.save(torch.export.export(network.eval(), (torch.zeros(1, 3, 112, 112),)), 'network.pt2')"
        )
    raise DataError(f"{path}: expected {KINDS}")
