import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.errors import ModelError
from edge_siamese.models import default_model
from edge_siamese.tflite.flatbuffer import Table, metadata_buffer
from edge_siamese.tflite.model_card import METADATA_NAME, read_model
from edge_siamese.tflite.runtime import load_network
from edge_siamese_converter.export.model_file import with_contract
from edge_siamese_converter.tflite_edit import SharingBuilder, compact, read_model_object


@pytest.fixture(scope="module")
def network() -> bytes:
    return read_model(default_model("detector")).network


def test_the_compact_network_computes_the_same_bits_under_the_same_names(network: bytes) -> None:
    before, after = load_network(network, "reference"), load_network(compact(network), "reference")
    image = np.random.default_rng(0).integers(-128, 128, before.input_shape).astype(np.int8)
    first, second = before.run(image), after.run(image)
    assert list(first) == list(second)
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_the_contract_survives_and_is_not_doubled(network: bytes) -> None:
    smaller = with_contract(compact(network), "detector")
    assert len(smaller) < 1.01 * len(network)
    assert metadata_buffer(smaller, METADATA_NAME)
    assert len(list(Table.root(with_contract(compact(smaller), "detector")).tables(6))) == 1


def test_constants_are_aligned_to_sixteen_bytes(network: bytes) -> None:
    data = compact(network)
    starts = [buffer._elements(0, 1).start for buffer in Table.root(data).tables(4)]
    assert starts
    assert all(start % 16 == 0 for start in starts if start)


def test_equal_vectors_are_written_once() -> None:
    builder = SharingBuilder()
    first = builder.CreateNumpyVector(np.zeros(3, np.int64))
    assert builder.CreateNumpyVector(np.zeros(3, np.int64)) == first
    assert builder.CreateNumpyVector(np.zeros(4, np.int64)) != first
    assert builder.CreateNumpyVector(np.zeros(3, np.float64)) != first


@given(st.binary(max_size=200))
@settings(max_examples=50)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match=r"cannot be read as a \.tflite"):
        read_model_object(data)
