"""``distill``, ``train-detector`` and ``convert`` from end to end on rendered data of a few images."""

import csv
import gzip
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.rendering import Person, View, render_crop, render_portrait
from edge_siamese.tflite.model_card import read_card
from edge_siamese_converter.checkpoints import (
    load_arrays,
    load_description,
    load_license,
    save_arrays,
    save_float16_weights,
)
from edge_siamese_converter.licenses import UNSTATED
from edge_siamese_converter.networks.mobilenetv3 import build_twin
from edge_siamese_converter.quantization.parity import ParityReport
from edge_siamese_converter.tasks.embedder.distillation import DistillationBatches, FaceSource


def answer(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher folder: four known people with three crops each, thirty crops of unknown people."""
    folder = tmp_path_factory.mktemp("faces")
    names = [f"p{index // 3}" for index in range(12)] + [""] * 30
    with gzip.open(folder / "faces.csv.gz", "wt", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["index", "shard", "file", "source", "identity", "source_face_px"])
        writer.writerows([i, "faces-00.zip", f"{i:05d}.png", "rendered", name, 50] for i, name in enumerate(names))
    with zipfile.ZipFile(folder / "faces-00.zip", "w") as archive:
        for index, name in enumerate(names):
            person = Person.from_seed(3800 + (index // 3 if name else index))
            crop = render_crop(person, View.random(np.random.default_rng(index)))
            archive.writestr(f"{index:05d}.png", cv2.imencode(".png", crop[..., ::-1])[1].tobytes())
    np.save(folder / "teacher_int8.npy", np.random.default_rng(0).integers(-127, 128, (42, 300), np.int8))
    return folder


@pytest.fixture(scope="module")
def detection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An annotated zip: twenty portraits and two images without a face."""
    path = tmp_path_factory.mktemp("detection") / "detection.zip"
    entries = []
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(22):
            portrait = render_portrait(Person.from_seed(3900 + number), View(), background_seed=number)
            empty = number >= 20
            image = np.full((200, 200, 3), 90, np.uint8) if empty else portrait.image
            archive.writestr(f"images/{number}.png", cv2.imencode(".png", image[..., ::-1])[1].tobytes())
            face = {"box": portrait.boxes[0].tolist(), "landmarks": portrait.landmarks[0].reshape(-1).tolist()}
            entry = {"file": f"{number}.png", "split": "train", "source": "rendered", "faces": [] if empty else [face]}
            entries.append(entry)
        archive.writestr("annotations.json", json.dumps(entries))
    return path


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "small.toml"
    path.write_text(
        "task = 'embedder'\nbatch_size = 16\n[network]\ntable = 'small'\nwidth = 0.5\n[faces]\nlabeled = true\n"
        "rendered_people = 2\nrendered_share = 0.1\n[[phases]]\nepochs = 1\n[[phases]]\nepochs = 1\ndecay = 1.0\n"
    )
    return path


def test_distilling_can_be_interrupted_and_goes_on(
    faces: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["distill", faces, "--out", tmp_path / "run", "--recipe", recipe, "--license", "research only"]
    assert answer(*run) == 0
    (tmp_path / "run" / "weights.npz").unlink()
    capsys.readouterr()
    assert answer(*run, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["schema"], report["license"]) == ("edge-siamese/distill/1", "research only")
    assert report["weights"] == str(tmp_path / "run" / "weights.npz")
    assert [Path(log).parent.name for log in report["logs"]] == ["phase1", "phase2"]
    capsys.readouterr()
    assert answer("curves", tmp_path / "run", "-o", tmp_path / "curves.svg", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["schema"], report["runs"]) == ("edge-siamese/curves/1", [str(tmp_path / "run")])
    assert load_license(tmp_path / "run" / "weights.npz") == "research only"
    for phase in ("phase1", "phase2"):
        header, line = (tmp_path / "run" / phase / "log.csv").read_text().splitlines()
        assert {"loss", "auc", "eer"} <= set(header.split(","))
        assert np.isfinite([float(value) for value in line.split(",")]).all()


def test_an_interrupted_run_ends_with_the_same_average(
    faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_siamese_converter.data.teacher.validation_people", lambda _: {"p0", "p1"})
    recipe = tmp_path / "averaged.toml"
    recipe.write_text(
        "task = 'embedder'\nbatch_size = 16\nwccn_shrinkage = 2.0\n[network]\ntable = 'small'\nwidth = 0.5\n"
        "[[phases]]\nepochs = 2\nema_momentum = 0.5\n[[phases]]\nepochs = 1\ndecay = 1.0\n"
    )
    run = ["distill", faces, "--out", tmp_path / "run", "--recipe", recipe]
    assert answer(*run) == 0
    whole = load_arrays(tmp_path / "run" / "weights.npz")
    (tmp_path / "run" / "weights.npz").unlink()
    shutil.rmtree(tmp_path / "run" / "phase2")  # as if it had been killed between the two
    assert answer(*run) == 0
    again = load_arrays(tmp_path / "run" / "weights.npz")
    for name in ("stem/kernel", "stem_bn/moving_mean", "embedding/kernel"):
        np.testing.assert_allclose(again[name], whole[name], rtol=2e-2, atol=2e-3)


def test_each_phase_has_its_share_of_mixtures(faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shares = []

    class Recorded(DistillationBatches):
        def __init__(self, *arguments: Any, beside: list[tuple[FaceSource, float]], **options: Any) -> None:
            shares.append([share for _, share in beside])
            super().__init__(*arguments, beside=beside, **options)

    monkeypatch.setattr("edge_siamese_converter.tasks.embedder.run.DistillationBatches", Recorded)
    recipe, run = tmp_path / "mixed.toml", tmp_path / "run"
    recipe.write_text(
        "task = 'embedder'\nbatch_size = 16\n[network]\ntable = 'small'\nwidth = 0.5\n[faces]\nmixtures = 20\n"
        "mixture_share = 0.5\n[[phases]]\nepochs = 1\n[[phases]]\nepochs = 1\nmixture_share = 0.25\n"
    )
    run.mkdir()
    answers = np.random.default_rng(0).normal(size=(20, 256)).astype(np.float16)
    save_arrays(run / "mixtures.npz", {"targets": answers})
    assert answer("distill", faces, "--out", run, "--recipe", recipe) == 0
    assert shares == [[0.5], [0.25]]


def test_a_narrow_network_begins_from_a_wide_ones_weights(
    faces: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wide, narrow, other = (tmp_path / name for name in ("wide.npz", "narrow.toml", "other.toml"))
    arguments = {"table": "dense", "width": 0.25}
    save_float16_weights(wide, build_twin(**arguments), arguments)
    narrow.write_text(recipe.read_text().replace("table = 'small'\nwidth = 0.5", "width = 0.125"))
    assert answer("distill", faces, "--out", tmp_path / "run", "--recipe", narrow, "--initial", wide) == 0
    assert load_description(tmp_path / "run" / "weights.npz")["width"] == 0.125
    other.write_text(narrow.read_text().replace("width = 0.125", "dimension = 64"))
    assert answer("distill", faces, "--out", tmp_path / "other", "--recipe", other, "--initial", wide) == 2
    assert "expected weights of Twin(table='dense', dimension=64" in capsys.readouterr().err


def test_normalizing_asks_for_people_with_two_crops_before_it_trains(
    faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, few = tmp_path / "recipe.toml", tmp_path / "few"
    recipe.write_text("task = 'embedder'\nwccn_shrinkage = 2.0\n[[phases]]\nepochs = 1\n")
    shutil.copytree(faces, few)
    table = gzip.decompress((few / "faces.csv.gz").read_bytes()).decode()
    # Of four people with several crops two are left, and both are kept back for validation.
    (few / "faces.csv.gz").write_bytes(gzip.compress(table.replace(",p2,", ",,").replace(",p3,", ",,").encode()))
    assert answer("distill", few, "--out", tmp_path / "run", "--recipe", recipe) == 2
    assert "wccn_shrinkage needs training people with two crops" in capsys.readouterr().err


def test_the_parity_gate_writes_nothing_it_rejects(
    faces: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answer("distill", faces, "--out", tmp_path / "run", "--recipe", recipe) == 0
    weights, model = tmp_path / "run" / "weights.npz", tmp_path / "model.tflite"
    monkeypatch.setattr(ParityReport, "is_chance", False)
    monkeypatch.setattr(ParityReport, "auc_loss", 0.1)
    assert answer("convert", weights, faces, "-o", model) == 1
    assert "parity gate: int8 loses" in capsys.readouterr().err
    assert not model.exists()


def test_a_detector_is_trained_and_converted(
    detection: Path, faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "short.toml"
    recipe.write_text(
        "task = 'detector'\nbatch_size = 4\nbatches = 1\nsample_size = 96\nrendered_scenes = 2\n[[phases]]\nepochs = 1\n"
    )
    assert (
        answer(
            "train-detector", detection, "--crops", faces, "--portraits", detection, "--out", tmp_path / "run",
            "--recipe", recipe, "--json",
        )
        == 0
    )  # fmt: skip
    report = json.loads(capsys.readouterr().out)
    assert (report["schema"], report["weights"]) == (
        "edge-siamese/train-detector/1", str(tmp_path / "run" / "weights.npz"),
    )  # fmt: skip
    weights, model = tmp_path / "run" / "weights.npz", tmp_path / "detector.tflite"
    assert load_license(weights) == UNSTATED
    assert load_description(weights) == {"table": "light"}
    assert answer("convert", weights, detection, "--task", "detector", "-o", model, "--name", "tiny run") == 0
    card = read_card(model)
    assert (card.task, card.name, card.input_size) == ("detector", "tiny run", (320, 320))


def annotated_zip(path: Path, images: list[tuple[bytes, str, int]]) -> Path:
    """Annotated images: the bytes, the split and the number of faces of each."""
    entries = []
    with zipfile.ZipFile(path, "w") as archive:
        for number, (content, split, faces) in enumerate(images):
            archive.writestr(f"images/{number}.png", content)
            boxes = [{"box": [20, 20, 40, 50], "landmarks": None}] * faces
            entries.append({"file": f"{number}.png", "split": split, "source": "test", "faces": boxes})
        archive.writestr("annotations.json", json.dumps(entries))
    return path


PNG = cv2.imencode(".png", np.full((100, 100, 3), 90, np.uint8))[1].tobytes()


@pytest.mark.parametrize(
    ("images", "portraits", "sentence"),
    [
        ([(PNG, "train", 1)], None, "with faces and images without one in the split train, found 1 and 0"),
        ([(PNG, "dev", 1), (PNG, "train", 0)], None, "in the split train, found 0 and 1"),
        (None, [(PNG, "dev", 1)], "portraits.zip: expected images in the split train, found none"),
        (None, [(b"no image", "train", 1)], "portraits.zip: images/0.png: not a JPEG"),
    ],
)
def test_images_that_a_detector_cannot_be_trained_on_are_named(
    detection: Path, faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    images: list[tuple[bytes, str, int]] | None, portraits: list[tuple[bytes, str, int]] | None, sentence: str,
) -> None:  # fmt: skip
    recipe = tmp_path / "short.toml"
    recipe.write_text(
        "task = 'detector'\nbatch_size = 16\nbatches = 1\nsample_size = 96\nrendered_scenes = 2\n[[phases]]\nepochs = 1\n"
    )
    data = annotated_zip(tmp_path / "data.zip", images) if images else detection
    more = ["--portraits", annotated_zip(tmp_path / "portraits.zip", portraits)] if portraits else []
    run = tmp_path / "run"
    assert answer("train-detector", data, "--crops", faces, *more, "--out", run, "--recipe", recipe) == 2
    assert sentence in capsys.readouterr().err
    assert not (run / "weights.npz").exists()
