"""Read intermediate tensors of a .tflite."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.preprocessing import float_input, int8_input
from edge_siamese.tflite.runtime import find_runtime

Floats = npt.NDArray[np.float64]


class GraphProbe:
    """Computes intermediate tensors of a .tflite, given by index, as dequantized values."""

    def __init__(self, model: bytes, tensors: Sequence[int]) -> None:
        runtime = find_runtime().module
        resolver = getattr(runtime, "OpResolverType", None) or runtime.experimental.OpResolverType
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the runtime warns that preserving all tensors is for debugging
            self._interpreter = runtime.Interpreter(
                model_content=model,
                experimental_preserve_all_tensors=True,
                experimental_op_resolver_type=resolver.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            )
        self._interpreter.allocate_tensors()
        details = {detail["index"]: detail for detail in self._interpreter.get_tensor_details()}
        self._tensors = [details[index] for index in tensors]
        (self._input,) = self._interpreter.get_input_details()

    def __call__(self, image: npt.NDArray[np.uint8]) -> list[Floats]:
        """Compute the tensors for one image uint8 ``(H, W, C)``."""
        as_input = int8_input if self._input["dtype"] == np.int8 else float_input
        tensor = as_input(image[None])
        self._interpreter.set_tensor(self._input["index"], tensor)
        self._interpreter.invoke()
        return [self._real(detail) for detail in self._tensors]

    def _real(self, detail: dict[str, Any]) -> Floats:
        values = self._interpreter.get_tensor(detail["index"]).astype(np.float64)
        scale, zero_point = detail["quantization"]
        return np.asarray((values - zero_point) * scale if scale else values)
