import base64
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.reports.canvas import INK, Drawing, Raster, as_rgb

pytest.importorskip("matplotlib", reason="drawings need the extra 'report'")


def diagonal(figure: Any) -> None:
    axes = figure.add_subplot()
    axes.plot((0, 1), (0, 1), color=INK, markerfacecolor="white", marker="o")
    axes.set_title("a title")


def test_in_a_page_ink_and_ground_are_the_pages() -> None:
    svg = Drawing(diagonal).svg()
    assert svg.startswith("<svg ")
    assert "var(--ink," in svg
    assert "var(--page," in svg
    assert not re.search(rf"(?<!,){INK}", svg)
    assert "a title" in svg
    assert svg == Drawing(diagonal).svg()


def test_a_file_stands_for_itself_on_white(tmp_path: Path) -> None:
    Drawing(diagonal, (3, 2)).write(tmp_path / "a.svg")
    Drawing(diagonal, (3, 2)).write(tmp_path / "a.png")
    assert "var(" not in (tmp_path / "a.svg").read_text()
    pixels = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    assert pixels.shape[:2] == (320, 480)
    assert (pixels[0, 0] == 255).all()


@pytest.mark.parametrize(
    ("name", "message"), [("a.pdf", "ends in .svg or .png, found '.pdf'"), ("no/a.svg", "no folder")]
)
def test_what_cannot_be_written_is_rejected(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Drawing(diagonal).write(tmp_path / name)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pixels_come_back_from_a_data_uri(channels: int) -> None:
    pixels = np.zeros((8, 6, channels), np.uint8)
    pixels[2:4, 1:3] = [200, 30, 90, 255][:channels]
    kind, encoded = Raster(pixels).data_uri().split(";base64,")
    assert kind == "data:image/png"
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(encoded), np.uint8), cv2.IMREAD_UNCHANGED)
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    np.testing.assert_array_equal(decoded.reshape(8, 6, channels)[..., order], pixels)


def test_photos_are_packed_smaller() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    assert Raster(smooth).data_uri().startswith("data:image/webp")


def test_a_transparent_ground_becomes_white_where_there_is_none(tmp_path: Path) -> None:
    pixels = np.zeros((16, 16, 4), np.uint8)
    Raster(pixels).write(tmp_path / "map.jpg")
    assert cv2.imread(str(tmp_path / "map.jpg")).min() > 250


def test_gray_images_become_rgb() -> None:
    assert as_rgb(np.full((2, 3, 4, 1), 7, np.uint8)).shape == (2, 3, 4, 3)
