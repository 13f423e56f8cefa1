"""A Keras network becomes the operators that its conversion has, without being converted."""

from pathlib import Path
from typing import Any

import pytest

from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese.models import named_model
from edge_siamese_benchmarks.arm import predict
from edge_siamese_benchmarks.arm.keras_operators import keras_operators, load_keras
from edge_siamese_benchmarks.arm.operators import read_operators

pytestmark = pytest.mark.converter
keras = pytest.importorskip("keras")
layers = keras.layers


def _kinds(model: Any) -> list[str]:
    return [operator.label for operator in keras_operators(model)]


def _net(*stack: Any, side: int = 16, channels: int = 8) -> Any:
    image = x = keras.Input((side, side, channels))
    for layer in stack:
        x = layer(x)
    return keras.Model(image, x)


def test_normalization_and_relu_go_into_the_convolution() -> None:
    model = _net(layers.Conv2D(4, 3, 2, padding="same"), layers.BatchNormalization(), layers.ReLU())
    (operator,) = keras_operators(model)
    assert (operator.kind, operator.input_shape, operator.output_shape) == ("CONV_2D", (16, 16, 8), (8, 8, 4))
    assert (operator.kernel, operator.stride, operator.dtype) == ((3, 3), (2, 2), "int8")


def test_normalization_of_something_else_is_a_product_and_a_sum() -> None:
    model = _net(layers.MaxPooling2D(2), layers.BatchNormalization())
    assert _kinds(model) == ["max pool 2x2", "mul", "add"]


@pytest.mark.parametrize(
    ("activation", "kinds"),
    [
        ("relu", []), ("relu6", []), ("silu", ["logistic", "mul"]), ("hard_swish", ["hard swish"]),
        ("sigmoid", ["logistic"]), ("tanh", ["tanh"]), ("gelu", ["gelu"]), ("linear", []), ("mish", ["mish"]),
    ],
)  # fmt: skip
def test_activations(activation: str, kinds: list[str]) -> None:
    inside = _net(layers.Conv2D(4, 1, activation=activation))
    behind = _net(layers.Conv2D(4, 1), layers.Activation(activation))
    assert _kinds(inside) == _kinds(behind) == ["conv 1x1", *kinds]


def test_a_relu_is_kept_where_its_input_goes_elsewhere_too() -> None:
    image = keras.Input((8, 8, 4))
    x = layers.Conv2D(4, 1)(image)
    assert _kinds(keras.Model(image, layers.Add()([x, layers.ReLU()(x)]))) == ["conv 1x1", "relu", "add"]


def test_padding_in_front_of_a_convolution_is_absorbed() -> None:
    padding, _ = keras_operators(_net(layers.ZeroPadding2D(1), layers.Conv2D(4, 3)))
    assert padding.absorbed
    alone, _ = keras_operators(_net(layers.ZeroPadding2D(1), layers.MaxPooling2D(2)))
    assert not alone.absorbed


def test_other_layers() -> None:
    model = _net(
        layers.SeparableConv2D(6, 3, padding="same"), layers.DepthwiseConv2D(3, activation="relu"),
        layers.Conv2DTranspose(4, 2, strides=2), layers.UpSampling2D(2, interpolation="bilinear"),
        layers.LeakyReLU(), layers.PReLU(shared_axes=[1, 2]), layers.AveragePooling2D(2), layers.Dropout(0.5),
        layers.GlobalAveragePooling2D(), layers.Dense(10), layers.Softmax(),
    )  # fmt: skip
    assert _kinds(model) == [
        "depthwise 3x3", "conv 1x1", "depthwise 3x3", "transposed conv 2x2", "resize bilinear", "leaky relu", "prelu",
        "average pool 2x2", "mean", "fully connected", "softmax",
    ]  # fmt: skip


def test_products_with_one_value_a_channel_are_broadcast() -> None:
    image = keras.Input((8, 8, 4))
    gate = layers.GlobalAveragePooling2D(keepdims=True)(image)
    mean, product = keras_operators(keras.Model(image, layers.Multiply()([image, gate])))
    assert (mean.kind, product.kind, product.broadcast) == ("MEAN", "MUL", True)


def test_networks_inside_a_network_and_layers_used_twice() -> None:
    inner = _net(layers.Conv2D(8, 1))
    image = keras.Input((16, 16, 8))
    assert _kinds(keras.Model(image, inner(inner(image)))) == ["conv 1x1"] * 2
    assert _kinds(keras.Sequential([keras.Input((4, 4, 2)), layers.Conv2D(3, 1)])) == ["conv 1x1"]


def test_a_layer_without_a_counterpart_is_named_as_unknown() -> None:
    model = _net(layers.Rescaling(2.0), layers.Conv2D(3, 1, groups=1))
    assert predict(model)[0].unknown == ("rescaling",)
    grouped = _net(layers.Conv2D(4, 3, groups=2))
    assert predict(grouped)[0].unknown == ("grouped conv 3x3",)


def test_an_image_size_that_is_not_known_is_rejected() -> None:
    image = keras.Input((None, None, 3))
    with pytest.raises(DataError, match="expected an input of fixed size"):
        keras_operators(keras.Model(image, layers.Conv2D(3, 1)(image)))
    with pytest.raises(DataError, match="functional or sequential"):
        keras_operators(object())


def test_a_keras_file_is_predicted(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    _net(layers.Conv2D(16, 3)).save(path)
    assert predict(path)[0].instructions > 50_000
    with pytest.raises(DataError, match=r"none\.keras"):
        load_keras(tmp_path / "none.keras")
    path.write_bytes(b"this is not a network")
    with pytest.raises(DataError, match="Keras cannot read it"):
        load_keras(path)


def test_without_keras_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    (tmp_path / "net.keras").touch()
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(RuntimeMissingError, match="edge-siamese\\[converter\\]"):
        load_keras(tmp_path / "net.keras")


def test_the_detector_before_training_costs_what_the_shipped_one_does() -> None:
    from edge_siamese_converter.networks.detector import build_detector

    path = named_model("detector")
    assert path
    walked, shipped = predict(build_detector(320)), predict(path)
    assert sum(operator.macs for operator in keras_operators(build_detector(320))) == sum(
        operator.macs for operator in read_operators(path)
    )
    for before, after in zip(walked, shipped, strict=True):
        assert before.instructions == pytest.approx(after.instructions, rel=0.005)
