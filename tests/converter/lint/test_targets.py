from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from edge_siamese.models import shipped_models
from edge_siamese.operator_support import TARGETS, load_target, swaps
from edge_siamese.operator_support.conditions import CONDITIONS
from edge_siamese.tflite.graph import read_graph
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.runtime import find_runtime
from edge_siamese_converter.importers import KerasNetwork
from edge_siamese_converter.lint.targets import UnsupportedOperator, lint
from edge_siamese_converter.quantization.formats import as_float

SHAPE = (1, 8, 8, 4)


@pytest.mark.parametrize("path", shipped_models(), ids=lambda path: path.stem)
def test_the_shipped_models_stay_whole_on_every_target(path: Path) -> None:
    assert lint(read_graph(read_model(path).network)) == []


@pytest.fixture(scope="module")
def findings() -> list[UnsupportedOperator]:
    """Of a network with one of each that people use, in float and never trained."""
    image = keras.Input((32, 32, 3), batch_size=1)
    x = layers.Conv2D(8, 3, name="stem")(image)
    x = layers.Activation("hard_swish", name="stem_swish")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="shared_slopes")(layers.Conv2D(8, 1, name="second")(x))
    x = layers.PReLU(name="many_slopes")(layers.Conv2D(8, 1, name="third")(x))
    x = layers.Conv2D(8, 1, activation="gelu", name="fourth")(x)
    x = layers.AveragePooling2D(2, name="halved")(x)
    x = layers.UnitNormalization(name="unit")(layers.Dense(8, name="embedding")(layers.Flatten()(x)))
    network = keras.Model(image, x)
    return lint(read_graph(as_float(network)), layers=KerasNetwork(network).layers)


def named(findings: list[UnsupportedOperator], target: str) -> set[tuple[str, str]]:
    return {(each.layer, each.operator) for each in findings if each.target == target and each.layer != "unit"}


def test_layers_that_leave_are_named(findings: list[UnsupportedOperator]) -> None:
    swish, shared, many = ("stem_swish", "HARD_SWISH"), ("shared_slopes", "PRELU"), ("many_slopes", "PRELU")
    gelu, pooled = ("fourth", "GELU"), ("halved", "AVERAGE_POOL_2D")
    assert named(findings, "xnnpack") == {swish, shared, many, gelu, pooled}
    assert named(findings, "edgetpu") == {swish, many, gelu}
    assert named(findings, "mcu") == {gelu}
    assert {each.target for each in findings if each.layer == "unit"} == set(TARGETS)


def test_each_comes_with_a_reason_and_a_swap(findings: list[UnsupportedOperator]) -> None:
    by_layer = {(each.target, each.layer): each for each in findings}
    assert by_layer["xnnpack", "stem_swish"].reason == "not in the list of supported operators"
    assert by_layer["edgetpu", "stem_swish"].swap.startswith("SiLU")
    assert "shared_axes=[1, 2] makes them one for each channel" in by_layer["edgetpu", "many_slopes"].reason
    assert all(each.swap for each in findings)


def test_what_stayed_float_in_a_quantized_network_leaves() -> None:
    findings = lint(read_graph(written(lambda x: tf.square(x), quantized=True)), ["xnnpack", "mcu"])
    assert [(each.target, each.operator) for each in findings] == [("xnnpack", "SQUARE"), ("mcu", "SQUARE")]
    assert findings[0].reason == "it stayed float32: it runs in float32, with a translation before and after it"


def test_an_open_batch_leaves_what_needs_constant_shapes() -> None:
    network = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(4)])
    open_batch = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    findings = [each for each in lint(read_graph(open_batch)) if each.layer == "input"]
    assert [each.target for each in findings] == ["edgetpu", "mcu"]
    assert "(-1, 8, 8, 3), is open, expected constants" in findings[0].reason


def test_the_tables_are_whole() -> None:
    for name in TARGETS:
        target = load_target(name)
        assert target.sources
        for kind, conditions in target.operators.items():
            assert set(conditions) <= set(CONDITIONS), kind
    assert all(kind.isupper() and text for kind, text in swaps().items())


def written(function: Callable[[Any], Any], *, quantized: bool) -> bytes:
    concrete = tf.function(function).get_concrete_function(tf.TensorSpec(SHAPE, tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    if quantized:
        rng = np.random.default_rng(0)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([rng.uniform(-1, 1, SHAPE).astype("f4")] for _ in range(4))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


@pytest.mark.parametrize(
    "function",
    [
        lambda x: tf.nn.conv2d(x, tf.ones((3, 3, 4, 4)), 1, "SAME"),
        tf.sigmoid,
        lambda x: tf.reduce_mean(x, [1, 2]),
        lambda x: tf.nn.max_pool2d(x, 2, 2, "SAME"),
        lambda x: x[:, 1:5, 1:5],
        lambda x: x[:, ::2, ::2],
        lambda x: tf.nn.avg_pool2d(x, 2, 2, "SAME"),
        lambda x: x * tf.nn.relu6(x + 3.0) * (1 / 6.0),
        tf.nn.relu,
        tf.nn.gelu,
        tf.nn.softmax,
    ],
)
def test_the_float_network_tells_whether_xnnpack_takes_its_int8_form(function: Callable[[Any], Any]) -> None:
    interpreter = find_runtime().module.Interpreter(model_content=written(function, quantized=True))
    interpreter.allocate_tensors()
    taken = any(each["op_name"] == "DELEGATE" for each in interpreter._get_ops_details())
    findings = lint(read_graph(written(function, quantized=False)), ["xnnpack"])
    assert (findings == []) == taken
