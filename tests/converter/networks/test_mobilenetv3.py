import pytest

from edge_siamese_converter.networks.mobilenetv3 import build_twin


def test_the_default_twin_is_the_shipped_layout() -> None:
    network = build_twin()
    assert network.input_shape == (None, 112, 112, 3)
    assert network.output_shape == (None, 256)
    assert network.count_params() == 1_145_056


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        ({"table": "small", "activation": "silu"}, 637_480),
        ({"table": "small", "squeeze_excite": True}, 1_099_120),
        ({"table": "small", "width": 0.5}, 224_496),
        ({"width": 0.5}, 329_840),
    ],
)
def test_variants_have_their_sizes(settings: dict[str, object], parameters: int) -> None:
    assert build_twin(**settings).count_params() == parameters


def test_no_norm_is_left_in_the_graph() -> None:
    assert not [layer for layer in build_twin().layers if "normaliz" in layer.name and "bn" not in layer.name]


def test_the_minimalistic_variant_has_no_silu() -> None:
    assert not [layer.name for layer in build_twin(table="small").layers if "silu" in layer.name]
    with pytest.raises(ValueError, match="'silu' or 'relu', got 'dense', 'gelu'"):
        build_twin(activation="gelu")
