from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese_benchmarks.accuracy.scale_sweep import face_heights, place_face, sweep

BOX = np.array((60, 40, 48, 60), np.float32)
FRAME = (160, 120)


def photo() -> RGB:
    """Dark, with a white box where the face is."""
    image = np.full((150, 200, 3), 10, np.uint8)
    image[40:100, 60:108] = 250
    return image


class WhiteBox:
    """Finds the white box where it is at least so high, and is off by a share of its height."""

    threshold = 0.5

    def __init__(self, name: str, minimum: float, off: float = 0.0) -> None:
        self.name, self.minimum, self.off = name, minimum, off

    def detect(self, image: RGB) -> list[Face]:
        x, y, width, height = cv2.boundingRect((image[..., 0] > 190).astype(np.uint8))
        if height < max(self.minimum, 1):
            return []
        box = np.array((x - 0.5 + self.off * height, y - 0.5, width, height), np.float32)
        return [Face(box, np.zeros((5, 2), np.float32), 0.9)]


@pytest.fixture
def dataset(tmp_path: Path) -> IdentityDataset:
    (tmp_path / "Ada").mkdir()
    for name, image in (("0", photo()), ("1", photo()[:, ::-1]), ("dark", photo() // 8)):
        cv2.imwrite(str(tmp_path / "Ada" / f"{name}.png"), image)
    (tmp_path / "Ada" / "broken.png").write_bytes(b"no image")
    return IdentityDataset(tmp_path)


def test_heights_go_up_to_nine_tenths_of_the_short_side() -> None:
    assert face_heights((320, 240)) == [12, 16, 24, 32, 48, 64, 96, 128, 192, 216]
    assert face_heights((60, 90)) == [12, 16, 24, 32, 48, 54]


@pytest.mark.parametrize("height", [12, 24, 60, 90, 108])
@pytest.mark.parametrize("place", [(0.0, 0.0), (0.5, 0.3), (1.0, 1.0)])
def test_the_face_lies_where_the_box_says_with_the_height_asked_for(height: int, place: tuple[float, float]) -> None:
    shown, box = place_face(photo(), BOX - (0.5, 0.5, 0, 0), height, FRAME, place)
    assert shown.shape == (120, 160, 3)
    assert box[3] == pytest.approx(height, abs=0.6)
    low, high = box[:2], box[:2] + box[2:]
    assert (low >= -1.1).all()  # whole pixels, counted from the center of the first
    assert (high <= np.array(FRAME) + 0.1).all()
    assert cv2.boundingRect((shown[..., 0] > 190).astype(np.uint8)) == pytest.approx(
        (low[0] + 0.5, low[1] + 0.5, box[2], box[3]), abs=1.5
    )


def test_what_lies_beyond_the_photo_is_gray() -> None:
    shown, _ = place_face(photo(), BOX, 12, FRAME, (1.0, 1.0))
    assert (shown[0, 0] == 128).all()


def test_every_detector_is_asked_about_every_size(dataset: IdentityDataset) -> None:
    own, peer = WhiteBox("own", 30), WhiteBox("peer", 0)
    result = sweep(dataset, peer, [own, peer], FRAME)
    assert result.photos == ["Ada/0.png", "Ada/1.png"]
    assert "Ada/broken.png" in result.left_out
    report = result.to_json()
    assert (report["reference"], report["photos"], report["frame"]) == ("peer", 2, [160, 120])
    ours, theirs = report["detectors"]
    assert [size["height"] for size in ours["by_size"]] == [12, 16, 24, 32, 48, 64, 96, 108]
    assert [size["rate"] for size in ours["by_size"]] == [0, 0, 0, 1, 1, 1, 1, 1]
    assert [size["rate"] for size in theirs["by_size"]] == [1] * 8
    assert ours["by_size"][0]["missed"] == ["Ada/0.png", "Ada/1.png"]
    assert result.text().splitlines()[1].split() == ["face", "height", "own", "at", "0.50", "peer", "at", "0.50"]


def test_a_box_beside_the_face_is_not_found(dataset: IdentityDataset) -> None:
    result = sweep(dataset, WhiteBox("right", 0), [WhiteBox("beside", 0, off=0.5)], FRAME)
    assert not result.found.any()


def test_the_places_are_the_same_every_time(dataset: IdentityDataset) -> None:
    class Recording(WhiteBox):
        def __init__(self) -> None:
            super().__init__("recording", 0)
            self.boxes: list[list[float]] = []

        def detect(self, image: RGB) -> list[Face]:
            faces = super().detect(image)
            self.boxes += [face.box.tolist() for face in faces]
            return faces

    first, second = Recording(), Recording()
    sweep(dataset, WhiteBox("reference", 0), [first, second], FRAME)
    assert first.boxes == second.boxes
    assert len({tuple(box[:2]) for box in first.boxes}) > 10


def test_without_a_face_there_is_nothing_to_sweep(dataset: IdentityDataset) -> None:
    with pytest.raises(DataError, match="expected photos in which blind finds a face, found none"):
        sweep(dataset, WhiteBox("blind", 1000), [WhiteBox("own", 0)], FRAME)
