import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.networks.mobilenetv3 import build_twin
from edge_siamese_converter.tasks.embedder.channel_selection import channel_groups, narrow

SMALL = {"table": "dense", "dimension": 16}


def test_channels_that_are_added_belong_together():
    groups = channel_groups(build_twin(**SMALL, width=0.125))
    stream = {groups[f"block{number}_project"] for number in (4, 5, 6, 7)} | {groups["block3_dense"]}
    assert len(stream) == 1
    assert groups["block4_expand"] == groups["block4_depthwise_bn"] != groups["block5_expand"]
    assert groups["last"] == groups["global_depthwise"] != groups["embedding"]


def test_without_the_channels_that_say_nothing_it_answers_the_same():
    """Where a wide network's other channels are dead, the narrow one finds the living ones and computes the same."""
    rng = np.random.default_rng(0)
    wide, thin = build_twin(**SMALL, width=0.5), build_twin(**SMALL, width=0.25)
    groups = channel_groups(wide)
    sizes = {groups[layer.name]: layer.filters for layer in thin.layers if hasattr(layer, "filters") and layer.filters}
    dead = {}
    for layer in wide.layers:
        if layer.name.endswith("_bn"):
            gamma, beta, mean, variance = layer.get_weights()
            group = groups[layer.name]
            if group not in dead:
                dead[group] = rng.permutation(len(gamma))[sizes[group] :]
            scale = rng.uniform(0.5, 1.5, len(gamma))
            scale[dead[group]] = 0
            layer.set_weights([scale, 0 * beta, mean, variance])
    assert sum(map(len, dead.values())) > 300
    narrow(wide, thin)
    images = rng.uniform(-1, 1, (2, 112, 112, 3)).astype(np.float32)
    np.testing.assert_allclose(thin.predict_on_batch(images), wide.predict_on_batch(images), rtol=1e-4, atol=1e-7)


def test_as_many_channels_are_a_copy():
    wide, is_genuine = build_twin(**SMALL, width=0.125), build_twin(**SMALL, width=0.125)
    narrow(wide, is_genuine)
    for ours, theirs in zip(is_genuine.get_weights(), wide.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_wider_network_is_rejected():
    with pytest.raises(DataError, match="expected at most 8 channels, found 16"):
        narrow(build_twin(**SMALL, width=0.25), build_twin(**SMALL, width=0.5))


def test_another_layout_is_rejected():
    with pytest.raises(DataError, match="with the same layers"):
        narrow(build_twin(**SMALL), build_twin(table="small", dimension=16))


def test_layers_that_mix_channels_otherwise_are_rejected():
    with pytest.raises(DataError, match="channel selection does not support a GlobalAveragePooling2D"):
        channel_groups(build_twin(table="small", dimension=16, squeeze_excite=True))
