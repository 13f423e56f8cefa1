from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.text_file import decode_text, read_text

TEXT = "Zoé\t1\nBen\t2\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_text_of_every_system_is_read(tmp_path: Path, encoding: str, newline: str) -> None:
    text = TEXT.replace("Zoé", "Zoe") if encoding in {"utf-16-le", "utf-16-be"} else TEXT
    (tmp_path / "t.txt").write_bytes(text.replace("\n", newline).encode(encoding))
    assert read_text(tmp_path / "t.txt") == text


def test_what_is_no_text_is_refused_with_the_line() -> None:
    with pytest.raises(DataError, match=r"^pairs: line 3: expected text in UTF-8 or UTF-16"):
        decode_text(b"a\nb\n\xff\n", "pairs")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.txt: cannot be read \(No such file"):
        read_text(tmp_path / "none.txt")


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(DataError):
        decode_text(data, "x")
