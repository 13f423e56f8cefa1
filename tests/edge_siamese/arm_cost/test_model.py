"""The cost model agrees with what was counted on whole networks."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.arm_cost import CORES, CostModel, KernelOperator, as_int8, predict
from edge_siamese.arm_cost.terms import terms
from edge_siamese.errors import ModelError
from edge_siamese.models import named_model
from tests.counted_instructions import COUNTED, PEER

CONV = KernelOperator("CONV_2D", (14, 14, 64), (14, 14, 128), "int8", (1, 1), (1, 1))


@pytest.mark.parametrize("name", COUNTED)
def test_shipped_networks_within_one_percent(name: str) -> None:
    path = named_model(name)
    assert path
    for prediction in predict(path):
        counted = COUNTED[name][prediction.core] * 1e6
        assert prediction.instructions == pytest.approx(counted, rel=0.01)
        assert not prediction.unknown


@pytest.mark.data
def test_a_peer_with_float_activations_within_one_percent(data: Path) -> None:
    for prediction in predict(data / "peers/mobilefacenet_int8.tflite"):
        assert prediction.instructions == pytest.approx(PEER[prediction.core] * 1e6, rel=0.01)


def test_an_operator_that_is_not_known_is_named_and_not_guessed() -> None:
    odd = KernelOperator("BUILTIN_199", (7, 7, 8), (7, 7, 8))
    whole, known = predict([CONV, odd])[0], predict([CONV])[0]
    assert whole.unknown == ("builtin 199",)
    assert whole.instructions == known.instructions


def test_free_operators_cost_nothing() -> None:
    model = CostModel.shipped(CORES["a72"])
    assert model.instructions(KernelOperator("RESHAPE", (7, 7, 8), (392,))) == 0
    assert model.instructions(KernelOperator("ADD", (7, 7, 8), (7, 7, 8), absorbed=True)) == 0
    assert model.knows(KernelOperator("RESHAPE", (7, 7, 8), (392,)))


_SIDES, _CHANNELS = st.integers(1, 160), st.integers(1, 600)


@given(side=_SIDES, inputs=_CHANNELS, outputs=_CHANNELS, kernel=st.sampled_from([1, 3, 5]))
def test_more_channels_never_cost_less(side: int, inputs: int, outputs: int, kernel: int) -> None:
    for core in CORES.values():
        model = CostModel.shipped(core)
        costs = [
            model.instructions(
                KernelOperator("CONV_2D", (side, side, given), (side, side, outputs), "int8", (kernel, kernel), (1, 1))
            )
            for given in (inputs, inputs + 16)
        ]
        assert 0 < costs[0] <= costs[1]


@given(side=_SIDES, channels=_CHANNELS, kernel=st.integers(1, 9), kind=st.sampled_from(["DEPTHWISE_CONV_2D", "ADD"]))
def test_terms_are_finite_and_not_negative(side: int, channels: int, kernel: int, kind: str) -> None:
    operator = KernelOperator(kind, (side, side, channels), (side, side, channels), "int8", (kernel, kernel), (1, 1))
    for core in CORES.values():
        group, found = terms(operator, core)
        assert group in CostModel.shipped(core).coefficients
        assert all(0 <= value < 1e12 for value in found.values())


def test_the_dot_product_makes_products_cheaper() -> None:
    a53, a72, a76 = (
        prediction.instructions for prediction in predict([CONV], [CORES[c] for c in ("a53", "a72", "a76")])
    )
    assert a76 < a72 < a53


def test_a_float_network_is_predicted_as_int8_on_request() -> None:
    float_conv = replace(CONV, dtype="float32")
    assert predict([float_conv])[0].unknown == ("conv 1x1",)
    assert predict(as_int8([float_conv, CONV])) == predict([CONV, CONV])


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"\1\0\0\0TFL3" + b"\xff" * 40)
    with pytest.raises(ModelError, match=r"broken\.tflite"):
        predict(broken)
