import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data import archives
from edge_siamese_converter.data.archives import image_files, text_file


@pytest.fixture
def tree(tmp_path: Path, write_noise: Callable[..., None]) -> Path:
    folder = tmp_path / "tree"
    for number, name in enumerate(["b/10.png", "b/2.png", "a/1.png", "a/.hidden.png", "__MACOSX/a/1.png"]):
        write_noise(folder / name, number)
    (folder / "a" / "notes.txt").write_text("no image")
    return folder


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "gztar", "xztar"])
def test_folders_zips_and_tars_give_the_same_images_in_natural_order(tree: Path, kind: str) -> None:
    path = tree if kind == "folder" else Path(shutil.make_archive(str(tree.parent / "packed"), kind, tree))
    files = dict(image_files(path))
    assert list(files) == ["a/1.png", "b/2.png", "b/10.png"]
    assert files["b/2.png"] == (tree / "b" / "2.png").read_bytes()


def test_a_damaged_member_of_a_zip_is_told_and_the_others_are_read(tree: Path) -> None:
    path = Path(shutil.make_archive(str(tree.parent / "packed"), "zip", tree))
    content = (tree / "b" / "2.png").read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/1.png", content)
        archive.writestr("b/2.png", content)
    path.write_bytes(path.read_bytes().replace(content, bytes(len(content)), 1))
    files = dict(image_files(path))
    assert "damaged" in str(files["a/1.png"])
    assert files["b/2.png"] == content


def test_a_zip_whose_directory_is_no_text_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "names.zip", "w") as archive:
        archive.writestr("pé/1.png", b"")
    path = tmp_path / "names.zip"
    path.write_bytes(path.read_bytes().replace("pé".encode(), b"p\xff\xfe"))
    with pytest.raises(DataError, match="the archive is damaged"):
        list(image_files(path))


def test_a_cut_off_tar_is_refused(tree: Path) -> None:
    path = Path(shutil.make_archive(str(tree.parent / "packed"), "gztar", tree))
    path.write_bytes(path.read_bytes()[:-1500])
    with pytest.raises(DataError, match="the archive is damaged"):
        list(image_files(path))


def test_links_of_a_tar_are_not_followed(tmp_path: Path) -> None:
    link = tarfile.TarInfo("a/1.png")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "links.tar", "w") as archive:
        archive.addfile(link)
    with pytest.raises(DataError, match="expected images, found none"):
        list(image_files(tmp_path / "links.tar"))


def test_huge_files_are_told_and_not_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 10)
    assert all("too large" in str(content) for _, content in image_files(tree))


def test_names_that_are_no_text_are_told() -> None:
    name, why = archives._printable(("a/\udcff.png", b""))
    assert (name, why) == ("a/\\udcff.png", "its name is not UTF-8")


@pytest.mark.parametrize(("content", "what"), [(None, "found nothing there"), (b"hello", "another kind of file")])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes | None, what: str) -> None:
    if content:
        (tmp_path / "data").write_bytes(content)
    with pytest.raises(DataError, match=what):
        list(image_files(tmp_path / "data"))


def test_a_text_file_is_found_inside_or_beside(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr("deep/pairs.txt", "inside")
    with zipfile.ZipFile(tmp_path / "without.zip", "w") as archive:
        archive.writestr("a", "")
    assert text_file(tmp_path / "without.zip", "pairs.txt") is None
    (tmp_path / "pairs.txt").write_text("beside")
    assert text_file(tmp_path / "in.zip", "pairs.txt") == "inside"
    assert text_file(tmp_path / "without.zip", "pairs.txt") == "beside"


def test_a_text_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("pairs.txt", b"\xff\xfe\xfa")
    (tmp_path / "in.zip").write_bytes(buffer.getvalue())
    with pytest.raises(DataError, match=r"pairs\.txt cannot be read as text"):
        text_file(tmp_path / "in.zip", "pairs.txt")
