import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.dataset_embeddings import DatasetEmbeddings, embed_dataset
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import ModelError
from edge_siamese.evaluation.baseline import Baseline, BaselineEmbeddings, open_baseline
from edge_siamese.evaluation.comparisons import compare_all
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.image_io import write_image
from edge_siamese.models import default_model
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese.tflite.model_card import read_model

Embedded = tuple[IdentityDataset, DatasetEmbeddings]


@pytest.fixture(scope="module")
def embedded_dataset(engine: FaceEngine, tmp_path_factory: pytest.TempPathFactory) -> Embedded:
    folder = tmp_path_factory.mktemp("dataset")
    for number, person in enumerate((7, 7, 8)):
        view = View.random(np.random.default_rng(number), difficulty=0.3)
        path = folder / f"p{person}" / f"{number}.png"
        write_image(path, render_portrait(Person.from_seed(person), view, background_seed=number).image)
    write_image(folder / "p8" / "wall.png", np.full((160, 160, 3), 128, np.uint8))
    dataset = IdentityDataset(folder)
    return dataset, embed_dataset(dataset, engine)


def plain(task: Any, folder: Path) -> Path:
    """A shipped network without its card."""
    path = folder / "plain.tflite"
    path.write_bytes(read_model(default_model(task)).network)
    return path


@pytest.mark.parametrize("carded", [True, False])
def test_the_same_network_gives_the_same_scores_with_and_without_its_card(
    embedded_dataset: Embedded, tmp_path: Path, carded: bool
) -> None:
    dataset, embedded = embedded_dataset
    baseline = open_baseline(default_model("embedder") if carded else plain("embedder", tmp_path))
    scores = baseline.embed(embedded, dataset).scores
    assert (compare_all(embedded, scores).scores == compare_all(embedded).scores).all()
    assert baseline.digest == embedded.embedder
    assert ("no card" in baseline.about) is not carded
    assert baseline.describe()["name"] == baseline.name


def test_a_zip_of_labels_behind_a_network_is_no_card(embedded_dataset: Embedded, tmp_path: Path) -> None:
    dataset, embedded = embedded_dataset
    path = plain("embedder", tmp_path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("labels.txt", "face")
    baseline = open_baseline(path)
    assert "no card" in baseline.about
    scores = baseline.embed(embedded, dataset).scores
    assert (compare_all(embedded, scores).scores == compare_all(embedded).scores).all()


class FloatNetwork:
    """The mean color of the crop, as float32 from a float32 input."""

    input_dtype = np.float32

    def run(self, image: np.ndarray) -> dict[str, np.ndarray]:
        assert image.dtype == np.float32
        assert image.shape == (1, 112, 112, 3)
        assert -1 <= image.min() < image.max() < 1
        return {"output": image.mean(axis=(1, 2))}


def test_a_float_network_gets_floats_and_gives_cosines(embedded_dataset: Embedded) -> None:
    dataset, embedded = embedded_dataset
    network: Any = FloatNetwork()
    vectors = Baseline("mean color", "ab", "float32 embeddings", network, 0).embed(embedded, dataset)
    assert vectors.vectors.shape == (4, 3)
    assert (vectors.vectors[~embedded.found] == 0).all()
    a, b = vectors.vectors[:2].astype(np.float64)
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert vectors.scores(np.array([0]), np.array([1]))[0, 0] / 32768 == pytest.approx(cosine, abs=1 / 32768)


def test_a_plain_file_sees_mirror_images_when_the_embedder_beside_it_does(embedded_dataset: Embedded) -> None:
    class LeftHalf(FloatNetwork):
        def run(self, image: np.ndarray) -> dict[str, np.ndarray]:
            return {"output": image[:, :, :56].mean(axis=(1, 2))}

    dataset, embedded = embedded_dataset
    network: Any = LeftHalf()
    whole: Any = FloatNetwork()
    both = Baseline("left", "ab", "", network, 0).embed(replace(embedded, average_flip=True), dataset).vectors
    one = (
        Baseline("left", "ab", "", network, 0, average_flip=False)
        .embed(replace(embedded, average_flip=True), dataset)
        .vectors
    )
    assert both == pytest.approx(Baseline("all", "ab", "", whole, 0).embed(embedded, dataset).vectors, abs=1e-5)
    assert not np.allclose(both, one, atol=1e-3)


def test_cosines_are_cut_to_the_scores_that_int8_has() -> None:
    vectors = BaselineEmbeddings(np.array([[1.0, 0], [-1, 0], [1, 1], [0, 0]], np.float32), 0)
    every = np.arange(4)
    assert vectors.scores(every, every)[0].tolist() == [32767, -32768, int(32768 / np.sqrt(2)), 0]


def write(content: bytes) -> Callable[[Path], Path]:
    def to(folder: Path) -> Path:
        (folder / "m.tflite").write_bytes(content)
        return folder / "m.tflite"

    return to


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (lambda folder: folder / "m.tflite", "there is no such model"),
        (write(b"nothing of the kind"), "not a model: expected a .tflite file, found 19 bytes of something else"),
        (write(b"\x1c\0\0\0TFL3" + bytes(100)), "cannot run the model"),
        (lambda folder: default_model("detector"), "for the task 'embedder', found one for 'detector'"),
        (lambda folder: plain("detector", folder), r"input of \(1, 112, 112, 3\) and one output, found \(1, "),
    ],
)
def test_what_cannot_be_compared_is_named(tmp_path: Path, file: Callable[[Path], Path], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        open_baseline(file(tmp_path))
