"""Board files: facts that fit together, or one sentence."""

from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese_firmware.boards import Board, find_board, known_boards, parse_board, read_board

GOOD = """\
name = "mine"
title = "My board"
cpu = "cortex-m4"

[[flash]]
address = 0x08000000
size = 0x10000
erase = 0x1000

[gallery]
size = 0x2000
a = 0x0800c000
b = 0x0800e000
"""


@pytest.mark.parametrize("board", known_boards(), ids=lambda board: board.name)
def test_known_boards_are_consistent(board: Board) -> None:
    assert find_board(board.name) == board
    assert all(find_board(alias) == board for alias in board.aliases)
    assert board.slot("a").size == board.slot("b").size
    assert all(slot.address % slot.erase == 0 for slot in board.slots)


def test_the_promised_boards_are_there() -> None:
    names = {name for board in known_boards() for name in (board.name, *board.aliases)}
    assert {"esp32s3", "rpi-pico", "rp2040", "stm32f405", "netduinoplus2", "mps2-an500", "microbit", "nrf51"} <= names
    assert len(names) == sum(1 + len(board.aliases) for board in known_boards())


def test_a_name_in_capitals_is_understood() -> None:
    assert find_board("RP2040").name == "rpi-pico"


@pytest.mark.parametrize(
    ("name", "advice"), [("rpi-pcio", "did you mean 'rpi-pico'?"), ("toaster", "known are esp32s3, ")]
)
def test_an_unknown_board_gets_advice(name: str, advice: str) -> None:
    with pytest.raises(DataError, match=f"there is no board '{name}'; ") as caught:
        find_board(name)
    assert advice in str(caught.value)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD)
    board = find_board(str(tmp_path / "mine.toml"))
    assert (board.name, board.slot("b").address, board.slot("b").erase) == ("mine", 0x0800E000, 0x1000)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("cpu", "cpv", "unknown key 'cpv'; did you mean 'cpu'?"),
        ('cpu = "cortex-m4"\n', "", "the key 'cpu' is missing"),
        ('"cortex-m4"', "4", "cpu: expected text, found 4"),
        ("erase = 0x1000", "erase = true", "erase: expected a whole number, found True"),
        ("erase = 0x1000", "erase = 100", "erase: expected a multiple of 16 bytes, found 100"),
        ("erase = 0x1000", "erase = 0", "erase: expected a multiple of 16 bytes, found 0"),
        ("size = 0x10000", "size = 0x10800", "expected whole pages of 4096 bytes"),
        ("address = 0x08000000", "address = 0xffffff00", "within 32 bits"),
        ("a = 0x0800c000", "a = 0x08010000", "slot a: 8192 bytes at 0x8010000 do not lie in one"),
        ("a = 0x0800c000", "a = 0x0800c010", "slot a: 8192 bytes at 0x800c010: expected whole pages of 4096"),
        ("size = 0x2000", "size = 0x1800", "expected whole pages of 4096"),
        ("size = 0x2000", "size = 0", "do not lie in one"),
        ("a = 0x0800c000", "a = 0x0800d000", "the slots a and b overlap"),
        ("[gallery]", "[galery]", "unknown key 'galery'; did you mean 'gallery'?"),
        ("[[flash]]", "[flash]", "flash: expected a list"),
        ("name", "= name", "not TOML"),
    ],
)
def test_what_cannot_be_is_one_sentence(old: str, new: str, sentence: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_board(GOOD.replace(old, new, 1), "mine.toml")
    assert str(caught.value).startswith("mine.toml: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.toml: cannot be read"):
        read_board(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b'name = "\xff"')
    with pytest.raises(DataError, match="expected UTF-8"):
        read_board(tmp_path / "latin.toml")


FIRMWARE = """
[firmware]
code = 0x08000000
code_size = 0xc000
ram = 0x20000000
ram_size = 0x8000
stack = 0x1000
backend = "dsp"
flags = ["-mcpu=cortex-m4"]
frame = "160x120 gray"
"""


def test_a_firmware_profile() -> None:
    profile = parse_board(GOOD + FIRMWARE, "mine").firmware
    assert profile is not None
    assert (profile.vectors, profile.frame_bytes, profile.flags) == (0x08000000, 19200, ("-mcpu=cortex-m4",))
    assert parse_board(GOOD, "mine").firmware is None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "code_size = 0xc000",
            "code_size = 0xd000",
            r"the code at 0x8000000 to 0x800d000 overlaps slot a at 0x800c000",
        ),
        ("ram = 0x20000000", "ram = 0x08000000", r"the code at .* overlaps the memory at"),
        ("code = 0x08000000", "code = 0x07ff0000", r"does not lie in \[\[flash\]\] regions"),
        (
            "stack = 0x1000",
            "stack = 0x8000",
            r"stack: expected a multiple of 8 from 1024 to the memory's size, found 32768",
        ),
        ("stack = 0x1000", "stack = 100", r"stack: expected"),
        ('"dsp"', '"neon"', r"backend: expected c, dsp, mve, found 'neon'"),
        ("160x120 gray", "160x120 grayish", r"frame: expected one like '320x240 rgb565'"),
        ("160x120 gray", "161x120 gray", r"frame: width: expected a multiple of 8 up to 2048 pixels, found 161"),
        ("160x120 gray", "4096x8 gray", r"frame: width: expected a multiple of 8"),
        ("ram_size", "ramsize", r"unknown key 'ramsize'; did you mean 'ram_size'\?"),
        ("ram_size = 0x8000", "ram_size = 0x7fffffffffff", r"the memory: expected bytes within 32 bits"),
        ("ram = 0x20000000", "ram = 0x20000004", r"expected vectors at a multiple of 128"),
    ],
)
def test_a_firmware_profile_that_does_not_fit_together(old: str, new: str, sentence: str) -> None:
    text = GOOD + FIRMWARE
    assert old in text
    with pytest.raises(DataError, match=sentence):
        parse_board(text.replace(old, new), "mine")
