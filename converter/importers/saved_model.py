"""Import TensorFlow SavedModel folders with the TFLite converter of TensorFlow."""

from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError

from .contract import PixelInput, image_shape
from .networks import GraphNetwork
from .tflite_files import adopt

_SIGNATURES = ("serving_default", "serve")


def load_saved_model(path: Path, pixels: PixelInput, input_size: int | None) -> GraphNetwork:
    """Read the serving signature of a SavedModel for batch size 1.

    Raises:
        DataError: the folder cannot be read, or the signature does not map one image to one vector.
        EdgeSiameseError: the network uses operations that TFLite does not have.
    """
    import tensorflow as tf

    from ..quantization.formats import run_converter

    try:
        loaded = tf.saved_model.load(str(path))
    except Exception as error:  # TensorFlow raises many types for damaged folders
        raise DataError(f"{path}: cannot be read as a SavedModel ({str(error).splitlines()[0]})") from error
    signature = next((loaded.signatures[name] for name in _SIGNATURES if name in loaded.signatures), None)
    if signature is None:
        raise DataError(f"{path}: expected a signature {' or '.join(_SIGNATURES)}, found {list(loaded.signatures)}")
    name, (spec, *more) = _single(path, signature)
    if more or len(signature.structured_outputs) != 1:
        raise DataError(f"{path}: expected a signature of one input and one output")
    (height, width, channels), first = image_shape(str(path), spec.shape.as_list(), input_size)
    side = (1, channels, height, width) if first else (1, height, width, channels)

    @tf.function(input_signature=[tf.TensorSpec(side, spec.dtype)])  # type: ignore[untyped-decorator]
    def embed(image: Any) -> Any:
        return next(iter(signature(**{name: image}).values()))

    converter = tf.lite.TFLiteConverter.from_concrete_functions([embed.get_concrete_function()])
    return adopt(run_converter(converter, "float"), str(path), pixels, "saved-model")


def _single(path: Path, signature: Any) -> tuple[str, list[Any]]:
    named = signature.structured_input_signature[1]
    if not named:
        raise DataError(f"{path}: its signature has no input")
    return next(iter(named)), list(named.values())
