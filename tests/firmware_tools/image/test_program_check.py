"""A Linux program is read again and compared with its report before it is installed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_siamese.cli.main import main
from edge_siamese.errors import DataError
from edge_siamese_firmware.boards import Board, find_board
from edge_siamese_firmware.image.build import Firmware, _program_report
from edge_siamese_firmware.image.check import check_images
from edge_siamese_firmware.image.toolchain import Toolchain

_PROGRAM = "edge-siamese-firmware"


class _Networks:
    arena = 1000


class _Sources:
    def __init__(self, board: Board) -> None:
        self.board, self.networks = board, _Networks()


def write_program(folder: Path, board: Board, machine: int) -> None:
    """A program's header and some bytes as a build writes them, for a machine of ELF's list."""
    bits = 2 if machine == 183 else 1
    program = b"\x7fELF" + bytes([bits, 1, 1]) + bytes(11) + machine.to_bytes(2, "little") + bytes(range(256))
    report = _program_report(_Sources(board), program, Toolchain("zig", (), "0"))  # type: ignore[arg-type]
    for name, data in Firmware(board, program, 0, program, report).files().items():
        (folder / name).write_bytes(data)


@pytest.fixture
def board() -> Board:
    return find_board("pi")


@pytest.fixture
def folder(tmp_path: Path, board: Board) -> Path:
    write_program(tmp_path, board, 183)
    (tmp_path / "gallery.bin").write_bytes(b"ESG1".ljust(4096, b"\xff"))
    return tmp_path


def test_a_whole_build(folder: Path, board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    checked = check_images(folder, board)
    assert [(image.name, image.part) for image in checked] == [(_PROGRAM, "firmware"), ("gallery.bin", "gallery")]
    assert checked[0].size == (folder / _PROGRAM).stat().st_size
    with pytest.raises(SystemExit) as ended:
        main(["firmware", "check", str(folder), "--board", "pi", "--json"])
    assert not ended.value.code
    assert [image["name"] for image in json.loads(capsys.readouterr().out)["images"]] == [_PROGRAM, "gallery.bin"]


def test_a_gallery_alone(folder: Path, board: Board) -> None:
    (folder / _PROGRAM).unlink()
    assert [image.name for image in check_images(folder, board)] == ["gallery.bin"]


def _flip(folder: Path) -> None:
    data = bytearray((folder / _PROGRAM).read_bytes())
    data[100] ^= 1
    (folder / _PROGRAM).write_bytes(data)


def _cut(folder: Path) -> None:
    (folder / _PROGRAM).write_bytes((folder / _PROGRAM).read_bytes()[:-1])


_FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a changed byte": (_flip, r"edge-siamese-firmware: its SHA-256 is not the one in report.json"),
    "a missing byte": (_cut, r"edge-siamese-firmware: expected 276 bytes, found 275"),
    "of another processor": (lambda folder: write_program(folder, find_board("pi"), 40), r"expected a program for aarch64"),
    "of another board": (lambda folder: write_program(folder, find_board("linux"), 183), r"build for pi, found one for linux"),
    "no program": (lambda folder: (folder / _PROGRAM).write_bytes(b"x"), r"expected a program for aarch64"),
    "no report": (lambda folder: (folder / "report.json").unlink(), r"report.json: cannot be read"),
    "a report that is none": (lambda folder: (folder / "report.json").write_text("[]"), r"expected the report of a build"),
    "a report without a sum": (lambda folder: (folder / "report.json").write_text("{}"), r"expected the report of a build"),
    "a gallery that does not fit": (
        lambda folder: (folder / "gallery.bin").write_bytes(bytes(2**20 + 1)),
        r"do not lie in a gallery slot of pi",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", _FAULTS)
def test_what_is_not_the_build_is_found(folder: Path, board: Board, fault: str) -> None:
    change, sentence = _FAULTS[fault]
    change(folder)
    with pytest.raises(DataError, match=sentence):
        check_images(folder, board)


def test_nothing_is_installed_of_a_changed_build(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _flip(folder)
    card = tmp_path / "card"
    card.mkdir()
    with pytest.raises(SystemExit) as ended:
        main(["firmware", "flash", str(folder), "--board", "pi", "--to", str(card)])
    assert ended.value.code == 2
    assert "its SHA-256 is not the one in report.json" in capsys.readouterr().err
    assert not list(card.iterdir())
