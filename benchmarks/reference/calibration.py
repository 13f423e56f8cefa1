"""The calibration workload: fixed work of numpy alone, whose duration is the unit of the regression check.

A machine that is twice as slow at the moment is so for the workload and for a stage alike, and their ratio stays. The
workload is none of this project's code and none of the TFLite runtime, so that a change of either shows.
"""

from collections.abc import Callable

import numpy as np

CALIBRATION = "calibration"


def calibration_workload() -> Callable[[], object]:
    """Sorting, a transcendental function and an integer matrix product, about as long each."""
    rng = np.random.default_rng(0)
    unsorted = rng.integers(0, 1 << 30, 20_000)
    angles = rng.standard_normal(200_000).astype(np.float32)
    matrix = rng.integers(-128, 128, (48, 128)).astype(np.int32)

    def work() -> object:
        return np.sort(unsorted), np.tanh(angles), matrix @ matrix.T

    return work
