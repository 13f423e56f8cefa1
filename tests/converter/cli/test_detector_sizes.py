"""``convert --task detector --input-size``: one training, a model for every input size."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.detection import intersection_over_union
from edge_siamese.engine import FaceEngine
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese.tflite.model_card import read_card
from edge_siamese_converter.tasks.siamese.fine_tuning import shipped_weights

WEIGHTS = shipped_weights("detector")


def answer(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("images") / "images.zip"
    entries = []
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20):
            portrait = render_portrait(Person.from_seed(3900 + number), View(), background_seed=number)
            archive.writestr(f"images/{number}.png", cv2.imencode(".png", portrait.image[..., ::-1])[1].tobytes())
            face = {"box": portrait.boxes[0].tolist(), "landmarks": None}
            entries.append({"file": f"{number}.png", "split": "train", "source": "rendered", "faces": [face]})
        archive.writestr("annotations.json", json.dumps(entries))
    return path


def test_a_smaller_detector_finds_the_face_where_it_is(images: Path, tmp_path: Path) -> None:
    small = tmp_path / "detector128.tflite"
    assert answer("convert", WEIGHTS, images, "--task", "detector", "--input-size", 128, "-o", small) == 0
    assert read_card(small).input_size == (128, 128)
    portrait = render_portrait(Person.from_seed(3950), View(), size=(320, 240), face_height=140)
    with FaceEngine.open(detector=small) as engine:
        faces = engine.detect(portrait.image)
    assert faces
    assert intersection_over_union(portrait.boxes[0], np.array([face.box for face in faces])).max() > 0.5


def test_weights_of_an_embedder_are_not_a_detectors(
    images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = shipped_weights("embedder")
    assert answer("convert", weights, images, "--task", "detector", "-o", tmp_path / "m.tflite") == 2
    assert "expected weights of a detector with the table light or wide, found 'dense'" in capsys.readouterr().err
    assert not (tmp_path / "m.tflite").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--task", "detector", "--input-size", "200"), "expected a multiple of 32, found 200"),
        (("--task", "detector", "--input-size", "32"), "32 is not in the range"),
        (("--input-size", "128"), "--input-size is for --task detector"),
    ],
)
def test_other_sizes_are_rejected(
    images: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer("convert", WEIGHTS, images, *arguments, "-o", tmp_path / "m.tflite") == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "m.tflite").exists()
