"""Images in a folder, a zip or a tar, in the order of their paths."""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from edge_siamese.errors import DataError
from edge_siamese.image_io import IMAGE_SUFFIXES, MAX_BYTES, natural_key

File = tuple[str, bytes | str]
"""Relative POSIX path and encoded bytes of an image; instead of bytes, why they cannot be read."""
_UNREADABLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    RuntimeError,
    NotImplementedError,
    EOFError,
    OSError,
)


def image_files(path: Path) -> Iterator[File]:
    """Every image of a folder, zip or tar (also .tar.gz, .tar.xz, .tar.bz2), hidden ones left out.

    Raises:
        DataError: the path is none of these, or damaged as a whole, or holds no image.
    """
    files = _opened(path)
    first = next(files, None)
    if first is None:
        raise DataError(f"{path}: expected images, found none")
    yield _printable(first)
    yield from map(_printable, files)


def text_file(path: Path, name: str) -> str | None:
    """A text file inside a folder or zip, at any depth of a zip, or else beside it; None where there is none.

    Raises:
        DataError: it is not UTF-8.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for member in archive.namelist():
                    if PurePosixPath(member).name == name:
                        return archive.read(member).decode("utf-8-sig")
        for folder in (path, path.parent):
            if (folder / name).is_file():
                return (folder / name).read_text("utf-8-sig")
    except (UnicodeDecodeError, *_UNREADABLE) as error:
        raise DataError(f"{path}: {name} cannot be read as text ({error})") from error
    return None


def _opened(path: Path) -> Iterator[File]:
    if path.is_dir():
        return _in_folder(path)
    if not path.exists():
        raise DataError(f"{path}: expected a folder, zip or tar of images, found nothing there")
    if zipfile.is_zipfile(path):
        return _in_zip(path)
    if tarfile.is_tarfile(path):
        return _in_tar(path)
    raise DataError(f"{path}: expected a folder, zip or tar of images, found another kind of file")


def _in_folder(folder: Path) -> Iterator[File]:
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    for name in sorted(filter(_expected, names), key=natural_key):
        try:
            size = (folder / name).stat().st_size
            yield name, _too_large(size) or (folder / name).read_bytes()
        except OSError as error:
            yield name, f"cannot be read ({error.strerror})"


def _in_zip(path: Path) -> Iterator[File]:
    try:
        archive = zipfile.ZipFile(path)
    except (UnicodeDecodeError, *_UNREADABLE) as error:
        raise DataError(f"{path}: the archive is damaged ({error})") from error
    with archive:
        for name in sorted(filter(_expected, archive.namelist()), key=natural_key):
            try:
                yield name, _too_large(archive.getinfo(name).file_size) or archive.read(name)
            except _UNREADABLE as error:
                yield name, f"is damaged or encrypted ({error})"


def _in_tar(path: Path) -> Iterator[File]:
    """A compressed tar can only be read from front to back, so its images are held, still encoded, and then sorted."""
    found: dict[str, bytes | str] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() and _expected(member.name) else None
                if stream:
                    found[PurePosixPath(member.name).as_posix()] = _too_large(member.size) or stream.read()
    except _UNREADABLE as error:
        raise DataError(f"{path}: the archive is damaged ({error})") from error
    yield from ((name, found[name]) for name in sorted(found, key=natural_key))


def _expected(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    return not hidden and PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES


def _too_large(size: int) -> str | None:
    return f"{size / 1e6:,.0f} MB is too large for an image" if size > MAX_BYTES else None


def _printable(file: File) -> File:
    """A name that is not UTF-8 cannot be written into a manifest: its image is left out."""
    try:
        file[0].encode()
    except UnicodeEncodeError:
        return file[0].encode(errors="backslashreplace").decode(), "its name is not UTF-8"
    return file
