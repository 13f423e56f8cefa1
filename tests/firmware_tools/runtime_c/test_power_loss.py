"""Power loss on an emulated board: the slot code on a SPI flash whose content outlives the board.

Every erase and every page program of an update is cut; a page program in its middle. `EDGE_SIAMESE_ALL_BOARDS=1` runs all.
"""

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from edge_siamese.gallery.container.writer import encode

from .galleries import random_gallery
from .twin import write_sources

_TOOLS = ("arm-none-eabi-gcc", "qemu-system-arm")
_MISSING = [tool for tool in _TOOLS if shutil.which(tool) is None]
pytestmark = pytest.mark.skipif(bool(_MISSING), reason=f"not installed: {', '.join(_MISSING)}")
_FLASH, _CUT, _BASE = 16 << 20, 42, 10
_INCOMING = 0xA1000000
_SOURCES = ["es_slots.c", "es_gallery.c", "es_crc32.c", "es_match.c", "es_real.c", "es_text.c"]
_FLAGS = ("-std=c99", "-O2", "-mthumb", "-mcpu=cortex-m3", "-ffunction-sections", "-nostartfiles", "--specs=nano.specs")


def _gallery(sequence: int) -> bytes:
    """A gallery that takes 84 flash operations."""
    return encode(replace(random_gallery(sequence, 55, dimension=100), sequence=sequence))


class _Board:
    """The emulated board, with its flash in a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_sources(folder)
        rig = Path(__file__).with_name("rig")
        linker = ["-Wl,--gc-sections", "-T", str(rig / "rig.ld"), "-o", "rig.elf"]
        command = ["arm-none-eabi-gcc", *_FLAGS, "-I.", *_SOURCES, str(rig / "main.c"), *linker]
        built = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
        assert built.returncode == 0, built.stderr[:2000]
        (folder / "spi.bin").write_bytes(b"\xff" * _FLASH)

    def run(self, gallery: bytes, *, update: bool, cut: int | None = None) -> int:
        """Boot; the exit code."""
        data = len(gallery).to_bytes(16, "little") + gallery
        (self.folder / "incoming.bin").write_bytes(data)
        words = ["rig", f"update={int(update)}", *([] if cut is None else [f"cut={cut}"])]
        line = ",".join(f"arg={word}" for word in words)
        command = [
            "qemu-system-arm", "-M", "emcraft-sf2", "-display", "none", "-monitor", "none", "-serial", "none",
            "-semihosting-config", f"enable=on,target=native,{line}", "-kernel", "rig.elf",
            "-drive", "file=spi.bin,if=mtd,format=raw",
            "-device", f"loader,file=incoming.bin,addr={_INCOMING - 16:#x},force-raw=on",
        ]  # fmt: skip
        return subprocess.run(command, cwd=self.folder, check=False, capture_output=True, timeout=120).returncode


def test_every_power_cut_leaves_a_whole_gallery(tmp_path: Path) -> None:
    board = _Board(tmp_path)
    assert board.run(_gallery(1), update=False) == _BASE
    assert board.run(_gallery(1), update=True) == _BASE + 1
    cuts = 0
    step = 1 if "EDGE_SIAMESE_ALL_BOARDS" in os.environ else 23
    while board.run(_gallery(2), update=True, cut=cuts) == _CUT:
        assert board.run(_gallery(2), update=False) == _BASE + 1
        cuts += step
    assert board.run(_gallery(2), update=False) == _BASE + 2
    print(f"{cuts} power cuts")
    assert cuts > 80
