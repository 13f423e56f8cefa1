import keras
import numpy as np
import pytest
from keras import layers

from edge_siamese.errors import DataError
from edge_siamese.tflite.runtime import load_network
from edge_siamese_converter.embeddings import embed_int8
from edge_siamese_converter.networks.layers import conv_bn
from edge_siamese_converter.quantization.keras.pixel_pairs import NAME, paired_kernel, with_pixel_pairs
from edge_siamese_converter.quantization.keras.ptq import quantize
from edge_siamese_converter.quantization.keras.qat import quantize_aware

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 16, 16, 3), np.uint8)


def network(padding: tuple[tuple[int, int], tuple[int, int]] | None, strides: int = 2) -> keras.Model:
    keras.utils.set_random_seed(0)
    image = keras.Input((16, 16, 3), name="image")
    x = layers.ZeroPadding2D(padding, name="pad")(image) if padding else image
    x = layers.Conv2D(8, 3, strides, padding="valid" if padding else "same", use_bias=False, name="stem")(x)
    x = layers.BatchNormalization(name="stem_bn")(x)
    x = conv_bn(layers.Activation("relu")(x), 4, 3, 8, name="last")
    return keras.Model(image, layers.Reshape((-1,))(x))


@pytest.mark.parametrize("padding", [None, ((1, 0), (1, 0)), ((1, 0), (0, 1)), ((0, 1), (1, 0))])
def test_float_outputs_are_the_same(padding: tuple[tuple[int, int], tuple[int, int]] | None) -> None:
    plain = network(padding)
    paired = with_pixel_pairs(plain)
    inputs = (IMAGES.astype("f4") - 128) / 128
    assert paired.get_layer("stem").kernel.shape == (3, 2, 6, 8)
    assert np.asarray(paired(inputs)) == pytest.approx(np.asarray(plain(inputs)), abs=1e-5)


def test_int8_outputs_are_the_same_to_the_bit() -> None:
    plain = network(((1, 0), (1, 0)))
    expected, found = (
        embed_int8(load_network(quantize(each, IMAGES)), IMAGES) for each in (plain, with_pixel_pairs(plain))
    )
    assert np.array_equal(found, expected)
    assert np.ptp(expected.astype(int)) > 20


def test_int8_outputs_are_the_same_with_measured_ranges() -> None:
    plain = network(((1, 0), (1, 0)))
    expected, found = (
        embed_int8(load_network(quantize_aware(plain, IMAGES, IMAGES, steps=0, pixel_pairs=pairs)), IMAGES)
        for pairs in (False, True)
    )
    assert np.array_equal(found, expected)


def test_the_kernel_has_a_column_of_zeros_where_the_pair_is_not_read() -> None:
    kernel = np.arange(1, 19, dtype="f4").reshape(3, 3, 2, 1)
    assert not paired_kernel(kernel, 1)[:, 0, :2].any()
    assert not paired_kernel(kernel, 0)[:, 1, 2:].any()
    for left in (0, 1):
        assert paired_kernel(kernel, left).sum() == kernel.sum()


@pytest.mark.parametrize("case", ["strides", "padding", "width", "consumers"])
def test_other_beginnings_are_rejected(case: str) -> None:
    other = network(((1, 1), (1, 1)) if case == "padding" else None, strides=1 if case == "strides" else 2)
    if case == "width":
        image = keras.Input((15, 15, 3))
        other = keras.Model(image, layers.Conv2D(4, 3, 2, padding="same")(image))
    if case == "consumers":
        image = keras.Input((16, 16, 3))
        stems = [layers.Conv2D(4, 3, 2, padding="same", name=name)(image) for name in ("a", "b")]
        other = keras.Model(image, layers.Add()(stems))
    with pytest.raises(DataError, match="needs a network that begins with a 3x3 convolution of stride 2"):
        with_pixel_pairs(other)


def test_the_reshape_is_named() -> None:
    assert with_pixel_pairs(network(None)).get_layer(NAME).output.shape == (None, 16, 8, 6)
