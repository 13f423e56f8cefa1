"""Networks in stripes need less memory and compute the same bits."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.models import named_model
from edge_siamese.preprocessing import int8_input
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.runtime import load_network
from edge_siamese_firmware.codegen.generate import generate

from .builder import ModelBuilder, reference
from .compiler import COMPILER, compile_network, run_network

pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler is installed")


def _small_embedder() -> bytes:
    path = named_model("embedder-small")
    assert path is not None
    return read_model(path).network


@pytest.mark.parametrize(("budget", "streamed"), [(64 * 1024, False), (40 * 1024, True), (28 * 1024, True)])
def test_the_small_embedder_within_a_budget(budget: int, streamed: bool, tmp_path: Path) -> None:
    path = named_model("embedder-small")
    assert path is not None
    model = read_model(path)
    network = generate(model.network, "net", backend="dsp", ram_budget=budget, stream_input=streamed)
    assert network.plan.size <= budget
    images = [int8_input(golden.image)[None] for golden in model.card.goldens[:2]]
    found = run_network(network, compile_network(network, tmp_path), [[image] for image in images])
    oracle = load_network(model.network, "reference")
    for image, outputs in zip(images, found, strict=True):
        np.testing.assert_array_equal(outputs[0], next(iter(oracle.run(image).values())).ravel())


def test_stripes_share_their_constants() -> None:
    network = generate(_small_embedder(), "net", ram_budget=48 * 1024, stream_input=True)
    whole = generate(_small_embedder(), "net")
    weights = [
        source.count("int8_t weights_") for source in (network.sources["net_data.h"], whole.sources["net_data.h"])
    ]
    assert weights[0] == weights[1]
    assert len(network.program.steps) > len(whole.program.steps)
    assert network.program.steps[0].kind == "READ_ROWS"


def test_a_budget_that_cannot_be_met() -> None:
    with pytest.raises(DataError, match=r"^the arena needs [0-9,]+ bytes at \S+; the budget is 4,096$"):
        generate(_small_embedder(), "net", ram_budget=4096)


@st.composite
def chains(draw: Any) -> bytes:
    """Convolutions one behind the other, of any window."""
    model = ModelBuilder()
    height, width, channels = draw(st.integers(6, 20)), draw(st.integers(2, 10)), draw(st.integers(1, 6))
    tensor = model.input([1, height, width, channels], 0.05, draw(st.integers(-128, 127)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    for _ in range(draw(st.integers(2, 5))):
        depthwise, kernel, stride = (
            draw(st.booleans()),
            draw(st.sampled_from([1, 3, 5])),
            draw(st.sampled_from([1, 1, 2])),
        )
        out = channels if depthwise else draw(st.integers(1, 8))
        shape = [1, kernel, kernel, channels] if depthwise else [out, kernel, kernel, channels]
        weights = model.tensor(shape, 0.004, values=rng.integers(-127, 128, shape))
        bias = model.tensor([out], 0.0002, dtype="int32", values=rng.integers(-3000, 3000, out))
        height, width, channels = -(-height // stride), -(-width // stride), out
        result = model.tensor([1, height, width, channels], 0.05, draw(st.integers(-128, 127)))
        kind, table = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions") if depthwise else ("CONV_2D", "Conv2DOptions")
        more = {"depthMultiplier": 1} if depthwise else {}
        model.operator(
            kind, [tensor, weights, bias], [result], table, padding=0, strideH=stride, strideW=stride, **more
        )
        tensor = result
    model.output(tensor)
    return model.bytes()


@pytest.mark.parametrize("backend", ["c", "dsp"])
def test_random_chains_in_stripes(backend: Any, tmp_path: Path) -> None:
    @settings(max_examples=8, suppress_health_check=list(HealthCheck), database=None, phases=[Phase.generate])
    @given(chains(), st.floats(0.5, 0.95), st.booleans())
    def agree(model: bytes, share: float, streamed: bool) -> None:
        budget = int(generate(model, "net", backend=backend).plan.size * share)
        try:
            network = generate(model, "net", backend=backend, ram_budget=budget, stream_input=streamed)
        except DataError:  # no stripes are that small
            network = generate(model, "net", backend=backend, stream_input=streamed)
        image = np.random.default_rng(0).integers(-128, 128, next(iter(network.program.inputs.values())).size)
        image = image.astype(np.int8)
        ((found,),) = run_network(network, compile_network(network, tmp_path), [[image]])
        assert found.tolist() == reference(model, [image])[0].tolist()

    agree()
