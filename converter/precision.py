"""The arithmetic of a training run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

_CPU_INFORMATION = Path("/proc/cpuinfo")


@contextmanager
def arithmetic(precision: str) -> Iterator[None]:
    """Layers built inside compute in this precision ("float32", "bfloat16" or "auto"); weights stay float32.

    "auto" takes bfloat16 on processors with matrix units for it, where it trains this project's networks up to twice as
    fast; elsewhere it would be slower than float32.
    """
    before = keras.config.dtype_policy()
    if precision == "bfloat16" or (precision == "auto" and _has_bfloat16_matrix_units()):
        keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def in_float32(layer: Any) -> Any:
    """A copy of a layer that computes in float32, whatever it was trained in: a clone function of `keras.models.clone_model`."""
    config = layer.get_config()
    return type(layer).from_config(config | {"dtype": "float32"} if "dtype" in config else config)


def _has_bfloat16_matrix_units() -> bool:
    try:
        return "amx_bf16" in _CPU_INFORMATION.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
