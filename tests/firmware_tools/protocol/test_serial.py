"""The commands for a board's serial line, over a pseudo-terminal, against the firmware as a program of this machine."""

import json
import os
import subprocess
import tty
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError, EdgeSiameseError
from edge_siamese.gallery import Gallery
from edge_siamese.models import named_model
from edge_siamese.tflite.model_card import read_model
from edge_siamese_firmware.boards import find_board
from edge_siamese_firmware.image.build import build, firmware_sources
from edge_siamese_firmware.image.toolchain import find_linux_toolchain
from edge_siamese_firmware.protocol.serial_line import SerialLine
from edge_siamese_firmware.protocol.update import BoardLink, update_gallery

from ..command import run_command
from ..runtime_c.twin import COMPILER

pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler is installed")
pytest.importorskip("serial")
_EMBEDDER = read_model(Path(str(named_model("embedder-small"))), "embedder")


def _gallery(path: Path, people: int, sequence: int) -> Path:
    rng = np.random.default_rng(sequence)
    templates = {f"person {n}": rng.integers(-128, 128, (2, 256)).astype(np.int8) for n in range(people)}
    replace(Gallery.empty(_EMBEDDER.card).with_people(templates), sequence=sequence).save(path)
    return path


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    detector = read_model(Path(str(named_model("detector-small"))), "detector")
    sources = firmware_sources(find_board("linux"), detector, _EMBEDDER)
    path = tmp_path_factory.mktemp("program") / "firmware"
    path.write_bytes(build(sources, find_linux_toolchain("host", ())).elf)
    path.chmod(0o700)
    return path


@dataclass
class Board:
    """A running firmware, and the terminal on the other end of its line."""

    port: str
    terminal: int
    folder: Path


@pytest.fixture
def board(program: Path, tmp_path: Path) -> Iterator[Board]:
    inner, terminal = os.openpty()
    tty.setraw(terminal)
    slots = [str(tmp_path / "slot_a.bin"), str(tmp_path / "slot_b.bin")]
    with subprocess.Popen([str(program), *slots], stdin=inner, stdout=inner) as running:
        yield Board(os.ttyname(terminal), terminal, tmp_path)
        running.kill()
    os.close(inner)
    os.close(terminal)


def test_updates_and_messages(board: Board, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    first, second = _gallery(tmp_path / "1.esg", 3, 1), _gallery(tmp_path / "2.esg", 40, 2)
    assert run_command("firmware", "update", str(first), "--port", board.port) == 0
    assert f"the board uses {first}: " in capfd.readouterr().out

    os.write(board.terminal, np.random.default_rng(0).bytes(3000))
    with SerialLine(board.port) as line, pytest.raises(InterruptedError):
        update_gallery(BoardLink(line), second.read_bytes(), _interrupted)
    assert run_command("firmware", "update", str(second), "--port", board.port, "--json") == 0
    report = json.loads(capfd.readouterr().out)
    assert report["pages_kept"] > 250 - 3
    assert 0 < report["bytes_sent"] < second.stat().st_size
    held = [(board.folder / name).read_bytes()[: second.stat().st_size] for name in ("slot_a.bin", "slot_b.bin")]
    assert second.read_bytes() in held

    assert run_command("firmware", "monitor", "--port", board.port, "--seconds", "1.5", "--json") == 0
    messages = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    by_kind = {message["message"]: message for message in messages}
    assert by_kind["gallery"]["people"] == 40
    assert by_kind["stack"]["used"] > 0

    assert run_command("firmware", "update", str(first), "--port", board.port) == 2
    assert "the gallery in use has the same or a later sequence" in capfd.readouterr().err


def _interrupted(done: int, _pages: int) -> None:
    if done == 2:
        raise InterruptedError


def test_a_line_that_only_brings_garbage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_siamese_firmware.protocol.update._PATIENCE", 0.05)

    class Noise:
        def send(self, data: bytes) -> None:
            pass

        def receive(self) -> bytes:
            return b"\x00\x12noise\x00"

    with pytest.raises(DataError, match="did not answer STATUS after 4 tries"):
        update_gallery(BoardLink(Noise()), _gallery(tmp_path / "1.esg", 1, 1).read_bytes())


def test_a_port_that_is_absent_or_lost(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    gallery = str(_gallery(tmp_path / "1.esg", 1, 1))
    for arguments in (["update", gallery], ["monitor"]):
        assert run_command("firmware", *arguments, "--port", str(tmp_path / "none")) == 1
        assert "none: cannot be opened as a serial port (No such file or directory)" in capfd.readouterr().err
    inner, terminal = os.openpty()
    tty.setraw(terminal)
    line = SerialLine(os.ttyname(terminal), wait=0.05)
    assert line.receive() == b""
    os.close(inner)
    os.close(terminal)
    with pytest.raises(EdgeSiameseError, match="the serial port failed"):
        line.send(b"x")
