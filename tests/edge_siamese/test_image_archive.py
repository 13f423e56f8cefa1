import io
import os
import shutil
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese import archive_members, image_io
from edge_siamese.errors import DataError, ImageError
from edge_siamese.image_archive import ImageArchive, holds_images, natural_key

KINDS = ("folder", "zip", "tar", "gztar", "xztar", "bztar")
HEIC_HEAD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


def png(level: int = 90) -> bytes:
    return cv2.imencode(".png", np.full((4, 6, 3), level, np.uint8))[1].tobytes()


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def pack(folder: Path, kind: str) -> Path:
    return folder if kind == "folder" else Path(shutil.make_archive(str(folder.parent / "packed"), kind, folder))


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tar_of(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("kind", KINDS)
def test_folders_zips_and_tars_give_the_same_images_in_natural_order(tmp_path: Path, kind: str) -> None:
    names = ["b/10.png", "b/2.png", "a/1.png", "a/.hidden.png", "__MACOSX/a/1.png", ".git/x.png", "@eaDir/t.png"]
    tree = write(tmp_path / "tree", {name: png(number) for number, name in enumerate(names)})
    write(tree, {"a/notes.txt": b"no image", "Thumbs.db": b"\0\1\2", "README": "Grüße".encode()})
    with ImageArchive(pack(tree, kind)) as archive:
        assert archive.images == ["a/1.png", "b/2.png", "b/10.png"]
        assert archive.skipped == []
        assert archive.read("b/2.png") == png(1)
        assert archive.image("b/10.png")[0, 0].tolist() == [0, 0, 0]
        assert {"a", "b"} <= set(archive.folders)


@pytest.mark.parametrize("kind", KINDS)
def test_the_content_decides_and_what_is_no_image_is_named(tmp_path: Path, kind: str) -> None:
    files = {
        "a/1.jfif": png(), "a/2": png(), "a/3.heic": HEIC_HEAD, "a/4": HEIC_HEAD, "a/clip.mov": b"\0\0\0\x14ftypqt  \0\0",
        "a/data.rar": b"Rar!\x1a\x07\x01\0", "a/BM": b"BM is text", "a/x.bin": bytes(range(256)), "a/5.dng": b"",
    }  # fmt: skip
    with ImageArchive(pack(write(tmp_path / "tree", files), kind)) as archive:
        assert archive.images == ["a/1.jfif", "a/2", "a/3.heic", "a/4", "a/5.dng"]
        skipped = {file.path: file.reason for file in archive.skipped}
        assert skipped == {"a/clip.mov": "is a video", "a/data.rar": "is a RAR archive", "a/x.bin": "is not an image"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_names_the_archive_and_the_member(tmp_path: Path, kind: str) -> None:
    path = pack(write(tmp_path / "tree", {"a/1.png": b"", "a/2.png": png()}), kind)
    with ImageArchive(path) as archive:
        with pytest.raises(ImageError, match=r"a/1\.png: the file is empty") as caught:
            archive.image("a/1.png")
        assert str(caught.value).startswith(str(path))
        with pytest.raises(ImageError, match=r"expected a/3\.png in it, found none"):
            archive.read("a/3.png")


@pytest.mark.parametrize("kind", KINDS)
def test_a_member_over_the_limit_is_named_and_not_read(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_io, "MAX_BYTES", 10)
    with (
        ImageArchive(pack(write(tmp_path / "tree", {"a/1.png": png()}), kind)) as archive,
        pytest.raises(ImageError, match=r"a/1\.png: 0 MB is too large for an image"),
    ):
        archive.read("a/1.png")


@pytest.mark.parametrize("kind", ["zip", "tar", "gztar"])
@pytest.mark.parametrize("limit", ["MAX_MEMBERS", "MAX_TOTAL_BYTES"])
def test_an_archive_over_the_limits_is_rejected(
    tmp_path: Path, kind: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pack(write(tmp_path / "tree", {"a/1.png": png(), "a/2.png": png(1)}), kind)
    monkeypatch.setattr(archive_members, limit, 1)
    with pytest.raises(DataError, match="found more: unpack it and give the folder"):
        ImageArchive(path)


def test_a_folder_with_too_many_files_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_members, "MAX_MEMBERS", 1)
    with pytest.raises(DataError, match="contains more than 1 files and folders"):
        ImageArchive(write(tmp_path, {"1.png": png(), "2.png": png()}))


def test_a_closed_archive_holds_no_file_open(tmp_path: Path) -> None:
    def opened() -> set[str]:
        return {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}

    tree = write(tmp_path / "tree", {"a/1.png": png()})
    for kind in ("zip", "tar", "gztar"):
        path = pack(tree, kind)
        with ImageArchive(path):
            pass
        assert str(path) not in opened()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_member_of_a_zip_is_named_and_the_others_are_read(tmp_path: Path, method: int) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.png", png() + bytes(500))
        archive.writestr("b.png", png())
    data = bytearray(path.read_bytes())
    data[60:80] = b"\xff" * 20
    path.write_bytes(data)
    with ImageArchive(path) as opened:
        with pytest.raises(ImageError, match=r"x\.zip: a\.png: is damaged or encrypted"):
            opened.read("a.png")
        assert opened.read("b.png") == png()


def test_an_unknown_compression_is_named(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "x.zip", {"a.png": png()})
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    changed = bytearray(data)
    changed[8:10] = changed[at + 10 : at + 12] = (97).to_bytes(2, "little")
    path.write_bytes(changed)
    with ImageArchive(path) as archive, pytest.raises(ImageError, match=r"x\.zip: a\.png: is damaged or encrypted"):
        archive.read("a.png")


def test_an_encrypted_zip_is_rejected_before_anything_is_read(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "x.zip", {"a/1.png": png()})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[at + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"a/1\.png is encrypted: unpack the zip and give the folder"):
        ImageArchive(path)


def test_an_empty_archive_has_no_images(tmp_path: Path) -> None:
    for path in (zip_of(tmp_path / "x.zip", {}), tar_of(tmp_path / "x.tar")):
        with ImageArchive(path) as archive:
            assert (archive.images, archive.skipped) == ([], [])


@pytest.mark.parametrize("flagged", [True, False])
def test_names_in_utf8_are_read_with_and_without_the_mark(tmp_path: Path, flagged: bool) -> None:
    decomposed = unicodedata.normalize("NFD", "Zoé/1.png")
    path = zip_of(tmp_path / "x.zip", {decomposed: png()})
    if not flagged:
        data = bytearray(path.read_bytes())
        at = data.index(b"PK\x01\x02")
        data[7] &= ~0x08
        data[at + 9] &= ~0x08
        path.write_bytes(data)
    with ImageArchive(path) as archive:
        assert archive.images == ["Zoé/1.png"]
        assert archive.read("Zoé/1.png") == png()


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_folders_that_differ_only_in_composition_are_one_and_nothing_is_lost(tmp_path: Path, kind: str) -> None:
    both = {"Zo\u00e9/1.png": png(1), "Zoe\u0301/1.png": png(2)}
    with ImageArchive(pack(write(tmp_path / "tree", both), kind)) as archive:
        assert archive.images == ["Zoé/1 (2).png", "Zoé/1.png"]
        assert {archive.read(name) for name in archive.images} == set(both.values())
        assert "2 folders are named Zoé, spelled with different characters" in archive.notes[0]


def test_backslashes_of_old_windows_zips_separate_folders(tmp_path: Path) -> None:
    with ImageArchive(zip_of(tmp_path / "x.zip", {"Ada\\1.png": png()})) as archive:
        assert archive.images == ["Ada/1.png"]


def test_members_that_lead_out_of_a_zip_are_named_and_left_out(tmp_path: Path) -> None:
    with ImageArchive(
        zip_of(tmp_path / "x.zip", {"../a/1.png": png(), "/b/1.png": png(), "c/1.png": png()})
    ) as archive:
        assert archive.images == ["c/1.png"]
        assert {file.path for file in archive.skipped} == {"../a/1.png", "/b/1.png"}


def test_a_member_that_stands_twice_is_reported_and_the_last_one_is_used(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/1.png", png(1))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a/1.png", png(2))
    with ImageArchive(path) as opened:
        assert opened.read("a/1.png") == png(2)
        assert "more than once" in opened.skipped[0].reason


def test_links_devices_and_absolute_paths_of_a_tar_are_not_followed(tmp_path: Path) -> None:
    path = tar_of(
        tmp_path / "x.tar", (member("a/1.png"), png()), (member("a/hard.png", tarfile.LNKTYPE, "a/1.png"), b""),
        (member("a/link.png", tarfile.SYMTYPE, "/etc/passwd"), b""), (member("a/out.png", tarfile.LNKTYPE, "/etc/passwd"), b""),
        (member("a/null.png", tarfile.CHRTYPE), b""), (member("a/pipe.png", tarfile.FIFOTYPE), b""),
        (member("/etc/evil.png"), png()), (member("a/../../up.png"), png()),
    )  # fmt: skip
    with ImageArchive(path) as archive:
        assert archive.images == ["a/1.png", "a/hard.png"]
        assert archive.read("a/hard.png") == png()
        assert {file.path for file in archive.skipped} == {
            "a/link.png", "a/out.png", "a/null.png", "a/pipe.png", "/etc/evil.png", "a/../../up.png",
        }  # fmt: skip


@pytest.mark.parametrize("kind", ["gztar", "xztar", "bztar"])
def test_a_cut_off_tar_is_rejected(tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(0).bytes(20_000)
    path = pack(write(tmp_path / "tree", {"a/1.png": noise, "a/2.png": noise[::-1]}), kind)
    path.write_bytes(path.read_bytes()[:-9000])
    with pytest.raises(DataError, match="the archive is damaged"):
        ImageArchive(path)


def test_a_zip_whose_directory_is_no_text_is_rejected(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "names.zip", {"pé/1.png": b""})
    path.write_bytes(path.read_bytes().replace("pé".encode(), b"p\xff\xfe"))
    with pytest.raises(DataError, match="the archive is damaged"):
        ImageArchive(path)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("nothing", None, "found nothing there"),
        ("data", b"hello", "found another kind of file"),
        ("people.rar", b"Rar!\x1a\x07\x01\0", "found a RAR archive: unpack it and give the folder"),
        ("people.7z", b"7z\xbc\xaf\x27\x1c", "found a 7z archive: unpack it and give the folder"),
        ("people.zip", b"PK\x03\x04 cut", "found a damaged one"),
    ],
)
def test_what_is_no_archive_is_rejected(tmp_path: Path, name: str, content: bytes | None, found: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=found):
        ImageArchive(tmp_path / name)


def test_a_pipe_is_rejected_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="found a pipe or device"):
        ImageArchive(tmp_path / "pipe")
    with ImageArchive(write(tmp_path, {"a.png": png()})) as archive:
        assert [(file.path, file.reason) for file in archive.skipped] == [("pipe", "is not a regular file")]


def test_links_to_folders_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", {"a/1.png": png()})
    write(tmp_path / "elsewhere", {"2.png": png(1)})
    (tree / "b").symlink_to(tmp_path / "elsewhere")
    (tree / "a" / "up").symlink_to(tree)
    (tree / "self").symlink_to(tree / "self")
    (tree / "gone.png").symlink_to(tmp_path / "nowhere.png")
    with ImageArchive(tree) as archive:
        assert archive.images == ["a/1.png", "b/2.png", "gone.png"]
        assert archive.read("b/2.png") == png(1)
        assert {file.path for file in archive.skipped} == {"a/up", "self"}
        with pytest.raises(ImageError, match=r"gone\.png: cannot be read \(No such file"):
            archive.image("gone.png")


@pytest.fixture
def forbidden(tmp_path: Path) -> Iterator[Path]:
    folder = write(tmp_path, {"a/1.png": png(), "b/1.png": png()}) / "b"
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_must_not_be_read_is_named(forbidden: Path) -> None:
    with pytest.raises(DataError, match=r"b: the folder cannot be read \(Permission denied\)"):
        ImageArchive(forbidden.parent)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x", png(), True),
        ("x.heic", b"", True),
        ("x.zip", b"", True),
        ("x.avi", b"RIFF\0\0\0\0AVI ", False),
        ("x", b"text", False),
    ],
)
def test_a_file_is_reported_by_its_content_and_its_name(
    tmp_path: Path, name: str, content: bytes, expected: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    assert holds_images(tmp_path / name) is expected


@given(st.lists(st.text(max_size=8), max_size=8), st.randoms())
def test_natural_order_does_not_depend_on_the_order_before(names: list[str], random: Callable[..., object]) -> None:
    shuffled = random.sample(names, len(names))  # type: ignore[attr-defined]
    assert sorted(shuffled, key=natural_key) == sorted(names, key=natural_key)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), max_size=6, unique=True))
def test_no_name_in_a_zip_is_lost_or_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    path = tmp_path_factory.mktemp("zip") / "x.zip"
    with zipfile.ZipFile(path, "w") as written:
        for number, name in enumerate(names):
            with suppress(ValueError):
                written.writestr(zipfile.ZipInfo(f"p{number}/{name}.png"), png())
        stored = [info for info in written.infolist() if not info.is_dir()]
    with ImageArchive(path) as archive:
        hidden = sum(
            any(part.startswith((".", "__MACOSX", "@eaDir")) for part in entry.filename.replace("\\", "/").split("/"))
            for entry in stored
        )
        assert len(archive.images) + len(archive.skipped) >= len(stored) - hidden
        assert all(archive.read(name) == png() for name in archive.images)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_damage_to_a_zip_is_read_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int
) -> None:
    path = zip_of(tmp_path_factory.mktemp("zip") / "x.zip", {"a/1.png": png(), "b/2": png(1)})
    data = path.read_bytes()
    path.write_bytes(data[:at] + noise + data[at + len(noise) :])
    with suppress(DataError), ImageArchive(path) as archive:
        for name in archive.images:
            with suppress(ImageError):
                archive.image(name)
