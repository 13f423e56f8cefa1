import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese_converter.tasks.siamese.fine_tuning import shipped_weights


def answer(arguments: list[object]) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def dataset(folder: Path, people: int, photos: int) -> Path:
    for seed in range(people):
        (folder / f"p{seed}").mkdir(parents=True)
        for number in range(photos):
            view = View.random(np.random.default_rng((seed, number)))
            image = render_portrait(Person.from_seed(3000 + seed), view).image
            cv2.imwrite(str(folder / f"p{seed}" / f"{number}.png"), image[..., ::-1])
    return folder


def test_fine_tuning_goes_all_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = dataset(tmp_path / "dataset", people=8, photos=4)
    assert answer(["train", "--data", data, "--out", tmp_path / "run", "--epochs", 1, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["parity"]["people"] == 2
    assert report["parity"]["auc_loss"] <= 0.002
    split = json.loads((tmp_path / "run" / "split.json").read_text())
    training, validation = ({entry["class"] for entry in split[side]} for side in ("training", "validation"))
    assert (len(training), len(validation)) == (6, 2)
    assert not training & validation
    assert "they also served as validation" in report["protocol"]
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000
    photos = [data / "p0" / name for name in ("0.png", "1.png")]
    model = tmp_path / "run" / "embedder.tflite"
    assert answer(["embed", data, "-o", tmp_path / "faces.npz", "--embedder", model]) == 0
    assert len(np.load(tmp_path / "faces.npz")["embeddings"]) >= 30
    # Two people cannot support a threshold, and the command says so instead of guessing one.
    assert answer(["verify", *photos, "--embedder", model]) == 2
    assert "no operating point" in capsys.readouterr().err


def test_too_few_people_end_with_a_sentence_and_no_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = dataset(tmp_path / "dataset", people=2, photos=2)
    assert answer(["train", "--data", data, "--out", tmp_path / "run"]) == 2
    assert "training needs at least 2 classes with 2 or more images" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_converting_something_else_than_weights_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "w.npz").write_bytes(b"nothing")
    assert answer(["convert", tmp_path / "w.npz", tmp_path, "-o", tmp_path / "m.tflite"]) == 2
    assert "expected saved weights" in capsys.readouterr().err
    assert not (tmp_path / "m.tflite").exists()


def test_the_detectors_weights_are_not_an_embedder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["convert", shipped_weights("detector"), tmp_path, "-o", tmp_path / "m.tflite"]) == 2
    assert "detector.npz: expected weights of an embedder, found those of {'table': 'wide'}" in capsys.readouterr().err


def test_a_teacher_folder_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["distill", tmp_path, "--out", tmp_path / "run"]) == 2
    assert "expected a teacher folder" in capsys.readouterr().err
