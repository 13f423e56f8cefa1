"""Installation into two slots: what is in use, what is rejected, and how it is rolled back."""

import os
import resource
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from edge_siamese.errors import DamagedGalleryError, GalleryError, OtherEmbedderError, StaleGalleryError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.delivery.install import install, roll_back
from edge_siamese.gallery.updates import GalleryFile


@pytest.fixture
def files(tmp_path: Path, gallery: Gallery) -> list[Path]:
    """Galleries of sequence 0 to 4; each has as many people."""
    paths = [tmp_path / f"{number}.esg" for number in range(5)]
    for number, path in enumerate(paths):
        people = {f"person {index}": gallery.templates[:1] for index in range(number)}
        replace(gallery.without("anna").without("ben").with_people(people), sequence=number).save(path)
    return paths


def names_in(folder: Path) -> int:
    return len(Gallery.open(folder).names)


def test_the_slots_are_used_in_turn(files: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    found = [install(path, folder) for path in files[1:4]]
    assert [done.slot.name for done in found] == ["a.esg", "b.esg", "a.esg"]
    assert [done.previous for done in found] == [None, 1, 2]
    assert names_in(folder) == 3
    assert sorted(path.name for path in folder.iterdir()) == ["a.esg", "b.esg", "state.json"]


def test_installing_the_same_gallery_again_changes_nothing(files: list[Path], tmp_path: Path) -> None:
    install(files[1], tmp_path / "slots")
    assert not install(files[1], tmp_path / "slots").changed


def test_an_older_gallery_is_rejected(files: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    install(files[2], folder)
    with pytest.raises(StaleGalleryError, match=r"1\.esg: a stale gallery: expected a sequence number above 2"):
        install(files[1], folder)
    install(files[3], folder)
    roll_back(folder)
    with pytest.raises(StaleGalleryError, match="expected sequence number 2 or a higher one"):
        install(files[1], folder)


def test_rollback_uses_the_gallery_before_and_never_the_other_again(files: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    install(files[1], folder)
    with pytest.raises(GalleryError, match="there is no gallery to roll back to"):
        roll_back(folder)
    install(files[2], folder)
    assert roll_back(folder).gallery.sequence == 1
    assert names_in(folder) == 1
    with pytest.raises(StaleGalleryError, match="it was rolled back before"):
        install(files[2], folder)
    assert install(files[3], folder).gallery.sequence == 3


def test_a_final_installation_leaves_no_older_gallery(files: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    install(files[1], folder)
    replayed = (folder / "a.esg").read_bytes()
    install(files[2], folder, final=True)
    assert not (folder / "a.esg").exists()
    (folder / "a.esg").write_bytes(replayed)
    assert names_in(folder) == 2
    (folder / "b.esg").unlink()
    with pytest.raises(StaleGalleryError):
        Gallery.open(folder)


def test_an_unhealthy_gallery_is_rolled_back(files: list[Path], tmp_path: Path) -> None:
    folder, looks = tmp_path / "slots", []

    def healthy_once(gallery: Gallery) -> None:
        looks.append(gallery.sequence)
        if looks.count(2) > 1:
            raise OtherEmbedderError("the self-test failed")

    install(files[1], folder, check=healthy_once)
    with pytest.raises(OtherEmbedderError):
        install(files[2], folder, check=healthy_once)
    assert looks == [1, 1, 2, 2]
    assert names_in(folder) == 1


def test_a_gallery_that_fails_its_check_touches_no_slot(files: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    install(files[1], folder)
    files[2].write_bytes(files[2].read_bytes()[:-1])
    with pytest.raises(DamagedGalleryError):
        install(files[2], folder)
    assert not (folder / "b.esg").exists()


def test_a_damaged_slot_leaves_the_other_in_use(files: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    install(files[1], folder)
    install(files[2], folder)
    (folder / "b.esg").write_bytes(b"ESG1" + bytes(100))
    assert names_in(folder) == 1
    assert install(files[3], folder).slot.name == "b.esg"


def test_a_running_reader_takes_what_is_installed(files: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    install(files[1], folder)
    watched = GalleryFile(folder)
    assert watched.changed() is None
    install(files[2], folder)
    changed = watched.changed()
    assert changed is not None
    assert len(changed.names) == 2
    roll_back(folder)
    changed = watched.changed()
    assert changed is not None
    assert len(changed.names) == 1


def test_a_folder_of_slots_is_not_enrolled_into(files: list[Path], tmp_path: Path, gallery: Gallery) -> None:
    folder = tmp_path / "slots"
    install(files[1], folder)
    with pytest.raises(GalleryError, match="a folder, which is not changed: change a gallery file, and install it"):
        Gallery.open(folder).without("person 0").save(folder)


def test_an_empty_folder_has_no_gallery(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"min_sequence": 0, "rejected": []}')
    with pytest.raises(GalleryError, match="no gallery is installed"):
        Gallery.open(tmp_path)
    (tmp_path / "state.json").write_text("{}")
    with pytest.raises(GalleryError, match="expected the state of gallery slots in JSON"):
        Gallery.open(tmp_path)


def in_child(work: Callable[[], object]) -> None:
    child = get_context("fork").Process(target=work)
    child.start()
    child.join(60)
    assert child.exitcode == 0


@pytest.mark.parametrize("room", [0, 10, 60, 300])
def test_a_full_file_system_keeps_the_gallery_in_use(files: list[Path], tmp_path: Path, room: int) -> None:
    folder = tmp_path / "slots"
    install(files[1], folder)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        with pytest.raises(OSError, match="File too large"):
            install(files[4], folder)

    in_child(fill)
    assert names_in(folder) == 1
    assert not list(folder.glob(".edge-siamese-*"))
    assert install(files[4], folder).gallery.sequence == 4


def test_a_read_only_folder_keeps_its_gallery(files: list[Path]) -> None:
    base = Path(tempfile.mkdtemp())
    try:
        base.chmod(0o755)
        for path in files:
            Path(shutil.copy(path, base)).chmod(0o644)
        folder = base / "slots"
        install(base / "1.esg", folder)
        for path in (folder, *folder.iterdir()):
            path.chmod(0o555 if path.is_dir() else 0o444)

        def work() -> None:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            with pytest.raises(OSError, match="Permission denied"):
                install(base / "2.esg", folder)
            assert names_in(folder) == 1

        in_child(work)
        folder.chmod(0o755)
    finally:
        shutil.rmtree(base)


def test_a_folder_that_cannot_be_written_keeps_its_gallery(files: list[Path], tmp_path: Path) -> None:
    with pytest.raises(OSError, match="/proc/slots"):
        install(files[1], Path("/proc/slots"))
