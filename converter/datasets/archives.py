"""Pictures in a folder, a zip or a tar, in the order of their paths."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from edge_siamese.errors import DataError
from edge_siamese.pictures import PICTURE_SUFFIXES, natural_key

_UNREADABLE = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError)


def picture_files(path: Path) -> Iterator[tuple[str, bytes | str]]:
    """Relative POSIX path and encoded bytes of every picture; instead of bytes, why they cannot be read.

    Raises:
        DataError: the path is no folder, zip or tar, or holds no picture.
    """
    if path.is_dir():
        found = _in_folder(path)
    elif not path.exists():
        raise DataError(f"{path}: expected a folder, zip or tar of pictures, found nothing there")
    elif zipfile.is_zipfile(path):
        found = _in_zip(path)
    elif tarfile.is_tarfile(path):
        found = _in_tar(path)
    else:
        raise DataError(f"{path}: expected a folder, zip or tar of pictures, found another kind of file")
    none = True
    for none, each in ((False, each) for each in found):
        yield each
    if none:
        raise DataError(f"{path}: expected pictures, found none")


def _wanted(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith((".", "__MACOSX")) and part != "." for part in parts)
    return not hidden and PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES


def _in_folder(folder: Path) -> Iterator[tuple[str, bytes | str]]:
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    for name in sorted(filter(_wanted, names), key=natural_key):
        try:
            yield name, (folder / name).read_bytes()
        except OSError as error:
            yield name, f"cannot be read ({error.strerror})"


def _in_zip(path: Path) -> Iterator[tuple[str, bytes | str]]:
    with zipfile.ZipFile(path) as archive:
        for name in sorted(filter(_wanted, archive.namelist()), key=natural_key):
            try:
                yield name, archive.read(name)
            except _UNREADABLE as error:
                yield name, f"is damaged or encrypted ({error})"


def _in_tar(path: Path) -> Iterator[tuple[str, bytes | str]]:
    """A compressed tar is read from front to back, once, and sorted afterwards."""
    found: dict[str, bytes | str] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() and _wanted(member.name) else None
                if stream:
                    found[PurePosixPath(member.name).as_posix()] = stream.read()
    except (tarfile.TarError, *_UNREADABLE) as error:
        raise DataError(f"{path}: the archive is damaged ({error})") from error
    for name in sorted(found, key=natural_key):
        yield name, found[name]
