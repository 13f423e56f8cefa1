from edge_siamese_converter.networks.registry import build_network


def test_an_embedding_of_128_has_the_parameters_of_the_public_port() -> None:
    network = build_network("inception-resnet-v1", input_shape=(160, 160, 3), dimension=128)
    assert network.count_params() == 22_808_144
    assert sum(variable.shape.num_elements() for variable in network.non_trainable_weights) == 28_832
    assert network.get_layer("Block17_10_Branch_1_Conv2d_0b_1x7").kernel.shape == (1, 7, 128, 128)


def test_1792_are_the_pooled_features_themselves() -> None:
    network = build_network("inception-resnet-v1", input_shape=(160, 160, 3), dimension=1792)
    assert network.output_shape == (None, 1792)
    assert network.count_params() == 22_808_144 - 1792 * 128 - 3 * 128
