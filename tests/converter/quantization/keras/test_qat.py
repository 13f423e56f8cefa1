import keras
import numpy as np
import pytest
from keras import layers

from edge_siamese.errors import DataError
from edge_siamese.preprocessing import float_input
from edge_siamese.rendering import Person, View, render_crop
from edge_siamese.tflite.runtime import load_network
from edge_siamese_converter.embeddings import embed_float, embed_int8
from edge_siamese_converter.networks.layers import conv_bn, depthwise_bn
from edge_siamese_converter.quantization.calibration import measure_ranges, min_error_range
from edge_siamese_converter.quantization.keras.fake_quant import (
    fake_quantized,
    fold_batch_normalization,
    quantized_tensors,
)
from edge_siamese_converter.quantization.keras.qat import quantize_aware


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([render_crop(Person.from_seed(seed), View.random(rng)) for seed in range(24)])


@pytest.fixture(scope="module")
def network(crops: np.ndarray) -> keras.Model:
    """A small embedder with all that ours have: strides, a residual, a global depthwise convolution."""
    keras.utils.set_random_seed(1)
    image = keras.Input((112, 112, 3), name="image")
    x = conv_bn(image, 8, 3, 4, "relu", name="stem")
    x = depthwise_bn(x, 3, 2, "relu", name="down")
    x = layers.Add(name="add")([x, conv_bn(x, 8, activation="relu", name="point")])
    x = depthwise_bn(x, x.shape[1], padding="valid", name="global")
    x = conv_bn(x, 16, name="embedding")
    model = keras.Model(image, layers.Reshape((16,))(x))
    for _ in range(60):
        model(float_input(crops), training=True)
    return model


def cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.sum(first * second, 1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)


def test_folding_changes_nothing(network: keras.Model, crops: np.ndarray) -> None:
    folded = fold_batch_normalization(network)
    assert not [layer for layer in folded.layers if isinstance(layer, layers.BatchNormalization)]
    assert embed_float(folded, crops) == pytest.approx(embed_float(network, crops), abs=1e-3)


def test_a_layer_fused_with_its_relu_has_no_range_of_its_own(network: keras.Model) -> None:
    names = quantized_tensors(fold_batch_normalization(network))
    assert "stem" not in names
    assert {"stem_relu", "down_relu", "add", "embedding"} <= set(names)


def test_fine_tuning_leaves_the_original_as_it_was(network: keras.Model, crops: np.ndarray) -> None:
    before = [array.copy() for array in network.get_weights()]
    quantize_aware(network, crops, crops, steps=1)
    assert all(map(np.array_equal, before, network.get_weights()))
    assert network.trainable
    assert network.trainable_weights


def test_the_float_network_imitates_its_int8_self(network: keras.Model, crops: np.ndarray) -> None:
    folded = fold_batch_normalization(network)
    ranges = measure_ranges(folded, quantized_tensors(folded), float_input(crops))
    imitation = embed_float(fake_quantized(folded, ranges), crops)
    int8 = load_network(quantize_aware(network, crops, crops, steps=0), "reference")
    ((_, zero_point),) = int8.output_scales().values()
    assert cosines(imitation, embed_int8(int8, crops).astype("f4") - zero_point).min() > 0.99


def uneven(network: keras.Model) -> keras.Model:
    """The same function with one channel of the residual sum 64 times as large, where nothing can equalize it."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    factors = np.where(np.arange(8) == 0, 64, 1).astype("f4")
    for name in ("down_bn", "point_bn"):
        gamma, beta, *moments = copy.get_layer(name).get_weights()
        copy.get_layer(name).set_weights([gamma * factors, beta * factors, *moments])
    (kernel,) = copy.get_layer("point").get_weights()
    copy.get_layer("point").set_weights([kernel / factors[:, None]])
    (kernel,) = copy.get_layer("global").get_weights()
    copy.get_layer("global").set_weights([kernel / factors[:, None]])
    return copy


def test_fine_tuning_brings_int8_nearer_to_float(network: keras.Model, crops: np.ndarray) -> None:
    network = uneven(network)
    expected, means = embed_float(network, crops), []
    for steps in (0, 120):
        int8 = load_network(quantize_aware(network, crops, crops, steps=steps, learning_rate=3e-4), "reference")
        ((_, zero_point),) = int8.output_scales().values()
        means.append(cosines(expected, embed_int8(int8, crops).astype("f4") - zero_point).mean())
    assert means[1] > means[0]


@pytest.mark.parametrize("outlier", [3.0, 40.0])
def test_an_outlier_does_not_take_the_whole_range(outlier: float) -> None:
    values = np.append(np.random.default_rng(0).uniform(0, 1, 100_000), outlier).astype("f4")
    low, high = min_error_range(values)
    assert low == 0
    assert 0.9 < high <= outlier
    assert high < outlier or outlier == 3.0


def test_what_cannot_be_imitated_is_rejected_by_name(crops: np.ndarray) -> None:
    image = keras.Input((112, 112, 3))
    cases = {
        "stray": layers.BatchNormalization(name="stray")(image),
        "groups": layers.Conv2D(6, 3, groups=3, name="groups")(image),
        "slope": layers.PReLU(name="slope")(image),
    }
    for name, x in cases.items():
        model = keras.Model(image, layers.Dense(4)(layers.Flatten()(x)))
        with pytest.raises(DataError, match=f"fine-tuning for int8 does not support {name}"):
            quantize_aware(model, crops, crops, steps=1)
    with pytest.raises(DataError, match="at least 20 images"):
        quantize_aware(model, crops[:5], crops, steps=1)
