"""Quantize float .tflite networks with ai-edge-quantizer.

The ranges of ai-edge-quantizer, a moving average, are too inaccurate for embedders: int8 uses those of `ranges`, 16x8
the minima and maxima. Operators that it does not support, such as PReLU, stay float32 between DEQUANTIZE and QUANTIZE.
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
from edge_siamese.installation import install_command
from edge_siamese.preprocessing import float_input

from ...tflite_edit import compact
from ..calibration import Range, require_calibration, with_whole_input_range
from ..formats import Format
from .equalization import equalized_graph
from .ranges import measure_graph_ranges, with_room_for_biases

SIGNATURE, INPUT, OUTPUT = "serving_default", "image", "embedding"


def convert_graph(graph: bytes, format: Format, images: npt.NDArray[np.uint8]) -> bytes:
    """Convert a float .tflite to one of the formats.

    Args:
        graph: a float32 .tflite with the signature `SIGNATURE` from `INPUT`, ``(1, H, W, C)`` scaled by
            ``(pixel - 128) / 128``, to `OUTPUT`, as from `importers.tflite_files.adopt`.
        format: one of `formats.FORMATS`.
        images: calibration images uint8 ``(M, H, W, C)``, needed for int8 and 16x8.

    Raises:
        RuntimeMissingError: ai-edge-quantizer is not installed.
        EdgeSiameseError: ai-edge-quantizer cannot convert the network to this format.
        DataError: the format needs calibration images, and there are fewer than 20.
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
            "quantizing a network from ONNX, PyTorch, a SavedModel or a .tflite needs ai-edge-quantizer, which is not "
            f"installed; install it with: {install_command('edge-siamese[import]')}"
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
        raise EdgeSiameseError(f"ai-edge-quantizer cannot convert this network to {format}: {reason[0]}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Show progress bars only on a terminal, and print nothing to stdout."""
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
    """Return the statistics of every tensor: its given range, or its minimum and maximum."""
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
