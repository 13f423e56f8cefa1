"""Words of the command line become things to count, or one sentence that says what was expected."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.errors import DataError, EdgeSiameseError, ModelError
from edge_siamese_benchmarks.arm.subjects import Image, resolve


def test_without_words_all_that_ships_and_the_pipeline() -> None:
    names = [counted.name for counted in resolve([])]
    assert names[-1] == "pipeline embedder + detector"
    assert {"detector", "embedder", "embedder-small"} <= set(names)


def test_shipped_models_and_files(small_model: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mine.tflite"
    shutil.copy(small_model, copy)
    shipped, mine = resolve(["embedder-small", str(copy)])
    assert (shipped.name, mine.name) == ("embedder-small", "mine.tflite")
    assert shipped.macs == mine.macs > 15_000_000


def test_flip_averaging_is_reported() -> None:
    embedder, small = resolve(["embedder", "embedder-small"])
    assert embedder.mirrored
    assert not small.mirrored


def test_the_same_thing_twice_is_counted_once() -> None:
    assert len(resolve(["detector", "detector"])) == 1


def test_a_pipeline_of_other_models() -> None:
    (counted,) = resolve(["pipeline:embedder-small+detector-small"])
    assert counted.name == "pipeline embedder-small + detector-small"
    assert counted.item["detector"].endswith("detector-small.tflite")
    job = counted.job(Path("/image.npz"))
    assert (job["name"], job["image"], job["kind"]) == (counted.name, "/image.npz", "analyze")


@pytest.mark.parametrize("word", ["pipeline:", "pipeline:embedder", "pipeline:+detector", "pipeline:embedder+"])
def test_half_a_pipeline_is_rejected(word: str) -> None:
    with pytest.raises(DataError, match=r"expected pipeline:EMBEDDER\+DETECTOR"):
        resolve([word])


@pytest.mark.parametrize("word", ["nothing", "none.tflite", "pipeline:embedder+none", ""])
def test_a_missing_model_names_what_ships(word: str) -> None:
    with pytest.raises(DataError, match=r"shipped are .*embedder-small") as caught:
        resolve([word])
    assert caught.value.exit_code == 2


def test_a_foreign_file_is_rejected(tmp_path: Path) -> None:
    foreign = tmp_path / "notes.txt"
    foreign.write_text("these are not the weights")
    with pytest.raises(ModelError, match=r"notes\.txt: .*expected a \.tflite"):
        resolve([str(foreign)])


@pytest.mark.parametrize(
    ("environment", "found"), [({}, "it unset"), ({"EDGE_SIAMESE_DATA": "/none"}, "no folder /none")]
)
def test_peers_need_their_folder(environment: dict[str, str], found: str) -> None:
    with pytest.raises(DataError, match=f"EDGE_SIAMESE_DATA.*found {found}"):
        resolve(["peers"], environment)


def test_an_empty_folder_of_peers_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "peers").mkdir()
    with pytest.raises(DataError, match="found neither"):
        resolve(["peers"], {"EDGE_SIAMESE_DATA": str(tmp_path)})


@pytest.mark.data
def test_peers_of_the_real_data(data: Path) -> None:
    names = [counted.name for counted in resolve(["peers"], {"EDGE_SIAMESE_DATA": str(data)})]
    assert "mobilefacenet_int8.tflite" in names
    assert "yunet 320x240 + align + mobilefacenet_int8" in names


def test_the_rendered_image_has_its_size() -> None:
    image = Image.rendered(320, 240)
    assert (image.pixels.shape, image.landmarks.shape) == ((240, 320, 3), (5, 2))


def test_an_own_image_is_scaled(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), np.full((100, 100, 3), 90, np.uint8))
    image = Image.read(path, 160, 120)
    assert image.pixels.shape == (120, 160, 3)
    assert image.title == "photo.png, 160 x 120"
    with pytest.raises(EdgeSiameseError, match=r"none\.png"):
        Image.read(tmp_path / "none.png", 160, 120)


def test_a_search_is_counted_by_its_number_of_templates() -> None:
    (counted,) = resolve(["search:1000"])
    assert counted.name == "search of 1,000 templates"
    assert counted.job(Path("image.npz"))["templates"] == 1000


def test_a_loop_is_counted_by_its_number_of_frames() -> None:
    (counted,) = resolve(["loop:8"])
    assert counted.name == "loop of 8 frames"
    assert counted.job(Path("image.npz"))["frames"] == 8


@pytest.mark.parametrize("word", ["loop:", "loop:0", "loop:many", "loop:10001"])
def test_a_loop_of_no_number_is_rejected(word: str) -> None:
    with pytest.raises(DataError, match="expected loop:FRAMES with 1 to 10,000 frames"):
        resolve([word])


@pytest.mark.parametrize("word", ["search:", "search:0", "search:many", "search:1000001", "search:-5"])
def test_a_search_of_no_number_is_rejected(word: str) -> None:
    with pytest.raises(DataError, match="expected search:TEMPLATES with 1 to 1,000,000 templates"):
        resolve([word])
