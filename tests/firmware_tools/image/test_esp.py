"""Partition table and merged image of an ESP32 project, as ESP-IDF and esptool lay them out."""

import hashlib
import struct
from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese_firmware.boards import find_board
from edge_siamese_firmware.image.esp import check_merged, esp_parts, partition_table

from ..command import run_command

_CSV = """\
# Name, Type, SubType, Offset, Size
nvs, data, nvs, 0x9000, 0x6000
factory, app, factory, 0x10000, 0x300000
gallery_a, data, 0x40, 0x780000, 0x40000
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder as after ``idf.py build``, with other bytes for what ESP-IDF compiles."""
    (tmp_path / "build" / "bootloader").mkdir(parents=True)
    (tmp_path / "build" / "partition_table").mkdir()
    (tmp_path / "partitions.csv").write_text(_CSV)
    (tmp_path / "build" / "bootloader" / "bootloader.bin").write_bytes(b"\xe9" + bytes(range(1, 256)) * 20)
    (tmp_path / "build" / "partition_table" / "partition-table.bin").write_bytes(partition_table(_CSV))
    (tmp_path / "build" / "edge_siamese_firmware.bin").write_bytes(b"\xe9application" * 999)
    (tmp_path / "gallery.bin").write_bytes(b"ESG1".ljust(4096, b"\xff"))
    return tmp_path


def test_the_partition_table() -> None:
    table = partition_table(_CSV)
    assert len(table) == 0xC00
    entries = [struct.unpack("<HBBII16sI", table[at : at + 32]) for at in range(0, 96, 32)]
    assert [(entry[1], entry[2], entry[3], entry[4], entry[5].rstrip(b"\0")) for entry in entries] == [
        (1, 2, 0x9000, 0x6000, b"nvs"),
        (0, 0, 0x10000, 0x300000, b"factory"),
        (1, 0x40, 0x780000, 0x40000, b"gallery_a"),
    ]
    assert table[:2] == b"\xaa\x50"
    assert table[96:128] == b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(table[:96]).digest()
    assert set(table[128:]) == {0xFF}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nvs, data, nvs, 0x9000, much", "'nvs, data, nvs, 0x9000, much' is no partition|is no partition"),
        ("nvs, data, nvs, 0x8000, 0x1000", "'nvs' at 0x8000 begins before 0x9000"),
        ("a, data, 0x40, 0x9000, 0x2000\nb, data, 0x41, 0xa000, 0x1000", "'b' at 0xa000 begins before 0xb000"),
    ],
)
def test_partitions_that_are_wrong(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        partition_table(text)


def test_one_image_of_everything(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("esptool")
    out = tmp_path / "merged.bin"
    assert run_command("firmware", "merge", str(project), "--board", "esp32s3", "-o", str(out)) == 0
    assert "equal to its parts" in capsys.readouterr().out
    image, parts = out.read_bytes(), esp_parts(project, find_board("esp32s3"))
    assert image[0x780000:] == (project / "gallery.bin").read_bytes()
    assert image[0x8000:0x8C00] == partition_table(_CSV)
    changed = bytearray(image)
    changed[0x10010] ^= 1
    with pytest.raises(DataError, match="differs from its parts at 0x10010"):
        check_merged(bytes(changed), parts)


def test_a_project_that_does_not_fit(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["firmware", "merge", str(project), "--board", "esp32s3", "-o", str(project / "merged.bin")]
    (project / "gallery.bin").write_bytes(bytes(0x40001))
    assert run_command(*arguments) == 2
    assert "the gallery has 262,145 bytes, and its place 262,144" in capsys.readouterr().err
    (project / "gallery.bin").write_bytes(b"ESG1")
    (project / "partitions.csv").write_text(_CSV.replace("0x780000", "0x7a0000"))
    assert run_command(*arguments) == 2
    assert "its partition table is not that of partitions.csv: build the project again" in capsys.readouterr().err
    (project / "build" / "edge_siamese_firmware.bin").unlink()
    assert run_command(*arguments) == 2
    assert "edge_siamese_firmware.bin: cannot be read" in capsys.readouterr().err
    assert not (project / "merged.bin").exists()


def test_the_merged_image_is_checked_again(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("esptool")
    check = ["firmware", "check", str(project), "--board", "esp32s3"]
    assert run_command("firmware", "merge", str(project), "--board", "esp32s3") == 0
    assert run_command(*check) == 0
    lines = capsys.readouterr().out.splitlines()
    for part in ("boot loader", "partition table", "application", "gallery"):
        assert any(line.startswith("merged.bin") and line.endswith(part) for line in lines)
    assert any(line.startswith("gallery.bin") for line in lines)
    for place in (0x10, 0x8001, 0x10010, 0x200000, 0x780001):
        merged = bytearray((project / "merged.bin").read_bytes())
        merged[place] ^= 1
        (project / "merged.bin").write_bytes(merged)
        assert run_command(*check) == 2
        assert f"merged.bin: the merged image differs from its parts at {place:#x}" in capsys.readouterr().err
        merged[place] ^= 1
        (project / "merged.bin").write_bytes(merged)
    (project / "merged.bin").write_bytes(merged[:-1])
    assert run_command(*check) == 2
    assert "differs from its parts at 0x780fff" in capsys.readouterr().err


def test_a_project_that_was_not_merged(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = ["firmware", "check", str(project), "--board"]
    assert run_command(*check, "esp32s3") == 0
    assert "gallery.bin" in capsys.readouterr().out
    (project / "merged.bin").write_bytes(b"")
    assert run_command(*check, "rpi-pico") == 2
    assert "a project for ESP-IDF, which does not build for rpi-pico" in capsys.readouterr().err
    (project / "merged.bin").unlink()
    (project / "gallery.bin").unlink()
    assert run_command(*check, "esp32s3") == 2
    assert "gallery.bin: cannot be read" in capsys.readouterr().err
