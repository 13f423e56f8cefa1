"""The C runtime as a library."""

import ctypes
from pathlib import Path

import pytest

from .twin import COMPILER, Twin, compile_runtime


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Twin:
    if COMPILER is None:
        pytest.skip("no C compiler is installed")
    folder = tmp_path_factory.mktemp("runtime")
    compile_runtime(folder, "-O2", "-shared", "-fPIC", "-o", "twin.so", sources=[Path(__file__).with_name("twin.c")])
    return Twin(ctypes.CDLL(str(folder / "twin.so")))
