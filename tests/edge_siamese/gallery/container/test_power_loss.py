"""A writer killed at any step leaves the old gallery or the new one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_siamese.gallery import Gallery

WRITER = """
import os, shutil, sys
from pathlib import Path
from edge_siamese import atomic
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container import writer

folder, fate = Path(sys.argv[1]), sys.argv[2]
new = Gallery.open(folder / "new.esg")
watched = {atomic.__file__, writer.__file__}

def killed_at(step):
    passed = 0
    def trace(frame, event, argument):
        nonlocal passed
        if frame.f_code.co_filename not in watched:
            return None
        if event == "line":
            if passed == step:
                os._exit(9)
            passed += 1
        return trace
    return trace

def torn_at(length):
    opened = os.fdopen
    def fdopen(*arguments):
        stream = opened(*arguments)
        class Torn:
            def __enter__(self):
                return self
            def __exit__(self, *error):
                stream.close()
            def write(self, data):
                stream.write(data[:length])
                stream.flush()
                os._exit(9)
        return Torn() if length < LENGTH else stream
    return fdopen

LENGTH = (folder / "new.esg").stat().st_size
step = 0
while True:
    place = folder / str(step)
    place.mkdir()
    if (folder / "old.esg").exists():
        shutil.copy(folder / "old.esg", place / "people.esg")
    child = os.fork()
    if child == 0:
        if fate == "killed":
            sys.settrace(killed_at(step))
        else:
            os.fdopen = torn_at(step * 32)
        new.save(place / "people.esg")
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == 0:
        break
    assert code == 9, code
    step += 1
"""


def states_after_kills(folder: Path, status: str) -> list[bytes | None]:
    """What each kill left as the gallery, and at the end what an undisturbed writer made of it."""
    ended = subprocess.run(
        [sys.executable, "-c", WRITER, str(folder), status], check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    places = sorted((place for place in folder.iterdir() if place.is_dir()), key=lambda place: int(place.name))
    files = [place / "people.esg" for place in places]
    return [file.read_bytes() if file.exists() else None for file in files]


@pytest.fixture
def folder(tmp_path: Path, gallery: Gallery) -> Path:
    gallery.with_people({"carla": gallery.templates[:2]}).save(tmp_path / "new.esg")
    return tmp_path


@pytest.mark.parametrize("replacing", [True, False])
def test_a_kill_at_every_step(folder: Path, gallery: Gallery, replacing: bool) -> None:
    old = None
    if replacing:
        gallery.save(folder / "old.esg")
        old = (folder / "old.esg").read_bytes()
    states = states_after_kills(folder, "killed")
    new = states[-1]
    assert new is not None
    assert len(states) > 10
    assert set(states) == {old, new}
    assert states == sorted(states, key=lambda state: state == new)


def test_a_kill_in_the_middle_of_the_bytes(folder: Path, gallery: Gallery) -> None:
    gallery.save(folder / "old.esg")
    *killed, new = states_after_kills(folder, "torn")
    assert len(killed) > 5
    assert set(killed) == {(folder / "old.esg").read_bytes()}
    assert new != killed[0]


def test_what_a_kill_left_behind_does_not_disturb_the_next_writer(folder: Path, gallery: Gallery) -> None:
    gallery.save(folder / "old.esg")
    states_after_kills(folder, "torn")
    place = folder / "3"
    assert len(list(place.iterdir())) > 1
    assert Gallery.open(place / "people.esg").without("ben").save(place / "people.esg").names == ("anna",)
    shutil.rmtree(place)


def test_a_failure_leaves_no_temporary(tmp_path: Path, gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "people.esg"
    gallery.save(path)
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        gallery.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
