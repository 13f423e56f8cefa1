from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.networks.mobilefacenet import (
    AnnealedPReLU,
    MobileFaceNetTable,
    build_mobilefacenet,
    set_slope_share,
)

TABLE = MobileFaceNetTable(8, ((8, 8), (16, 16), (24,)), (8, 16, 16), 24, 8, 12)


def embed(network: Any) -> Any:
    return np.asarray(network(np.random.default_rng(0).normal(size=(2, 112, 112, 3)).astype(np.float32)))


def test_the_embedding_has_the_table_s_length_and_every_stage_halves_the_map() -> None:
    network = build_mobilefacenet(TABLE)
    assert network.output_shape == (None, 12)
    sides = [network.get_layer(f"stage{stage}_block0_project").output.shape[1] for stage in range(3)]
    assert sides == [28, 14, 7]


def test_both_activations_have_the_same_layers_otherwise() -> None:
    prelu, relu = build_mobilefacenet(TABLE, activation="prelu"), build_mobilefacenet(TABLE)
    names = [
        {layer.name for layer in network.layers if not layer.name.endswith(("_prelu", "_relu"))}
        for network in (prelu, relu)
    ]
    assert names[0] == names[1]


def test_a_share_of_zero_makes_prelu_relu() -> None:
    prelu, relu = build_mobilefacenet(TABLE, activation="prelu"), build_mobilefacenet(TABLE)
    for layer in prelu.layers:
        if isinstance(layer, AnnealedPReLU):
            layer.slope.assign(np.linspace(-0.5, 0.5, layer.slope.shape[0]))
        elif layer.weights:
            relu.get_layer(layer.name).set_weights(layer.get_weights())
    assert not np.allclose(embed(prelu), embed(relu), atol=1e-4)
    set_slope_share(prelu, 0.0)
    assert embed(prelu) == pytest.approx(embed(relu), abs=1e-6)


def test_slopes_scale_what_is_negative() -> None:
    layer = AnnealedPReLU()
    layer.build((None, 2))
    layer.slope.assign([0.5, -1.0])
    layer.share.assign(0.5)
    assert np.asarray(layer(np.array([[-4.0, -4.0], [3.0, 0.0]], np.float32))).tolist() == [[-1.0, 2.0], [3.0, 0.0]]


def test_a_saved_network_comes_back(tmp_path: Any) -> None:
    network = build_mobilefacenet(TABLE, activation="prelu")
    network.save(tmp_path / "network.keras")
    assert embed(keras.models.load_model(tmp_path / "network.keras")) == pytest.approx(embed(network), abs=1e-6)


def test_strided_layers_are_centered_on_even_pixels() -> None:
    network = build_mobilefacenet(TABLE)
    kernel = np.zeros((3, 3, 3, 8), np.float32)
    kernel[1, 1, 0] = 1.0
    network.get_layer("stem").set_weights([kernel])
    image = np.random.default_rng(0).normal(size=(1, 112, 112, 3)).astype(np.float32)
    stem = network.get_layer("stem")(network.get_layer("stem_pad")(image))
    assert np.asarray(stem)[0, :, :, 0] == pytest.approx(image[0, ::2, ::2, 0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"streams": (8, 16)}, "one stream for each stage"),
        ({"hidden": ((8,), (), (8,))}, "a block in each"),
        ({"last": 0}, "widths of 1 and more, found 0"),
    ],
)
def test_a_table_that_is_none_is_rejected(change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        replace(TABLE, **change)


def test_other_activations_and_sizes_are_rejected() -> None:
    with pytest.raises(DataError, match="found 'silu'"):
        build_mobilefacenet(TABLE, activation="silu")
    with pytest.raises(DataError, match="multiple of 16, found 120"):
        build_mobilefacenet(TABLE, input_size=120)
