"""Import Keras files: ``.keras`` and ``.h5``."""

import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import keras

from edge_siamese.errors import DataError

from .. import networks
from ..training.precision import in_float32
from .contract import PixelInput, image_shape, require_vector
from .input_layers import contract_with, nested_normalization, split_normalization, whole_contract
from .networks import KerasNetwork


def read_keras(path: Path) -> Any:
    """Read any Keras network without its training state; no code in the file is run.

    Raises:
        DataError: the file is damaged or has custom layers.
    """
    for module in pkgutil.iter_modules(networks.__path__):  # registers their custom layers
        importlib.import_module(f"{networks.__name__}.{module.name}")
    try:
        return keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises many types for damaged files and missing classes
        raise DataError(f"{path}: {_reason(str(error))}") from error


def load_keras(path: Path, pixels: PixelInput, input_size: int | None) -> KerasNetwork:
    """Read an embedder from a file.

    Raises:
        DataError: the file is damaged, has custom layers, or the network has another form.
    """
    return as_embedder(str(path), read_keras(path), pixels, input_size)


def as_embedder(what: str, network: Any, pixels: PixelInput, input_size: int | None) -> KerasNetwork:
    """Take a functional or sequential network as an embedder; normalization layers at its input are split off.

    Raises:
        DataError: the network does not map one image to one vector.
    """
    _require_single(what, network)
    network, found = split_normalization(network)
    if found is None and (nested := nested_normalization(network)):
        pixels = contract_with(pixels, nested)
        described = nested.describe(pixels)
    else:
        pixels, described = whole_contract(pixels, found)
    rest = at_contract(what, network, pixels, input_size)
    return KerasNetwork(rest, pixels=pixels, normalization=described)


def at_contract(what: str, network: Any, pixels: PixelInput, input_size: int | None = None) -> Any:
    """Convert a Keras network to one flat functional float32 graph of fixed size with input ``(pixel - 128) / 128``.

    Raises:
        DataError: the network does not map one image to one vector, or is channels first.
    """
    _require_single(what, network)
    network = keras.Model(network.inputs[0], network.outputs[0], name=network.name)
    shape, channels_first = image_shape(what, network.inputs[0].shape, input_size)
    if channels_first:
        raise DataError(
            f"{what}: the network is channels first, (N, C, H, W), which no int8 runtime supports; build it with "
            "data_format='channels_last' and load the same weights: Keras stores kernels alike for both"
        )
    require_vector(what, network.outputs[0].shape)
    image = keras.Input(shape, name="image")
    convolution = pixels.convolution(shape[2])
    front = keras.layers.Conv2D(shape[2], 1, name="pixel_input") if convolution else None
    first = front(image) if front else image

    def call(layer: Any, *arguments: Any, **options: Any) -> Any:
        return layer(*keras.tree.map_structure(lambda each: first if each is image else each, arguments), **options)

    result = keras.models.clone_model(network, input_tensors=image, clone_function=in_float32, call_function=call)
    for layer in network.layers:
        if layer.weights:
            result.get_layer(layer.name).set_weights(layer.get_weights())
    if front and convolution:
        kernel, bias = convolution
        front.set_weights([kernel[None, None], bias])
    return result


def _require_single(what: str, network: Any) -> None:
    if len(getattr(network, "inputs", None) or ()) != 1 or len(network.outputs) != 1:
        raise DataError(f"{what}: expected a functional or sequential network of one input and one output")


def _reason(text: str) -> str:
    unknown = re.search(r"(?:Could not locate (?:class|function)|Unknown layer:|Unknown object:?) '?(\w+)'?", text)
    if unknown:
        return (
            f"uses '{unknown[1]}', which is not part of Keras; export it where it is defined as a SavedModel, "
            "network.export('folder'), and convert the folder"
        )
    if "Lambda" in text:
        return (
            "has a Lambda layer, whose code is not run; export it as a SavedModel, network.export('folder'), "
            "and convert the folder"
        )
    return f"cannot be read as a Keras network ({text.strip().splitlines()[0] if text.strip() else 'no reason given'})"
