"""Calibration: select calibration images and measure activation ranges with minimal error.

An int8 tensor has 256 levels. A range up to the largest value makes the steps coarse for all other values. Instead each
range minimizes the mean squared error over calibration images; outliers saturate.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

CALIBRATION_IMAGES = 200
MIN_IMAGES = 20
Range = tuple[float, float]
_SHRINKINGS = np.linspace(0.2, 1.0, 33)
_VALUES_A_TENSOR = 200_000
_BATCH = 50


def require_calibration(images: npt.NDArray[np.uint8]) -> None:
    """Check that there are enough calibration images.

    Raises:
        DataError: there are fewer than 20 images.
    """
    if len(images) < MIN_IMAGES:
        raise DataError(
            f"calibration needs at least {MIN_IMAGES} images, better {CALIBRATION_IMAGES}; found {len(images)}"
        )


def spread(images: npt.NDArray[np.uint8], count: int = CALIBRATION_IMAGES) -> npt.NDArray[np.uint8]:
    """Select at most `count` evenly spaced images of ``(N, H, W, C)``."""
    chosen = np.unique(np.linspace(0, len(images) - 1, count).astype(int))
    return np.asarray(images[chosen])


def with_whole_input_range(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a copy with pixel values 0 and 255, so that the measured input range is the full pixel range."""
    images = images.copy()
    images[0, 0, 0], images[0, 0, 1] = 0, 255
    return images


def measure_ranges(network: Any, layers: list[str], inputs: npt.NDArray[np.float32]) -> dict[str, Range]:
    """Measure the range with minimal error of the output of each named layer.

    Args:
        network: Keras model.
        layers: names of layers.
        inputs: float32 ``(N, H, W, 3)``, normalized for the network.
    """
    probe = keras.Model(network.input, [network.get_layer(name).output for name in layers])
    samples: dict[str, list[npt.NDArray[np.float32]]] = {name: [] for name in layers}
    rng = np.random.default_rng(0)
    share = _BATCH / max(len(inputs), _BATCH)
    for at in range(0, len(inputs), _BATCH):
        for name, output in zip(layers, probe.predict_on_batch(inputs[at : at + _BATCH]), strict=True):
            values = np.asarray(output, np.float32).reshape(-1)
            expected = min(len(values), int(_VALUES_A_TENSOR * share) + 1)
            samples[name].append(values[rng.integers(0, len(values), expected)])
            samples[name].append(np.array([values.min(), values.max()], np.float32))
    return {name: min_error_range(np.concatenate(values)) for name, values in samples.items()}


def min_error_range(values: npt.NDArray[np.float32], levels: int = 256) -> Range:
    """Return the range, including zero, with the smallest mean squared quantization error of `values`."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0, 1e-6)
    errors = [_squared_error(values, low * share, high * share, levels) for share in _SHRINKINGS]
    best = float(_SHRINKINGS[int(np.argmin(errors))])
    return low * best, high * best


def _squared_error(values: npt.NDArray[np.float32], low: float, high: float, levels: int) -> float:
    step = (high - low) / (levels - 1)
    steps = np.clip(np.round(values / step), round(low / step), round(high / step))
    return float(np.mean((steps * step - values) ** 2))
