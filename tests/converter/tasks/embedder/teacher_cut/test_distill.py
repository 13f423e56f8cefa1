"""`distill` that begins from a teacher, from the file to the ReLU network."""

import csv
import gzip
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.rendering import Person, View, render_crop
from edge_siamese_converter.checkpoints import save_float16_weights
from edge_siamese_converter.networks.mobilefacenet import build_mobilefacenet
from edge_siamese_converter.recipes.schema import EmbedderRecipe
from edge_siamese_converter.tasks.embedder.run import distill
from edge_siamese_converter.tasks.siamese.fine_tuning import load_twin

RECIPE = {
    "task": "embedder",
    "batch_size": 8,
    "network": {
        "stem": 6, "hidden": [[6, 6], [12, 12], [16]], "streams": [6, 12, 12], "last": 16, "reduced": 6, "dimension": 8
    },
    "phases": [
        {"epochs": 1, "slope_share": [1.0, 0.5], "learning_rate": 1e-3},
        {"epochs": 1, "slope_share": [0.5, 0.0], "learning_rate": 1e-3, "ema_momentum": 0.5},
    ],
}  # fmt: skip


def write_folder(folder: Path, names: list[str], seed: int) -> Path:
    """A teacher folder of rendered people with random rows of 12 components."""
    folder.mkdir()
    with gzip.open(folder / "faces.csv.gz", "wt", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["index", "shard", "file", "source", "identity", "source_face_px"])
        writer.writerows([i, "faces-00.zip", f"{i}.png", "rendered", name, 50] for i, name in enumerate(names))
    rng = np.random.default_rng(seed)
    with zipfile.ZipFile(folder / "faces-00.zip", "w") as archive:
        for index in range(len(names)):
            crop = render_crop(Person.from_seed(seed + index), View.random(rng))
            archive.writestr(f"{index}.png", cv2.imencode(".png", crop[..., ::-1])[1].tobytes())
    np.save(folder / "teacher_int8.npy", rng.integers(-127, 128, (len(names), 12), np.int8))
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six crops of three people and ten of unknown ones; ten more in a second folder."""
    root = tmp_path_factory.mktemp("folders")
    known = write_folder(root / "known", [f"p{number // 2}" for number in range(6)] + [""] * 10, 100)
    return [known, write_folder(root / "unknown", [""] * 10, 200)]


def test_a_student_begins_as_the_teacher_and_ends_with_relu(
    folders: list[Path], teacher: Any, onnx_writer: Any, tmp_path: Path
) -> None:
    onnx_writer(teacher).write(tmp_path / "teacher.onnx")
    recipe = EmbedderRecipe.model_validate(RECIPE)
    network = distill(folders, tmp_path / "run", recipe, initial=tmp_path / "teacher.onnx")
    assert not any(layer.name.endswith("_prelu") for layer in network.layers)
    image = np.zeros((1, 112, 112, 3), np.float32)
    assert np.isfinite(np.asarray(network(image))).all()
    save_float16_weights(tmp_path / "weights.npz", network, recipe.network.model_dump())
    assert np.asarray(load_twin(tmp_path / "weights.npz")(image)) == pytest.approx(np.asarray(network(image)), abs=0.05)


def test_slopes_that_never_end_are_rejected(folders: list[Path], tmp_path: Path) -> None:
    recipe = EmbedderRecipe.model_validate(RECIPE | {"phases": [{"epochs": 1, "slope_share": [1.0, 0.5]}]})
    with pytest.raises(DataError, match=r"still count for 0\.5"):
        distill(folders, tmp_path / "run", recipe)


def test_other_beginnings_are_rejected(folders: list[Path], teacher: Any, onnx_writer: Any, tmp_path: Path) -> None:
    onnx_writer(teacher).write(tmp_path / "teacher.onnx")
    twin = EmbedderRecipe.model_validate({"task": "embedder", "network": {"dimension": 8}, "phases": [{"epochs": 1}]})
    with pytest.raises(DataError, match="only a MobileFaceNet can begin as a teacher"):
        distill(folders, tmp_path / "twin", twin, initial=tmp_path / "teacher.onnx")
    recipe = EmbedderRecipe.model_validate(RECIPE)
    other = recipe.network.model_copy(update={"stem": 4})
    save_float16_weights(tmp_path / "other.npz", build_mobilefacenet(_table(other)), other.model_dump())
    with pytest.raises(DataError, match="expected weights of MobileFaceNet"):
        distill(folders, tmp_path / "other", recipe, initial=tmp_path / "other.npz")


def _table(network: Any) -> Any:
    from edge_siamese_converter.networks.embedder import mobilefacenet_table

    return mobilefacenet_table(network.model_dump())
