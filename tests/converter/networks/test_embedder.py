import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.networks.embedder import build_embedder

TABLE = {"stem": 8, "hidden": [[8], [16]], "streams": [8, 16], "last": 16, "reduced": 8, "dimension": 12}


def test_a_description_from_json_builds_its_network() -> None:
    assert build_embedder(TABLE).output_shape == (None, 12)
    assert any(layer.name == "stem_prelu" for layer in build_embedder(TABLE, activation="prelu").layers)
    assert build_embedder({"table": "small", "dimension": 16, "width": 0.25}).output_shape == (None, 16)


@pytest.mark.parametrize("description", [TABLE | {"depth": 3}, {"tables": "small"}])
def test_a_description_of_neither_is_rejected(description: dict[str, object]) -> None:
    with pytest.raises(DataError, match="expected the description of an embedder"):
        build_embedder(description)
