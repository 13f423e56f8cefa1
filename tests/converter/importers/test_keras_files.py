from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from edge_siamese.errors import DataError
from edge_siamese.tflite.runtime import load_network
from edge_siamese_converter.importers import KerasNetwork, PixelInput, load_any
from edge_siamese_converter.networks.layers import conv_bn
from edge_siamese_converter.quantization.formats import convert_static, static_batch

Make = Callable[..., Any]
UNIT = PixelInput.of_affine(1 / 255, 0.0)


@pytest.mark.parametrize("name", ["network.keras", "network.h5"])
def test_it_computes_from_pixels_what_the_original_computes_from_its_input(
    name: str, make_network: Make, images: np.ndarray, tmp_path: Path
) -> None:
    original = make_network()
    original.save(tmp_path / name)
    network = load_any(tmp_path / name, pixels=UNIT)
    assert isinstance(network, KerasNetwork)
    assert (network.source, network.input_shape) == ("keras", (32, 32, 3))
    assert network.embed(images) == pytest.approx(original.predict_on_batch(images / np.float32(255)), abs=1e-5)


def test_means_for_each_channel_and_bgr_are_part_of_the_network(
    make_network: Make, images: np.ndarray, tmp_path: Path
) -> None:
    original = make_network()
    original.save(tmp_path / "n.keras")
    mean, std = (103.5, 116.3, 123.7), (57.4, 57.1, 58.4)
    network = load_any(tmp_path / "n.keras", pixels=PixelInput(mean, std, bgr=True))
    expected = original.predict_on_batch(((images[..., ::-1] - np.array(mean)) / std).astype("f4"))
    assert network.embed(images) == pytest.approx(expected, abs=1e-4)


def test_an_open_size_is_closed(make_network: Make, tmp_path: Path) -> None:
    make_network((None, None, 1)).save(tmp_path / "n.keras")
    assert load_any(tmp_path / "n.keras", input_size=40).input_shape == (40, 40, 1)
    with pytest.raises(DataError, match="the network has no fixed input size; set it with --input-size"):
        load_any(tmp_path / "n.keras")


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_what_was_trained_in_half_precision_is_written_as_int8(
    policy: str, make_network: Make, images: np.ndarray, tmp_path: Path
) -> None:
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        original = make_network()
    finally:
        keras.config.set_dtype_policy(usual)
    original.save(tmp_path / "n.keras")
    network = load_any(tmp_path / "n.keras", pixels=UNIT)
    assert isinstance(network, KerasNetwork)
    assert {layer.compute_dtype for layer in network.network.layers} == {"float32"}
    int8 = load_network(convert_static(static_batch(original, (32, 32, 3)), "int8", images / np.float32(255)))
    assert int8.input_shape == (1, 32, 32, 3)


def test_layers_of_this_project_are_known(tmp_path: Path) -> None:
    image = keras.Input((16, 16, 3))
    x = conv_bn(image, 4, 3, 2, "relu", name="stem")
    keras.Model(image, layers.Flatten()(x)).save(tmp_path / "n.keras")
    assert load_any(tmp_path / "n.keras").input_shape == (16, 16, 3)


class Doubled(layers.Layer):  # type: ignore[misc]
    def call(self, inputs: Any) -> Any:
        return inputs * 2.0


def saved(path: Path, *stack: Any, shape: tuple[int, int, int] = (16, 16, 3)) -> Path:
    keras.Sequential([keras.Input(shape), *stack]).save(path)
    return path


@pytest.mark.parametrize(
    ("stack", "sentence"),
    [
        (
            [Doubled(), layers.Flatten()],
            "uses 'Doubled', which is not part of Keras; export it where it is defined as a SavedModel",
        ),
        ([layers.Lambda(lambda x: x * 2), layers.Flatten()], "has a Lambda layer, whose code is not run"),
        ([layers.Conv2D(4, 3)], r"expected one embedding \(1, D\) as output, found shape \(None, 14, 14, 4\)"),
    ],
)
def test_what_cannot_be_rebuilt_or_embedded_is_rejected(stack: list[Any], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=sentence):
        load_any(saved(tmp_path / "n.keras", *stack))


def test_channels_first_is_rejected_with_the_way_out(tmp_path: Path) -> None:
    path = saved(tmp_path / "n.keras", layers.Flatten(data_format="channels_first"), shape=(3, 16, 16))
    with pytest.raises(DataError, match="build it with data_format='channels_last'"):
        load_any(path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "n.keras").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"n\.keras: cannot be read as a Keras network"):
        load_any(tmp_path / "n.keras")
