"""Import PyTorch programs exported with ``torch.export`` (``.pt2``), with litert-torch."""

import sys
import tempfile
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError, EdgeSiameseError, RuntimeMissingError
from edge_siamese.installation import install_command

from .contract import PixelInput, image_shape, require_same
from .networks import GraphNetwork
from .tflite_files import adopt


def load_pytorch(path: Path, pixels: PixelInput, input_size: int | None) -> GraphNetwork:
    """Convert an exported PyTorch program to float TFLite, channels last.

    Raises:
        RuntimeMissingError: torch or litert-torch is missing.
        DataError: the file is not an exported program that maps one image to one vector.
        EdgeSiameseError: litert-torch cannot convert the program.
    """
    try:
        import litert_torch
        import torch
    except ImportError as error:
        raise RuntimeMissingError(
            "PyTorch networks are read by litert-torch, which is not installed: install a CPU build of PyTorch, then "
            + install_command("edge-siamese[import-torch]")
        ) from error
    try:
        program = torch.export.load(path)
    except Exception as error:  # torch raises many types for damaged archives
        raise DataError(
            f"{path}: cannot be read as a program of torch.export ({str(error).splitlines()[0]})"
        ) from error
    (height, width, channels), first = image_shape(str(path), _input_sides(path, program), input_size)
    try:
        with redirect_stdout(sys.stderr), warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
            warnings.simplefilter("ignore")
            module = program.module()
            if first:
                module = litert_torch.to_channel_last_io(module, args=[0])
            converted = Path(folder) / "network.tflite"
            litert_torch.convert(module, (torch.zeros(1, height, width, channels),)).export(str(converted))
            data = converted.read_bytes()
            require_same(
                str(path), "litert-torch", lambda image: module(torch.from_numpy(image)).detach().numpy(), data
            )
    except EdgeSiameseError:
        raise
    except Exception as error:  # litert-torch raises the errors of its passes
        raise EdgeSiameseError(
            f"{path}: litert-torch cannot convert it: {str(error).strip().splitlines()[-1]}"
        ) from error
    return adopt(data, str(path), pixels, "pytorch")


def _input_sides(path: Path, program: Any) -> list[int | None]:
    names = program.graph_signature.user_inputs
    values = [node.meta["val"] for node in program.graph.nodes if node.op == "placeholder" and node.name in names]
    if len(values) != 1:
        raise DataError(f"{path}: expected a program of one input, found {len(values)}")
    return [side if isinstance(side, int) else None for side in values[0].shape]
