"""The transform of renewable templates in C is that of Python, bit for bit."""

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.renewal import RenewalKey
from edge_siamese_firmware.runtime_c.sources import runtime_sources


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Any:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler is installed")
    folder: Path = tmp_path_factory.mktemp("renewal")
    for name in ("es_renewal.c", "es_renewal.h"):
        (folder / name).write_text(runtime_sources()[name])
    built = folder / "renewal.so"
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-O2", "-shared", "-fPIC"]
    sanitizer = ["-fsanitize=undefined", "-fno-sanitize-recover=all"]
    subprocess.run([compiler, *flags, *sanitizer, "es_renewal.c", "-o", built], cwd=folder, check=True)
    return ctypes.CDLL(str(built))


@pytest.mark.parametrize("dimension", [4, 16, 64, 256])
@pytest.mark.parametrize("zero_point", [-128, -19, 0, 127])
def test_every_vector_is_transformed_as_in_python(library: Any, dimension: int, zero_point: int) -> None:
    rng = np.random.default_rng(dimension)
    rows = np.concatenate(
        [
            rng.integers(-128, 128, (40, dimension)),
            np.full((1, dimension), zero_point),
            np.full((1, dimension), -128),
            np.full((1, dimension), 127),
            rng.choice([-128, 127], (10, dimension)),
        ]
    ).astype(np.int8)
    key = RenewalKey(rng.bytes(32))
    expected, table = key.transform(rows, zero_point), np.frombuffer(key.table(dimension), np.uint8).copy()
    room = np.empty(2 * dimension, np.int32)
    for row, right in zip(rows.copy(), expected, strict=True):
        values = row.copy()
        library.es_renew(
            ctypes.c_void_p(values.ctypes.data),
            ctypes.c_uint32(dimension),
            ctypes.c_int8(zero_point),
            ctypes.c_void_p(table.ctypes.data),
            ctypes.c_void_p(room.ctypes.data),
        )
        assert np.array_equal(values, right)
