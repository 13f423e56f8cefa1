import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.image_formats import foreign_format, format_problem, image_size, is_image, is_text


def tiff(*tags: tuple[int, int]) -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"\0\0\0\x18ftypmif1", "HEIC"),
        (b"\0\0\0\x18ftypavif", "AVIF"),
        (b"GIF89a", "GIF"),
        (b"8BPS", "Photoshop"),
        (b"FUJIFILMCCD-RAW", "camera raw"),
        (b"II*\0\x10\0\0\0CR\x02\0", "camera raw"),
        (tiff((254, 1), (256, 160), (257, 120)), "camera raw"),
        (tiff((256, 4000), (257, 3000), (50706, 1)), "camera raw"),
        (tiff((254, 0), (256, 40), (257, 30)), None),
        (b"\xff\xd8\xff\xe0", None),
        (b"text", None),
    ],
)
def test_formats_that_are_not_read_are_told_by_their_content(head: bytes, name: str | None) -> None:
    assert foreign_format(head) == name
    assert (name is None) or is_image(head)


@pytest.mark.parametrize(
    ("head", "suffix", "sentence"),
    [
        (
            b"\0\0\0\x18ftypheic",
            ".jpg",
            "HEIC images are not read: install the package pillow-heif, or convert it to JPEG",
        ),
        (b"", ".heic", "HEIC images are not read"),
        (b"\0\0\0\x18ftypavif", "", "AVIF images are not read: convert it to JPEG or PNG"),
        (b"", ".NEF", "camera raw images are not read"),
        (b"Rar!\x1a\x07", ".jpg", "not an image but a RAR archive"),
        (b"%PDF-1.4", ".jpg", "not an image but a PDF"),
        (b"hello", ".jpg", "not a JPEG, PNG, WebP, BMP, PGM, PPM or TIFF image"),
    ],
)
def test_what_is_not_read_is_named_with_the_way_out(head: bytes, suffix: str, sentence: str) -> None:
    assert format_problem(head, suffix).startswith(sentence)


@pytest.mark.parametrize("head", [b"BM is not a bitmap here", b"P1 of the plan", b"", "Grüße".encode()[:3]])
def test_text_is_no_image(head: bytes) -> None:
    assert is_text(head)
    assert not is_image(head)


@given(st.binary(max_size=64))
def test_no_head_breaks_the_reader(head: bytes) -> None:
    for told in (foreign_format(head), format_problem(head), is_image(head), is_text(head), image_size(head)):
        assert told is None or told is not NotImplemented
