"""Where a gallery cannot be written, the error names it and the old one stays."""

import errno
import os
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.writer import require_writable


def in_child(work: Callable[[], object]) -> None:
    child = get_context("fork").Process(target=work)
    child.start()
    child.join(30)
    assert child.exitcode == 0


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user can enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    folder.chmod(0o777)
    shutil.rmtree(folder)


def become_nobody() -> None:
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


def test_a_full_disk_names_the_gallery_and_keeps_it(tmp_path: Path, gallery: Gallery) -> None:
    path = tmp_path / "people.esg"
    gallery.save(path)
    before = path.read_bytes()

    def write() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        with pytest.raises(OSError, match="File too large") as caught:
            gallery.without("ben").save(path)
        assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(path))

    in_child(write)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])


def test_a_folder_that_cannot_be_written_names_the_gallery(public_folder: Path, gallery: Gallery) -> None:
    path = public_folder / "people.esg"
    gallery.save(path)
    before = path.read_bytes()
    public_folder.chmod(0o555)

    def write() -> None:
        become_nobody()
        with pytest.raises(DataError, match=r"people\.esg: the folder .* cannot be written"):
            require_writable(path)
        with pytest.raises(PermissionError) as caught:
            gallery.without("ben").save(path)
        assert caught.value.filename == str(path)
        assert Gallery.open(path).names == ("anna", "ben")

    in_child(write)
    assert (path.read_bytes(), list(public_folder.iterdir())) == (before, [path])


def test_a_place_without_a_folder_is_rejected_early(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no folder .*absent"):
        require_writable(tmp_path / "absent" / "people.esg")
    with pytest.raises(DataError, match="a folder, which is not changed: change a gallery file"):
        require_writable(tmp_path)
    require_writable(tmp_path / "people.esg")
