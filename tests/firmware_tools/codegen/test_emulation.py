"""The code computes the same bits on every Cortex-M core, within a budget of instructions and code."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from edge_siamese.models import named_model
from edge_siamese.preprocessing import int8_input
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.runtime import load_network
from edge_siamese_firmware.codegen.generate import generate
from edge_siamese_firmware.emulation import CORES, emulate, missing_tools

from .builder import reference
from .mobilenetv3 import mobilenetv3_small
from .operators import FAMILIES
from .test_fuzz import models

pytestmark = pytest.mark.skipif(bool(missing_tools()), reason=f"not installed: {missing_tools()}")

_BUDGETS = tomllib.loads(Path(__file__).with_name("budgets.toml").read_text())["budget"]
_KERAS = {"mobilenetv3-small": False, "mobilenetv3-small-minimalistic": True}
_SMALL = [budget for budget in _BUDGETS if budget["network"] not in _KERAS]
_PUBLISHED = [budget for budget in _BUDGETS if budget["network"] in _KERAS]


def _name(budget: dict[str, Any]) -> str:
    return "-".join(str(budget[key]) for key in ("network", "core", "ram_budget") if key in budget)


def _check(model: bytes, images: list[npt.NDArray[np.int8]], budget: dict[str, Any], folder: Path) -> None:
    """The bits of the reference kernels, within the budget."""
    ram = budget.get("ram_budget")
    network = generate(model, "net", backend=budget["backend"], ram_budget=ram, stream_input=ram is not None)
    done = emulate(network, CORES[budget["core"]], [[image] for image in images], folder)
    oracle = load_network(model, "reference")
    for image, outputs in zip(images, done.outputs, strict=True):
        np.testing.assert_array_equal(outputs[0], next(iter(oracle.run(image).values())).ravel())
    print(f"{_name(budget)}: {max(done.instructions):,.0f} {done.code_bytes:,} {network.plan.size:,}")
    assert max(done.instructions) <= budget["instructions"], done.instructions
    assert done.code_bytes <= budget["code"], done.code_bytes
    assert network.plan.bound == network.plan.size <= budget["arena"]
    assert len(done.step_instructions) == len(network.program.steps)
    assert sum(done.step_instructions) == pytest.approx(np.mean(done.instructions), rel=0.01)


@pytest.mark.parametrize("budget", _SMALL, ids=_name)
def test_a_shipped_network_is_within_its_budget(budget: dict[str, Any], tmp_path: Path) -> None:
    path = named_model(budget["network"])
    assert path is not None
    model = read_model(path)
    images = [int8_input(golden.image)[None] for golden in model.card.goldens[:2]]
    images.append(np.random.default_rng(0).integers(-128, 128, images[0].shape).astype(np.int8))
    _check(model.network, images, budget, tmp_path)


@pytest.mark.slow
@pytest.mark.converter
@pytest.mark.parametrize("budget", _PUBLISHED, ids=_name)
def test_a_published_network_is_within_its_budget(budget: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    model = mobilenetv3_small(minimalistic=_KERAS[budget["network"]])
    image = np.random.default_rng(0).integers(-128, 128, (1, 112, 112, 3)).astype(np.int8)
    _check(model, [image], budget, tmp_path)


@pytest.mark.parametrize("core", ["m7", "m55"])
@pytest.mark.parametrize("family", FAMILIES)
def test_random_operators(core: str, family: str, tmp_path: Path) -> None:
    @settings(max_examples=1, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate])
    @given(models(family))
    def agree(drawn: tuple[bytes, int]) -> None:
        model, seed = drawn
        network = generate(model, "net", backend="dsp" if core == "m7" else "mve")
        rng = np.random.default_rng(seed)
        sizes = [value.size for value in network.program.inputs.values()]
        runs = [[rng.integers(-128, 128, size).astype(np.int8) for size in sizes] for _ in range(3)]
        done = emulate(network, CORES[core], runs, tmp_path)
        for inputs, outputs in zip(runs, done.outputs, strict=True):
            for expected, output in zip(reference(model, inputs), outputs, strict=True):
                assert output.tolist() == expected.tolist()

    agree()
