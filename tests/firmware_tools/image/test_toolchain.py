"""A missing compiler is one sentence."""

import importlib.util
import shutil

import pytest

from edge_siamese.errors import RuntimeMissingError
from edge_siamese_firmware.image.toolchain import find_toolchain


def test_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        RuntimeMissingError, match=r"no compiler for Cortex-M is installed: 'apt install gcc-arm-none-eabi'"
    ):
        find_toolchain()
    with pytest.raises(RuntimeMissingError, match="zig is not installed"):
        find_toolchain("zig")
