"""The formats of a network that exists only as a float .tflite, written by Google's ai-edge-quantizer.

Its own choice of ranges, a moving average, is unusable for embedders: int8 gets those of `graph_ranges`, 16x8 the true
minima and maxima. Operators it does not know (PReLU among them) stay float32 between DEQUANTIZE and QUANTIZE.
"""

import io
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import EdgeSiameseError, RuntimeMissingError
from edge_siamese.preprocessing import float_input

from ...tflite_edit import compact
from ..calibration import Range, require_calibration, with_whole_input_range
from ..formats import Format
from .equalization import equalized_graph
from .ranges import measure_graph_ranges, with_room_for_biases

SIGNATURE, INPUT, OUTPUT = "serving_default", "image", "embedding"


def convert_graph(graph: bytes, format: Format, images: npt.NDArray[np.uint8]) -> bytes:
    """Write a float .tflite in one of the formats.

    Args:
        graph: a float32 .tflite with the signature `SIGNATURE` from `INPUT`, ``(1, H, W, C)`` scaled by
            ``(pixel - 128) / 128``, to `OUTPUT`; `importers.adopt` makes one.
        format: one of `formats.FORMATS`.
        images: uint8 ``(M, H, W, C)`` real inputs; ranges of int8 and 16x8 are measured on them.

    Raises:
        RuntimeMissingError: ai-edge-quantizer is not installed.
        EdgeSiameseError: it cannot write this network so.
        DataError: fewer than 20 images for a format that needs them.
    """
    if format == "float":
        return compact(graph)
    if format in {"int8", "16x8"}:
        require_calibration(images)
    ranges: dict[str, Range] = {}
    if format == "int8":
        graph = equalized_graph(graph, images)
        ranges = measure_graph_ranges(graph, images)
        graph = with_room_for_biases(graph, ranges)
    try:
        from ai_edge_quantizer import quantizer
    except ImportError as error:
        raise RuntimeMissingError(
            "a network from ONNX, PyTorch, a SavedModel or a .tflite is quantized by ai-edge-quantizer, which is not "
            "installed; install it with: pip install 'edge-siamese[import]'"
        ) from error
    try:
        with _quiet():
            tool = quantizer.Quantizer(graph, _recipe(format))
            statistics = None
            if tool.need_calibration:
                statistics = _statistics(graph, tool.get_quantization_recipe(), images, ranges)
            written = tool.quantize(statistics, enable_progress_bar=False, enable_progress_report=False)
            return compact(bytes(written.quantized_model))
    except (ValueError, RuntimeError, KeyError, NotImplementedError) as error:
        reason = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise EdgeSiameseError(f"ai-edge-quantizer cannot write this network as {format}: {reason[0]}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Progress bars only on a terminal, and nothing on stdout."""
    terminal = sys.stderr if sys.stderr.isatty() else io.StringIO()
    with redirect_stdout(terminal), redirect_stderr(terminal), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _recipe(format: Format) -> Any:
    from ai_edge_quantizer import algorithm_manager, qtyping, recipe, recipe_manager

    if format == "int8":
        return recipe.static_wi8_ai8()
    if format == "dynamic":
        return recipe.dynamic_wi8_afp32()
    manager = recipe_manager.RecipeManager()
    if format == "float16":
        half = qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT)
        manager.add_quantization_config(
            ".*",
            qtyping.TFLOperationName.ALL_SUPPORTED,
            qtyping.OpQuantizationConfig(
                weight_tensor_config=half, compute_precision=qtyping.ComputePrecision.FLOAT, explicit_dequantize=True
            ),
            algorithm_manager.AlgorithmName.FLOAT_CASTING,
        )
    else:
        manager.load_quantization_recipe(recipe.static_wi8_ai16())
        for end in (qtyping.TFLOperationName.INPUT, qtyping.TFLOperationName.OUTPUT):
            manager.add_quantization_config(".*", end, algorithm_key=algorithm_manager.AlgorithmName.NO_QUANTIZE)
    return manager.get_quantization_recipe()


def _statistics(graph: bytes, recipe: Any, images: npt.NDArray[np.uint8], ranges: dict[str, Range]) -> Any:
    """What the tool wants to know of every tensor: its range, or least and greatest value where none is given."""
    from ai_edge_quantizer import calibrator, recipe_manager
    from ai_edge_quantizer.utils import qsv_utils

    manager = recipe_manager.RecipeManager()
    manager.load_quantization_recipe(recipe)
    measure = calibrator.Calibrator(graph, num_threads=1, qsv_update_func=qsv_utils.min_max_update)
    inputs = float_input(with_whole_input_range(images))
    measure.calibrate({SIGNATURE: [{INPUT: each[None]} for each in inputs]}, manager)
    statistics = measure.get_model_qsvs()
    for name, (low, high) in ranges.items():
        if statistics.get(name):
            statistics[name] |= {
                "min": np.full_like(statistics[name]["min"], low), "max": np.full_like(statistics[name]["max"], high)
            }  # fmt: skip
    return statistics
