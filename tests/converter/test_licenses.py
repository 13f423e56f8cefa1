from pathlib import Path

import keras
import pytest
from keras import layers

from edge_siamese.errors import DataError
from edge_siamese.models import default_model
from edge_siamese_converter.checkpoints import load_description, load_weights, save_float16_weights
from edge_siamese_converter.licenses import (
    UNSTATED,
    inherited,
    is_research_only,
    license_of_model,
    license_of_weights,
    require_use,
)
from edge_siamese_converter.tasks.siamese.fine_tuning import shipped_weights


@pytest.mark.parametrize(
    ("license", "only"),
    [
        ("research and evaluation use only: trained on research data", True),
        ("CC-BY-NC-4.0", True),
        ("CC BY-NC-SA 4.0", True),
        ("non-commercial", True),
        ("noncommercial use", True),
        ("academic use", True),
        ("Apache-2.0", False),
        ("CC-BY-4.0", False),
        ("MIT", False),
        ("proprietary: Example Ltd", False),
    ],
)
def test_licenses_for_research_only_are_recognized(license: str, only: bool) -> None:
    assert is_research_only(license) == only


def test_the_shipped_models_are_refused_for_commercial_use() -> None:
    terms = license_of_model(default_model("embedder"))
    require_use(terms, "research")
    with pytest.raises(DataError, match="license gate: the weights are for research only"):
        require_use(terms, "commercial")
    assert license_of_weights(shipped_weights("embedder")) == terms


@pytest.mark.parametrize("license", ["", UNSTATED])
def test_what_states_no_license_is_refused_for_commercial_use(license: str) -> None:
    with pytest.raises(DataError, match="the weights state no license; for --use commercial name it with --license"):
        require_use(license, "commercial")
    require_use(inherited(license, "Apache-2.0"), "commercial")


def test_a_restriction_cannot_be_talked_away() -> None:
    assert inherited("CC-BY-NC-4.0", None) == "CC-BY-NC-4.0"
    assert inherited("", None) == UNSTATED
    assert inherited("MIT", "Apache-2.0") == "Apache-2.0"
    with pytest.raises(DataError, match=r"carry the license 'CC-BY-NC-4\.0', which --license cannot replace"):
        inherited("CC-BY-NC-4.0", "Apache-2.0")


def test_weights_keep_their_license(tmp_path: Path) -> None:
    network = keras.Sequential([keras.Input((2,)), layers.Dense(3, name="dense")])
    save_float16_weights(tmp_path / "with.npz", network, {"width": 1}, license="CC-BY-NC-4.0")
    save_float16_weights(tmp_path / "without.npz", network, {})
    assert license_of_weights(tmp_path / "with.npz") == "CC-BY-NC-4.0"
    assert license_of_weights(tmp_path / "without.npz") == ""
    assert load_description(tmp_path / "with.npz") == {"width": 1}
    load_weights(tmp_path / "with.npz", network)
