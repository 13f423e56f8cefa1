import keras
import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.networks.registry import build_network

SHAPE = (32, 32, 1)


@pytest.mark.parametrize(("kernels", "sizes"), [("published", [2, 2, 3, 3]), ("odd", [3, 5, 5, 5])])
def test_attention_kernels(kernels: str, sizes: list[int]) -> None:
    network = build_network("resnet18-eca", input_shape=(32, 32, 3), kernels=kernels)
    assert [network.get_layer(f"stage{stage}_eca_conv").kernel.shape[0] for stage in (1, 2, 3, 4)] == sizes
    assert network.count_params() == 11_442_314 - 10 + sum(sizes)


def test_a_narrow_network_is_small() -> None:
    network = build_network("resnet18-eca", input_shape=SHAPE, width=0.25, dimension=128)
    assert network.get_layer("stage4_1_conv2").filters == 128
    assert network.output_shape == (None, 128)
    assert network.count_params() < 11_442_314 / 14


def test_momentum_reaches_every_normalization() -> None:
    network = build_network("resnet18-eca", input_shape=SHAPE, width=0.25, momentum=0.5)
    layers = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(layers) == 17
    assert {layer.momentum for layer in layers} == {0.5}


def test_inside_the_blocks_a_fifth_of_what_is_negative_passes() -> None:
    network = build_network("resnet18-eca", input_shape=SHAPE, width=0.25)
    activation = network.get_layer("stage1_0_conv1_leaky_relu")
    assert np.asarray(activation(np.array([-1.0, 2.0], "f4"))) == pytest.approx([-0.2, 2.0])


def test_a_strided_stem_halves_every_stage() -> None:
    network = build_network("resnet18-eca", input_shape=SHAPE, width=0.25, stem_strides=2)
    assert network.get_layer("stage1_1_add").output.shape[1:3] == (16, 16)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"kernels": "even"}, "unknown kind of kernels 'even'"), ({"momentum": 1.5}, "momentum has to be from 0 to 1")],
)
def test_bad_options_are_said(options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        build_network("resnet18-eca", input_shape=SHAPE, **options)
