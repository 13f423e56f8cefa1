"""Random operators compute in C, bit for bit, what the reference kernels compute.

The environment variable EDGE_SIAMESE_FUZZ sets how many operators of each family are tried.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from edge_siamese_firmware.codegen.generate import generate
from edge_siamese_firmware.codegen.layouts import HOST_BACKENDS, Backend

from .builder import ModelBuilder, reference
from .compiler import COMPILER, compile_network, run_network
from .operators import FAMILIES

_OPERATORS = int(os.environ.get("EDGE_SIAMESE_FUZZ", "24"))
_TOGETHER = 12
_MODELS = max(-(-_OPERATORS // _TOGETHER), 1)
_RUNS = 3


@st.composite
def models(draw: Any, family: str) -> tuple[bytes, int]:
    """A model of several operators of a family, and a seed for its inputs."""
    model = ModelBuilder()
    for _ in range(_TOGETHER):
        FAMILIES[family](draw, model)
    return model.bytes(), draw(st.integers(0, 2**32 - 1))


@pytest.mark.skipif(COMPILER is None, reason="no C compiler is installed")
@pytest.mark.parametrize("family", FAMILIES)
def test_operators_agree_with_the_reference_kernels(family: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp(family)

    @settings(
        max_examples=_MODELS,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        phases=[Phase.generate],
    )
    @given(models(family))
    def agree(drawn: tuple[bytes, int]) -> None:
        model, seed = drawn
        for backend in HOST_BACKENDS:
            _check(model, seed, backend, folder)

    agree()


def _check(model: bytes, seed: int, backend: Backend, folder: Path) -> None:
    network = generate(model, "net", backend=backend)
    rng = np.random.default_rng(seed)
    runs = [
        [rng.integers(-128, 128, value.size).astype(np.int8) for value in network.program.inputs.values()]
        for _ in range(_RUNS)
    ]
    runs[0] = [np.where(values < 0, -128, 127).astype(np.int8) for values in runs[0]]
    found = run_network(network, compile_network(network, folder), runs)
    for inputs, outputs in zip(runs, found, strict=True):
        for number, (expected, output) in enumerate(zip(reference(model, inputs), outputs, strict=True)):
            assert output.tolist() == expected.tolist(), f"output {number}"
