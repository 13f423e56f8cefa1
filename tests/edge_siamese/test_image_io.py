import os
import struct
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import ImageError
from edge_siamese.image_formats import image_size
from edge_siamese.image_io import MAX_PIXELS, read_image, write_image

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def flag(height: int = 40, width: int = 60) -> np.ndarray:
    """RGB: red on the left, blue on the right, a green bar at the top."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, : width // 2], image[:, width // 2 :] = RED, BLUE
    image[: height // 4] = GREEN
    return image


def encoded(image: np.ndarray, suffix: str = ".png", *options: int) -> bytes:
    """The bytes of an RGB, RGBA or gray image."""
    if image.ndim == 3:
        image = np.dstack([image[..., 2::-1], image[..., 3:]])
    return cv2.imencode(suffix, image, list(options))[1].tobytes()


def with_exif_orientation(jpeg: bytes, orientation: int) -> bytes:
    tiff = b"MM\x00*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\x00\x00" + tiff
    return jpeg[:2] + struct.pack(">HH", 0xFFE1, len(body) + 2) + body + jpeg[2:]


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".ppm", ".tiff", ".jpg", ".webp"])
def test_images_come_out_as_rgb(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"flag{suffix}"
    path.write_bytes(encoded(flag(), suffix))

    image = read_image(path)

    assert image.dtype == np.uint8
    assert image.shape == (40, 60, 3)
    np.testing.assert_allclose(image[30, 5], RED, atol=12)
    np.testing.assert_allclose(image[30, 55], BLUE, atol=12)


def test_bytes_read_as_the_file_does(tmp_path: Path) -> None:
    data = encoded(flag())
    (tmp_path / "a.png").write_bytes(data)
    np.testing.assert_array_equal(read_image(data), read_image(tmp_path / "a.png"))


def test_gray_becomes_three_equal_channels() -> None:
    image = read_image(encoded(np.arange(100, dtype=np.uint8).reshape(10, 10)))
    np.testing.assert_array_equal(image, np.repeat(np.arange(100, dtype=np.uint8).reshape(10, 10, 1), 3, axis=2))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_sixteen_bits_are_scaled_to_eight(suffix: str) -> None:
    image = read_image(encoded(np.full((8, 8), 0x8080, np.uint16), suffix))
    assert image.dtype == np.uint8
    assert image[0, 0].tolist() == [0x80, 0x80, 0x80]


def test_alpha_is_dropped_and_the_colors_beneath_kept() -> None:
    transparent = np.dstack([flag(), np.zeros((40, 60), np.uint8)])
    np.testing.assert_array_equal(read_image(encoded(transparent)), flag())


def test_exif_orientation_is_obeyed() -> None:
    upright = read_image(encoded(flag(), ".jpg"))
    turned = read_image(with_exif_orientation(encoded(flag(), ".jpg"), 6))  # to be turned clockwise
    np.testing.assert_array_equal(turned, np.rot90(upright, -1))


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".ppm", ".tiff", ".jpg", ".webp"])
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_image_cut_short_is_refused(suffix: str, kept: float) -> None:
    data = encoded(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8), suffix)
    with pytest.raises(ImageError, match=r"^cut: .*damaged"):
        read_image(data[: int(len(data) * kept)], name="cut")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "empty"), (b"hello, this is text", "not a JPEG"), (b"\xff\xd8\xff\xe0\x00", "header is damaged")],
)
def test_what_is_no_image_gets_one_sentence(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(data)
    with pytest.raises(ImageError, match=words) as caught:
        read_image(tmp_path / "x.jpg")
    assert "x.jpg" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="No such file"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(ImageError, match="cannot be read"):
        read_image(tmp_path)


def huge_headers() -> dict[str, bytes]:
    side = 20_000
    return {
        "png": b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", side, side),
        "jpeg": b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0" + struct.pack(">HBHH", 17, 8, side, side),
        "bmp": b"BM" + bytes(12) + struct.pack("<Iii", 40, side, -side),
        "netpbm": b"P6 # a comment\n20000 # another\n20000\n255\n",
        "webp": b"RIFF\x00\x00\x00\x00WEBPVP8X" + bytes(8) + (side - 1).to_bytes(3, "little") * 2,
        "tiff": b"II*\x00" + struct.pack("<IHHHIIHHII", 8, 2, 256, 4, 1, side, 257, 4, 1, side),
    }


@pytest.mark.parametrize("kind", huge_headers())
def test_a_huge_image_is_refused_by_its_header(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(cv2, "imdecode", never)
    with pytest.raises(ImageError, match="20000 x 20000 pixels are over the limit of 50 megapixels"):
        read_image(huge_headers()[kind])


@given(st.sampled_from(sorted(huge_headers())), st.binary(max_size=60))
def test_no_header_breaks_the_reader(kind: str, tail: bytes) -> None:
    size = image_size(huge_headers()[kind][:12] + tail)
    assert size is None or (size[0] >= 0 and size[1] >= 0)


@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from([".png", ".jpg", ".bmp", ".ppm", ".tiff", ".webp"]))
def test_the_header_tells_the_size_that_is_decoded(width: int, height: int, suffix: str) -> None:
    assert image_size(encoded(np.full((height, width, 3), 90, np.uint8), suffix)) == (width, height)


def test_lossy_webp_tells_its_size_too() -> None:
    assert image_size(encoded(flag(), ".webp", cv2.IMWRITE_WEBP_QUALITY, 50)) == (60, 40)


def test_fifty_megapixels_is_the_limit() -> None:
    assert MAX_PIXELS == 50_000_000


@pytest.mark.parametrize("shape", [(1, 3000), (3000, 1), (1, 1), (2, 200_000)])
def test_any_shape_up_to_the_limits_is_read(shape: tuple[int, int]) -> None:
    assert read_image(encoded(np.full((*shape, 3), 90, np.uint8))).shape == (*shape, 3)


def test_a_side_over_the_limit_is_named() -> None:
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 2_000_000, 1)
    with pytest.raises(ImageError, match="2000000 x 1 pixels are over the limit of 1,048,576 a side"):
        read_image(header)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind_are_read(kind: type) -> None:
    assert read_image(kind(encoded(flag()))).shape == (40, 60, 3)


@pytest.mark.parametrize("source", [None, 3, np.zeros((4, 4, 3), np.uint8), "a\0b.jpg"])
def test_what_is_neither_path_nor_bytes_is_refused_in_a_sentence(source: object) -> None:
    with pytest.raises(ImageError, match=r"expected the path or the bytes|cannot be the path"):
        read_image(source)  # type: ignore[arg-type]


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.png")
    with pytest.raises(ImageError, match="found a pipe or device"):
        read_image(tmp_path / "p.png")


def test_heic_is_read_or_the_way_out_is_told() -> None:
    words = "the HEIC image is damaged" if find_spec("pillow_heif") else "install the package pillow-heif, or convert"
    with pytest.raises(ImageError, match=words):
        read_image(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")


def test_a_written_image_reads_back_as_it_was(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    write_image(tmp_path / "new" / "p.png", image)
    assert np.array_equal(read_image(tmp_path / "new" / "p.png"), image)


def test_a_image_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.png").mkdir()
    with pytest.raises(ImageError, match=r"p\.png: the image could not be written"):
        write_image(tmp_path / "p.png", np.zeros((4, 4, 3), np.uint8))


def test_a_suffix_without_a_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"p\.xyz: the image could not be written: no format with the suffix '\.xyz'"):
        write_image(tmp_path / "p.xyz", np.zeros((4, 4, 3), np.uint8))
