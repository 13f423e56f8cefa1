"""Imported networks: `KerasNetwork` and `GraphNetwork` (a float .tflite) with a common interface."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from edge_siamese.preprocessing import float_input
from edge_siamese.tflite.graph import read_graph

from ..quantization.formats import Format
from .contract import PixelInput

Images = npt.NDArray[np.uint8]
_SIGNED = PixelInput()


class ImportedNetwork(Protocol):
    """An imported embedder with input ``(pixel - 128) / 128``.

    Attributes:
        source: ``"run"`` (this project), ``"keras"``, ``"saved-model"``, ``"onnx"``, ``"pytorch"`` or ``"tflite"``.
        license: license in the file; may be empty.
        pixels: normalization of pixels before its first layer.
        normalization: text that describes the normalization layers found at its input; may be empty.
    """

    @property
    def pixels(self) -> PixelInput: ...

    @property
    def normalization(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def license(self) -> str: ...

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels (1 or 3) of the input."""

    @property
    def layers(self) -> list[str]:
        """Names of the layers, if known."""

    def embed(self, images: Images) -> npt.NDArray[np.float32]:
        """Compute float32 embeddings ``(N, D)`` of uint8 images ``(N, H, W, C)``, not L2-normalized."""

    def convert(self, format: Format, images: Images) -> bytes:
        """Convert to a format of `quantization.formats`; activation ranges are measured on uint8 images ``(N, H, W, C)``."""

    def reference(self, images: Images) -> bytes:
        """Return the float .tflite that `convert` quantizes, for a layer-by-layer comparison."""


@dataclass(frozen=True, eq=False)
class KerasNetwork:
    """A functional Keras network."""

    network: Any
    source: str = "keras"
    license: str = ""
    pixels: PixelInput = _SIGNED
    normalization: str = ""

    @property
    def input_shape(self) -> tuple[int, int, int]:
        height, width, channels = self.network.input_shape[1:]
        return height, width, channels

    @property
    def layers(self) -> list[str]:
        return [layer.name for layer in self.network._flatten_layers(include_self=False)]

    def embed(self, images: Images) -> npt.NDArray[np.float32]:
        from ..embeddings import float_outputs

        return np.asarray(float_outputs(self.network, images), np.float32).reshape(len(images), -1)

    def convert(self, format: Format, images: Images) -> bytes:
        from ..quantization.calibration import require_calibration, with_whole_input_range
        from ..quantization.formats import convert_static, static_batch
        from ..quantization.keras.ptq import quantize

        if format == "int8":
            return quantize(self.network, images)
        if format == "16x8":
            require_calibration(images)
        static = static_batch(self.network, self.input_shape)
        return convert_static(static, format, float_input(with_whole_input_range(images)))

    def reference(self, images: Images) -> bytes:
        from ..quantization.formats import as_float
        from ..quantization.keras.equalization import equalized

        return as_float(equalized(self.network, float_input(images)))


@dataclass(frozen=True, eq=False)
class GraphNetwork:
    """A float .tflite from `tflite_files.adopt`."""

    graph: bytes
    source: str
    license: str = ""
    pixels: PixelInput = _SIGNED
    normalization: str = ""

    @property
    def input_shape(self) -> tuple[int, int, int]:
        (image,) = read_graph(self.graph).inputs
        _, height, width, channels = image.shape
        return height, width, channels

    @property
    def layers(self) -> list[str]:
        return []

    def embed(self, images: Images) -> npt.NDArray[np.float32]:
        from ..embeddings import embed_model

        return embed_model(self.graph, images)

    def convert(self, format: Format, images: Images) -> bytes:
        from ..quantization.tflite.quantize import convert_graph

        return convert_graph(self.graph, format, images)

    def reference(self, images: Images) -> bytes:
        from ..quantization.tflite.equalization import equalized_graph

        return equalized_graph(self.graph, images)
