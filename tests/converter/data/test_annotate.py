import os
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.detection import intersection_over_union
from edge_siamese.errors import DataError
from edge_siamese.evaluation.annotations import AnnotatedSet
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.image_io import write_image
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese_converter.data.annotate import annotate

DATA = os.environ.get("EDGE_SIAMESE_DATA")


class Squares:
    """Sees a face in every bright square; the square's brightness divided by 255 is the score."""

    def detect(self, image: RGB) -> list[Face]:
        count, labels, found, _ = cv2.connectedComponentsWithStats((image[..., 0] > 90).astype(np.uint8))
        faces = []
        for label in range(1, count):
            box = np.array(found[label][:4], np.float32)
            level = float(np.median(image[labels == label]))
            faces.append(Face(box, box[:2] + box[2:] * np.full((5, 2), 0.5, np.float32), level / 255))
        return faces


def squares(*places: tuple[int, int, int]) -> RGB:
    """A dark image of 200 x 160 pixels with squares of 40 pixels at x, y of a brightness."""
    image = np.full((160, 200, 3), 20, np.uint8)
    for x, y, level in places:
        image[y : y + 40, x : x + 40] = level
    return image


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    write_image(folder / "a" / "sure.png", squares((20, 30, 230)))
    write_image(folder / "a" / "both.png", squares((20, 30, 230), (120, 90, 110)))
    write_image(folder / "b" / "unsure.png", squares((120, 90, 110)))
    write_image(folder / "b" / "nobody.png", squares())
    (folder / "b" / "broken.png").write_bytes(b"no image")
    return folder


def test_sure_faces_are_annotated_and_unsure_ones_painted_over(images: Path, tmp_path: Path) -> None:
    result = annotate(images, Squares(), tmp_path / "portraits.zip")
    assert (result.images, result.faces) == (2, 2)
    assert set(result.left_out) == {"b/unsure.png", "b/nobody.png", "b/broken.png"}
    with AnnotatedSet(tmp_path / "portraits.zip") as annotated:
        both, sure = annotated.images("train")
    assert (both.source, sure.source) == ("both.png", "sure.png")
    for image in (both, sure):
        assert image.boxes[0] == pytest.approx((20, 30, 40, 40), abs=1)
        assert image.landmarks[0] == pytest.approx(np.tile((40, 50), (5, 1)), abs=1)
    assert both.image[95:125, 125:155] == pytest.approx(128, abs=4)
    assert sure.image[95:125, 125:155].max() < 40


def test_larger_images_are_reduced_with_their_boxes(images: Path, tmp_path: Path) -> None:
    annotate(images, Squares(), tmp_path / "small.zip", longest_side=100)
    with AnnotatedSet(tmp_path / "small.zip") as annotated:
        sure = annotated.in_split("train")[1]
    assert sure.image.shape == (80, 100, 3)
    assert sure.boxes[0] == pytest.approx((10, 15, 20, 20), abs=1)


def test_without_a_face_nothing_is_written(images: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected images of faces, found none with a face"):
        annotate(images / "b", Squares(), tmp_path / "none.zip")
    assert not (tmp_path / "none.zip").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-o", "out.tar"), "expected a name that ends with .zip"),
        (("-o", "out.zip", "--yunet", "missing.onnx"), "expected the ONNX file of YuNet, found nothing there"),
        (("-o", "out.zip", "--yunet", "{images}/b/broken.png"), "OpenCV cannot run it as YuNet"),
    ],
)
def test_wrong_input_is_named(
    images: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    given = [argument.format(images=images) for argument in arguments]
    with pytest.raises(SystemExit) as ended:
        main(["data", "annotate", str(images), "--yunet", "missing.onnx", *given])
    assert ended.value.code in {1, 2}
    assert sentence in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.glob("out.*"))


@pytest.mark.skipif(not DATA, reason="needs EDGE_SIAMESE_DATA with peers/yunet_n_320_320.onnx")
def test_yunet_finds_a_rendered_face(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    portrait = render_portrait(Person.from_seed(2), View(), size=(240, 240), face_height=150)
    write_image(tmp_path / "images" / "face.png", portrait.image)
    network, output = Path(str(DATA)) / "peers" / "yunet_n_320_320.onnx", tmp_path / "portraits.zip"
    with pytest.raises(SystemExit) as ended:
        main(["data", "annotate", str(tmp_path / "images"), "--yunet", str(network), "-o", str(output)])
    assert not ended.value.code
    assert f"{output}: 1 images, 1 faces, 0 images left out" in capsys.readouterr().out
    with AnnotatedSet(output) as annotated:
        (found,) = annotated.images("train")
    assert intersection_over_union(portrait.boxes[0], found.boxes).max() > 0.5
    assert "images/000000.jpg" in zipfile.ZipFile(output).namelist()
