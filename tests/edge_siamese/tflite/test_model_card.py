from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_siamese.errors import ModelError
from edge_siamese.models import default_model, named_model, shipped_models
from edge_siamese.tflite.model_card import read_card, read_model

MODEL = default_model("embedder").read_bytes()


def written(folder: Path, data: bytes) -> Path:
    path = folder / "model.tflite"
    path.write_bytes(data)
    return path


def test_the_shipped_models_say_what_they_are() -> None:
    embedder, detector = read_card(default_model("embedder")), read_card(default_model("detector"))
    assert (embedder.task, embedder.input_size, embedder.dimension) == ("embedder", (112, 112), 256)
    assert embedder.alignment == "arcface-112"
    assert [point.target_fmr for point in embedder.operating_points] == sorted(
        (point.target_fmr for point in embedder.operating_points), reverse=True
    )
    assert (detector.task, detector.dimension) == ("detector", 0)
    for card in (embedder, detector):
        assert len(card.digest) == 64
        assert "research" in card.license.lower()
        assert card.goldens


def test_the_shipped_models_keep_to_their_size() -> None:
    maximum = {
        "embedder": 1_500_000,
        "embedder-small": 1_500_000,
        "embedder-tiny": 400_000,
        "detector": 300_000,
        "detector-small": 300_000,
    }
    sizes = {path.stem: path.stat().st_size for path in shipped_models()}
    assert sizes.keys() == maximum.keys()
    assert {name for name, size in sizes.items() if size > maximum[name]} == set()
    assert sum(sizes.values()) <= 4_500_000


def test_the_small_detector_sees_less_of_a_image() -> None:
    assert read_card(named_model("detector-small")).input_size < read_card(default_model("detector")).input_size


def test_a_model_for_another_task_is_refused() -> None:
    with pytest.raises(ModelError, match="expected a model for the task 'detector', found one for 'embedder'"):
        read_model(default_model("embedder"), "detector")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not a model: expected a .tflite file, found nothing, the file is empty"),
        (b"PK\3\4 something else", "not a model: expected a .tflite file, found a ZIP archive"),
        (b"ESG1" + bytes(60), "not a model: expected a .tflite file, found a gallery"),
        (b"<!doctype html>", "found text, such as the page of a failed download"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer, not the file itself"),
        (MODEL[: len(MODEL) // 2], "truncated"),
        (MODEL[:-1000], "truncated"),
        (MODEL[:64], "truncated"),
    ],
)
def test_what_is_not_a_whole_model_is_refused(tmp_path: Path, data: bytes, sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        read_model(written(tmp_path, data))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.tflite: there is no such model$"):
        read_model(tmp_path / "absent.tflite")
    with pytest.raises(ModelError, match=r"not a model: expected a \.tflite file, found a folder"):
        read_model(tmp_path)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("embeder-small", r"did you mean 'embedder-small'\?"),
        ("detectr.tflite", r"did you mean 'detector'\?"),
        ("facenet", "the models that ship are .*embedder-small"),
    ],
)
def test_a_misspelt_name_gets_advice(name: str, advice: str) -> None:
    with pytest.raises(ModelError, match=f"{name}: there is no such model; {advice}"):
        read_model(Path(name))


def test_a_network_of_other_origin_is_told_from_damage(tmp_path: Path) -> None:
    foreign = read_model(default_model("embedder")).network.replace(b"edge_siamese", b"somebodyelse")
    with pytest.raises(ModelError, match=r"of other origin, without a card: 'edge-siamese convert' makes a model"):
        read_model(written(tmp_path, foreign))


def test_model_errors_end_commands_as_gallery_errors_do() -> None:
    assert ModelError.exit_code == 2


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, len(MODEL) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_is_damage_or_leaves_the_model_as_it_was(tmp_path: Path, position: int, bit: int) -> None:
    """The network is covered by its digest and the ZIP's members by their CRCs; only ZIP padding is free."""
    data = bytearray(MODEL)
    data[position] ^= 1 << bit
    try:
        model = read_model(written(tmp_path, bytes(data)))
    except ModelError:
        return
    assert model.card.digest == read_card(default_model("embedder")).digest
