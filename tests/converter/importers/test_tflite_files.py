from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from edge_siamese.embedding import unit_rows
from edge_siamese.errors import DataError, ModelError
from edge_siamese.models import default_model
from edge_siamese.tflite.graph import read_graph
from edge_siamese.tflite.model_card import read_model
from edge_siamese_converter.embeddings import embed_model
from edge_siamese_converter.export.model_file import export_plain
from edge_siamese_converter.importers import GraphNetwork, PixelInput, load_any
from edge_siamese_converter.quantization.formats import as_float, convert_static, static_batch

Make = Callable[..., Any]
UNIT = PixelInput.of_affine(1 / 255, 0.0)


@pytest.fixture(scope="module")
def original(make_network: Make) -> Any:
    return make_network()


@pytest.fixture(scope="module")
def tflite(original: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tflite") / "network.tflite"
    export_plain(path, as_float(original), name="small", license="CC-BY-NC-4.0")
    return path


def test_a_float_tflite_takes_the_devices_pixels(original: Any, tflite: Path, images: np.ndarray) -> None:
    network = load_any(tflite, pixels=UNIT)
    assert isinstance(network, GraphNetwork)
    assert (network.source, network.input_shape, network.license) == ("tflite", (32, 32, 3), "CC-BY-NC-4.0")
    assert network.embed(images) == pytest.approx(original.predict_on_batch(images / np.float32(255)), abs=1e-5)


def channels_first(original: Any, turns_back: bool, path: Path) -> Path:
    """A .tflite that takes ``(1, 3, 32, 32)``, turned back by its first operator, or added up as it is."""
    image = keras.Input((3, 32, 32))
    back = ops.transpose(image, (0, 2, 3, 1))
    result = original(back) if turns_back else ops.mean(ops.abs(image - 0.5), axis=(2, 3))
    path.write_bytes(as_float(keras.Model(image, result)))
    return path


@pytest.mark.parametrize("turns_back", [True, False])
def test_channels_first_becomes_channels_last(
    turns_back: bool, original: Any, images: np.ndarray, tmp_path: Path
) -> None:
    network = load_any(channels_first(original, turns_back, tmp_path / "n.tflite"), pixels=UNIT)
    assert isinstance(network, GraphNetwork)
    kinds = [operator.kind for operator in read_graph(network.graph).operators]
    assert kinds.count("TRANSPOSE") == (0 if turns_back else 1)
    values = images / np.float32(255)
    expected = original.predict_on_batch(values) if turns_back else np.abs(values - 0.5).mean(axis=(1, 2))
    assert network.embed(images) == pytest.approx(expected, abs=1e-5)


def test_a_quantized_network_is_rejected(original: Any, tmp_path: Path) -> None:
    (tmp_path / "shipped.tflite").write_bytes(read_model(default_model("embedder")).network)
    (tmp_path / "dynamic.tflite").write_bytes(convert_static(static_batch(wide(), (32, 32, 3)), "dynamic"))
    for name in ("shipped.tflite", "dynamic.tflite"):
        with pytest.raises(DataError, match="expected a float32 network, found one that is quantized already"):
            load_any(tmp_path / name)


def wide() -> Any:
    return keras.Sequential([keras.Input((32, 32, 3)), layers.Flatten(), layers.Dense(16)])


def test_something_else_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "n.tflite").write_bytes(b"no model at all")
    with pytest.raises(ModelError, match=r"not a model: expected a \.tflite file, found \d+ bytes"):
        load_any(tmp_path / "n.tflite")
    (tmp_path / "n.tflite").write_bytes(b"\x08\x00\x00\x00TFL3" + bytes(40))
    with pytest.raises(DataError):
        load_any(tmp_path / "n.tflite")


@pytest.mark.parametrize(
    ("format", "cosine"), [("int8", 0.99), ("float", 0.999999), ("float16", 0.9999), ("dynamic", 0.99), ("16x8", 0.999)]
)
def test_a_graph_is_written_in_every_format(format: Any, cosine: float, tflite: Path, images: np.ndarray) -> None:
    pytest.importorskip("ai_edge_quantizer", reason="graphs are quantized by ai-edge-quantizer (the extra 'import')")
    network = load_any(tflite, pixels=UNIT)
    model = network.convert(format, images)
    ends = {tensor.dtype for tensor in (*read_graph(model).inputs, *read_graph(model).outputs)}
    assert ends == {"INT8" if format == "int8" else "FLOAT32"}
    cosines = np.sum(unit_rows(embed_model(model, images)) * unit_rows(network.embed(images)), axis=1)
    assert cosines.min() > cosine


def test_an_int8_graph_takes_pixels_with_their_top_bit_flipped(tflite: Path, images: np.ndarray) -> None:
    pytest.importorskip("ai_edge_quantizer", reason="graphs are quantized by ai-edge-quantizer (the extra 'import')")
    from edge_siamese.tflite.runtime import load_network

    assert load_network(load_any(tflite, pixels=UNIT).convert("int8", images)).input_scale == (1 / 128, 0)
