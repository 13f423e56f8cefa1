import json

from edge_siamese.models import default_model
from edge_siamese.tflite.flatbuffer import Table, metadata_buffer, output_indices
from edge_siamese.tflite.model_card import METADATA_NAME, read_model


def test_the_contract_is_in_the_models_own_metadata() -> None:
    buffer = metadata_buffer(read_model(default_model("embedder")).network, METADATA_NAME)
    assert buffer is not None
    assert json.loads(Table.root(buffer).string(1))["alignment"] == "arcface-112"


def test_unknown_metadata_is_none() -> None:
    assert metadata_buffer(read_model(default_model("embedder")).network, "NOT_THERE") is None


def test_outputs_have_the_names_they_were_exported_with() -> None:
    names = output_indices(read_model(default_model("detector")).network)
    assert {"score8", "box16", "landmark32"} <= set(names)
    assert len(set(names.values())) == 9
