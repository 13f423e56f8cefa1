"""Load the graph to lint: from a file of any kind, or a network of the registry with random weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge_siamese.errors import DataError, ModelError
from edge_siamese.tflite.graph import Graph, read_graph
from edge_siamese.tflite.model_card import model_bytes

_KERAS = {".keras", ".h5", ".hdf5"}


@dataclass(frozen=True, eq=False)
class LintInput:
    """A graph to lint.

    Attributes:
        name: name to print.
        graph: the operators.
        layers: names of the Keras layers; empty if the source is not a Keras network.
    """

    name: str
    graph: Graph
    layers: list[str]


def load_probe(
    what: str, *, input_size: int | None = None, channels: int | None = None, onnx2tf: str = "onnx2tf"
) -> LintInput:
    """Load a file, or build a network of the registry.

    Args:
        what: path of a file, or name of a network.
        input_size: side of the square input in pixels, for a network of the registry or a file without a fixed size.
        channels: 1 or 3, for a network of the registry; None is the default of the network.
        onnx2tf: command of onnx2tf, which reads ONNX.

    Raises:
        DataError: there is no such file or network.
    """
    path = Path(what)
    if path.suffix.lower() == ".tflite":
        return LintInput(what, _graph_of(path), [])
    if path.suffix.lower() in _KERAS and path.is_file():
        return _of_keras_file(what, path, input_size)
    if path.exists():
        from ..importers import load_any

        network = load_any(path, input_size=input_size, onnx2tf=onnx2tf)
        return LintInput(what, read_graph(network.convert("float", np.zeros((0, *network.input_shape), np.uint8))), [])
    from ..networks.registry import NETWORKS, build_network

    if what not in NETWORKS:
        from edge_siamese.names import did_you_mean

        advice = did_you_mean(what, NETWORKS) or f"; networks are {', '.join(NETWORKS)}"
        raise DataError(f"{what}: expected a file or the name of a network{advice}")
    height, width, own = NETWORKS[what].input_shape
    shape = (input_size or height, input_size or width, channels or own)
    return _of_keras(what, build_network(what, input_shape=shape))


def _graph_of(path: Path) -> Graph:
    data = model_bytes(path)
    try:
        return read_graph(data)
    except ModelError as error:
        raise ModelError(f"{path}: a damaged model: {error}", path=path) from error


def _of_keras_file(name: str, path: Path, input_size: int | None) -> LintInput:
    """Load an embedder as `convert` does, and any other network of one image unchanged."""
    from ..importers import PixelInput
    from ..importers.contract import image_shape
    from ..importers.keras_files import as_embedder, read_keras
    from ..quantization.formats import static_batch

    network = read_keras(path)
    inputs, outputs = ([*(getattr(network, side, None) or ())] for side in ("inputs", "outputs"))
    if len(inputs) != 1 or not outputs:
        raise DataError(f"{name}: expected a functional or sequential network of one input")
    if len(outputs) == 1 and _is_vector(outputs[0].shape):
        return _of_keras(name, as_embedder(name, network, PixelInput(assumed=True), input_size).network)
    shape, _ = image_shape(name, inputs[0].shape, input_size)
    return _of_keras(name, static_batch(network, shape))


def _is_vector(shape: Sequence[int | None]) -> bool:
    return all(side in {1, None} for side in shape[:-1])


def _of_keras(name: str, network: object) -> LintInput:
    from ..importers import KerasNetwork
    from ..quantization.formats import as_float

    return LintInput(name, read_graph(as_float(network)), KerasNetwork(network).layers)
