"""The code computes the same bits on every Cortex-M core, within a budget of instructions and code."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from edge_siamese.models import named_model
from edge_siamese.preprocessing import int8_input
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.runtime import load_network
from edge_siamese_firmware.codegen.generate import generate
from edge_siamese_firmware.emulation import CORES, emulate, missing_tools

from .builder import reference
from .operators import FAMILIES
from .test_fuzz import models

pytestmark = pytest.mark.skipif(bool(missing_tools()), reason=f"not installed: {missing_tools()}")

# Millions of instructions for one run of the shipped small embedder, and bytes of code: a few percent above what was
# measured with gcc 12. A change that needs more has to be worth it.
_BUDGETS = {
    "m0plus": ("c", 146, 6600),
    "m3": ("c", 58, 6050),
    "m4": ("dsp", 26.5, 9550),
    "m7": ("dsp", 26.5, 9550),
    "m33": ("dsp", 26.5, 9550),
    "m55": ("mve", 11.6, 4400),
}


@pytest.mark.parametrize("core", CORES)
def test_the_small_embedder(core: str, tmp_path: Path) -> None:
    backend, millions, code_bytes = _BUDGETS[core]
    path = named_model("embedder-small")
    assert path is not None
    model = read_model(path)
    images = [int8_input(golden.image)[None] for golden in model.card.goldens[:2]]
    images.append(np.random.default_rng(0).integers(-128, 128, images[0].shape).astype(np.int8))
    network = generate(model.network, "net", backend=backend)  # type: ignore[arg-type]
    done = emulate(network, CORES[core], [[image] for image in images], tmp_path)
    oracle = load_network(model.network, "reference")
    for image, outputs in zip(images, done.outputs, strict=True):
        np.testing.assert_array_equal(outputs[0], next(iter(oracle.run(image).values())).ravel())
    assert max(done.instructions) < millions * 1e6, done.instructions
    assert done.code_bytes < code_bytes, done.code_bytes
    assert len(done.step_instructions) == len(network.program.steps)
    assert sum(done.step_instructions) == pytest.approx(np.mean(done.instructions), rel=0.01)


@pytest.mark.parametrize("core", ["m7", "m55"])
@pytest.mark.parametrize("family", FAMILIES)
def test_random_operators(core: str, family: str, tmp_path: Path) -> None:
    @settings(max_examples=1, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate])
    @given(models(family))
    def agree(drawn: tuple[bytes, int]) -> None:
        model, seed = drawn
        network = generate(model, "net", backend=_BUDGETS[core][0])  # type: ignore[arg-type]
        rng = np.random.default_rng(seed)
        sizes = [value.size for value in network.program.inputs.values()]
        runs = [[rng.integers(-128, 128, size).astype(np.int8) for size in sizes] for _ in range(3)]
        done = emulate(network, CORES[core], runs, tmp_path)
        for inputs, outputs in zip(runs, done.outputs, strict=True):
            for expected, output in zip(reference(model, inputs), outputs, strict=True):
                assert output.tolist() == expected.tolist()

    agree()
