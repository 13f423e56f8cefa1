"""The events file on a full disk, under a size limit, cut short, and moved away by a log rotation."""

import errno
import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.errors import DataError
from edge_siamese.events import EventMaker, JsonLines, json_lines_on, open_json_lines

MAKER = EventMaker("door", {}, clock=lambda: 77, utc=lambda: datetime(2026, 3, 1, tzinfo=UTC))


def kinds(path: Path) -> list[str]:
    """Kinds of the events in a file, every line of which must be whole."""
    text = path.read_text("utf-8")
    assert text == "" or text.endswith("\n")
    return [json.loads(line)["event"] for line in text.splitlines()]


@contextmanager
def file_size_limit(limit: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_without_room_nothing_is_half_written_and_it_is_said_once(tmp_path: Path) -> None:
    path, said = tmp_path / "events.jsonl", list[str]()
    with open_json_lines(path, warn=said.append) as sink:
        sink.emit(MAKER.started())
        with file_size_limit(path.stat().st_size + 100):
            for _ in range(5):
                sink.emit(MAKER.stopped())
                assert kinds(path) == ["started"]
        assert len(said) == 1
        assert said[0].startswith(f"{path}: cannot be written (File too large); events are lost")
        sink.emit(MAKER.started(again=True))
        sink.emit(MAKER.stopped())
    assert kinds(path) == ["started", "events_lost", "started", "stopped"]
    lost = json.loads(path.read_text().splitlines()[1])
    assert lost["detail"] == {"events": 5, "why": "File too large"}
    assert said[1:] == [f"{path}: events are written again, 5 were lost"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system takes root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path) -> None:
    """Write until there is no room."""
    with path.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(bytes(4096))


def test_a_full_disk_is_survived_and_written_to_again_once_there_is_room(small_disk: Path) -> None:
    path, said = small_disk / "events.jsonl", list[str]()
    with open_json_lines(path, warn=said.append) as sink:
        sink.emit(MAKER.started())
        filler = small_disk / "filler"
        fill(filler)
        for number in range(40):
            sink.emit(MAKER.stopped(number=number, text="x" * 200))
        assert set(kinds(path)) == {"started", "stopped"}
        assert len(said) == 1
        assert "No space left on device" in said[0]
        filler.unlink()
        sink.emit(MAKER.started())
    assert kinds(path)[-2:] == ["events_lost", "started"]


@pytest.mark.parametrize("part", [1, 40, 200])
def test_a_line_written_in_part_is_taken_back(part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, steps = os.write, iter([part, None])

    def write_part(descriptor: int, data: bytes) -> int:
        step = next(steps, -1)
        if step is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data if step < 0 else data[:step])

    path = tmp_path / "events.jsonl"
    with open_json_lines(path, warn=lambda _: None) as sink:
        monkeypatch.setattr(os, "write", write_part)
        sink.emit(MAKER.started())
        assert path.read_bytes() == b""
        sink.emit(MAKER.stopped())
    assert kinds(path) == ["events_lost", "stopped"]


def test_what_cannot_be_taken_back_is_ended_before_the_next_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe cannot be cut; its reader meets one bad line, and whole lines after it."""
    reader, writer = os.pipe()
    write, steps = os.write, iter([30, None])

    def write_part(descriptor: int, data: bytes) -> int:
        step = next(steps, -1)
        if step is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data if step < 0 else data[:step])

    monkeypatch.setattr(os, "write", write_part)
    sink = JsonLines(writer, "output", warn=lambda _: None)
    sink.emit(MAKER.started())
    sink.emit(MAKER.stopped())
    os.close(writer)
    with os.fdopen(reader) as stream:
        broken, *whole = stream.read().splitlines()
    assert len(broken) == 30
    assert [json.loads(line)["event"] for line in whole] == ["events_lost", "stopped"]


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8 a photo")
    with pytest.raises(DataError, match=r"photo\.jpg: expected a new file or one of JSON lines"):
        open_json_lines(tmp_path / "photo.jpg")
    assert (tmp_path / "photo.jpg").read_bytes() == b"\xff\xd8 a photo"


def test_another_failure_is_an_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        JsonLines(writer, "output").emit(MAKER.started())
    os.close(writer)


@pytest.mark.parametrize("moved", [True, False])
def test_a_file_that_was_moved_or_removed_is_begun_anew(moved: bool, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with open_json_lines(path) as sink:
        sink.emit(MAKER.started())
        if moved:
            path.rename(tmp_path / "events.jsonl.1")
        else:
            path.unlink()
        sink.emit(MAKER.stopped())
    assert kinds(path) == ["stopped"]
    assert not moved or kinds(tmp_path / "events.jsonl.1") == ["started"]


def test_a_folder_that_vanishes_is_waited_for(tmp_path: Path) -> None:
    folder, said = tmp_path / "stick", list[str]()
    folder.mkdir()
    with open_json_lines(folder / "events.jsonl", warn=said.append) as sink:
        sink.emit(MAKER.started())
        folder.rename(tmp_path / "pulled")
        sink.emit(MAKER.started())
        sink.emit(MAKER.started())
        folder.mkdir()
        sink.emit(MAKER.stopped())
    assert kinds(folder / "events.jsonl") == ["events_lost", "stopped"]
    assert len(said) == 2


def test_a_stream_without_a_descriptor_is_written_to_as_text() -> None:
    stream = io.StringIO()
    sink = json_lines_on(stream)
    sink.emit(MAKER.started())
    sink.close()
    assert json.loads(stream.getvalue())["event"] == "started"


def test_standard_output_on_a_full_device_goes_on(tmp_path: Path) -> None:
    program = """
import sys
from edge_siamese.events import EventMaker, json_lines_on
sink = json_lines_on(sys.stdout, warn=lambda sentence: print(sentence, file=sys.stderr))
for _ in range(3):
    sink.emit(EventMaker("door", {}).started())
"""
    with Path("/dev/full").open("w") as full:
        done: Any = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr.count("events are lost until it can")) == (0, 1)
