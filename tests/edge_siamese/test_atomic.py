import errno
from pathlib import Path

import pytest

from edge_siamese.atomic import write_atomically


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with write_atomically(path) as stream:
        stream.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_stays_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch(0o600)
    with write_atomically(path) as stream:
        stream.write(b"new")
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_exception_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), write_atomically(path) as stream:
        stream.write(b"%d" % (1 // 0))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link_to_the_new_content(tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_bytes(b"old")
    link.symlink_to(path)
    with write_atomically(link) as stream:
        stream.write(b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


def test_an_error_names_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "file"
    with pytest.raises(FileNotFoundError) as caught, write_atomically(path):
        pass
    assert caught.value.filename == str(path)
    with pytest.raises(OSError, match="No space left") as caught_write, write_atomically(tmp_path / "file"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught_write.value.filename == str(tmp_path / "file")


def test_an_error_about_another_file_is_passed_on(tmp_path: Path) -> None:
    other = tmp_path / "other"
    with pytest.raises(FileNotFoundError) as caught, write_atomically(tmp_path / "file") as stream:
        stream.write(other.read_bytes())
    assert caught.value.filename == str(other)
