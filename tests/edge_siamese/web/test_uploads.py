"""Files out of forms, whatever bytes they are made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.web import uploads
from edge_siamese.web.errors import RejectedError
from edge_siamese.web.uploads import Upload, clean_file_name, read_form

TYPE = "multipart/form-data; boundary=----b0undary"


def part(field: str, name: str, data: bytes) -> bytes:
    head = f'Content-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    return b"------b0undary\r\n" + head.encode() + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"------b0undary--\r\n"


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_the_bytes_arrive_as_they_were_sent(first: bytes, second: bytes) -> None:
    body = form(part("first", "Ä b.png", first), part("second", "c.png", second))
    assert read_form(TYPE, body) == {
        "first": Upload("first", "Ä b.png", first),
        "second": Upload("second", "c.png", second),
    }


def status_of(body: bytes) -> int:
    try:
        read_form(TYPE, body)
    except RejectedError as error:
        return error.status
    return 200


@given(st.lists(st.sampled_from([b"------b0undary", b"\r\n", b"--", b"a: b", b"name=x", b"\xff", b"\r"]), max_size=12))
def test_any_other_bytes_are_read_or_refused(pieces: list[bytes]) -> None:
    assert status_of(b"".join(pieces)) in (200, 400, 413)


@pytest.mark.parametrize(
    ("content_type", "body", "status", "sentence"),
    [
        ("", b"", 415, "expected multipart/form-data with a boundary, found 'nothing'"),
        ("image/png", b"", 415, "found 'image/png'"),
        ("multipart/form-data", b"", 415, "with a boundary"),
        (TYPE, b"", 400, "cut short"),
        (TYPE, part("first", "a.png", b"abc"), 400, "cut short"),
        (TYPE, form(b"------b0undary\r\nno head\r\n"), 400, "no empty line"),
        (TYPE, form(b"------b0undary\r\nContent-Type: image/png\r\n\r\nabc\r\n"), 400, "a part with a name"),
        (TYPE, form(*[part(f"f{number}", "a", b"") for number in range(9)]), 413, "at most 4 parts"),
    ],
)
def test_what_is_no_form_is_refused(content_type: str, body: bytes, status: int, sentence: str) -> None:
    with pytest.raises(RejectedError, match=sentence) as rejected:
        read_form(content_type, body)
    assert rejected.value.status == status


def test_a_photo_that_is_too_large_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 2_000_000)
    with pytest.raises(RejectedError, match=r"a\.png: expected at most 2 MB, found 2\.5 MB") as rejected:
        read_form(TYPE, form(part("second", "a.png", bytes(2_500_000))))
    assert (rejected.value.status, rejected.value.photo) == (413, "second")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\people\\anna.jpg", "anna.jpg"),
        ("a\x1b[31m\nb.png", "a[31mb.png"),
        ("x" * 300, "x" * 80),
        ("", ""),
    ],
)
def test_names_are_for_showing(name: str, clean: str) -> None:
    assert clean_file_name(name) == clean


def test_a_file_without_a_name_is_called_by_its_field() -> None:
    assert read_form(TYPE, form(part("first", "", b"abc")))["first"].name == "the first photo"
