"""From two models and a board to a firmware image."""

import hashlib
import json
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError
from edge_siamese.tflite.model_card import ModelFile

from ..boards import Board, FirmwareProfile
from ..runtime_c.networks import FirmwareOptions, Networks, generate_networks
from ..runtime_c.sources import runtime_sources
from .boot import with_boot_crc
from .config import CONFIG, LINKER_SCRIPT, config_header, linker_script
from .elf import Elf
from .formats import uf2
from .toolchain import Toolchain, build_elf, build_program

PROGRAM = "edge-siamese-firmware"
_ERASED = b"\xff"
CORTEX_M = ("es_startup.c", "es_memory.c", "string.h")
BOARD_CODE = "es_board.c"
_EMULATED, _TEMPLATE = "es_board_semihosting.c", "es_board_template.c"
_OF_CHIPS = {"rp2040": "es_board_rp2040.c"}
_OF_LINUX = "es_board_linux.c"


@dataclass(frozen=True, eq=False)
class FirmwareSources:
    """Everything that is compiled.

    Attributes:
        board: the board.
        files: C text and the linker script, by file name.
        networks: the generated networks.
    """

    board: Board
    files: dict[str, str]
    networks: Networks

    @property
    def c_files(self) -> list[str]:
        """Names of the sources to compile."""
        return sorted(name for name in self.files if name.endswith(".c"))


@dataclass(frozen=True, eq=False)
class Firmware:
    """A linked firmware.

    Attributes:
        board: the board.
        elf: the ELF file with symbols.
        address: where `image` begins.
        image: the bytes to flash; gaps are erased flash.
        report: sizes, for ``report.json``.
    """

    board: Board
    elf: bytes
    address: int
    image: bytes
    report: dict[str, Any]

    def files(self) -> dict[str, bytes]:
        """The files of a build, by name."""
        from ..gallery_image.images import intel_hex

        if profile_of(self.board).target:
            return {PROGRAM: self.elf, "report.json": json.dumps(self.report, indent=1).encode()}
        family = profile_of(self.board).uf2
        with_uf2 = {} if family is None else {"firmware.uf2": uf2(self.image, self.address, family)}
        return {
            **with_uf2,
            "firmware.elf": self.elf,
            "firmware.bin": self.image,
            "firmware.hex": intel_hex(self.image, self.address).encode("ascii"),
            "report.json": json.dumps(self.report, indent=1).encode(),
        }


def profile_of(board: Board) -> FirmwareProfile:
    """What a firmware needs to know of a board.

    Raises:
        DataError: the board's file has no [firmware].
    """
    if board.firmware is None:
        raise DataError(f"{board.name}: its file has no [firmware] table, so it can only be given galleries")
    return board.firmware


def firmware_sources(
    board: Board, detector: ModelFile, embedder: ModelFile, *, board_code: Path | None = None, semihosting: bool = False,
    options: dict[str, Any] | None = None,
) -> FirmwareSources:  # fmt: skip
    """Generate all sources.

    Args:
        board: with [firmware] in its file.
        detector, embedder: the models.
        board_code: a C file that implements ``es_board.h``; by default the one for QEMU, the one of the chip, or a template.
        semihosting: take the one for QEMU whatever the board is.
        options: of `FirmwareOptions`, besides those of the board.

    Raises:
        DataError: code cannot be made for a model, or the board's file has no [firmware].
    """
    profile = profile_of(board)
    chosen = FirmwareOptions(**{"backend": profile.backend, "ram_budget": profile.ram_budget, **(options or {})})
    networks = generate_networks(detector, embedder, chosen)
    folder = files("edge_siamese_firmware.runtime_c")
    chip = _OF_LINUX if profile.target else _OF_CHIPS.get(profile.boot or "", _TEMPLATE)
    emulated = (profile.machine or semihosting) and not profile.target
    own = folder / "boards_c" / (_EMULATED if emulated else chip)
    cortex_m = () if profile.target else (*CORTEX_M, f"es_boot_{profile.boot}.c") if profile.boot else CORTEX_M
    texts = {
        **runtime_sources(),
        **networks.sources,
        **{name: (folder / "cortex_m" / name).read_text("utf-8") for name in cortex_m},
        BOARD_CODE: own.read_text("utf-8") if board_code is None else _read(board_code),
        CONFIG: config_header(board, profile),
    }
    if not profile.target:
        texts[LINKER_SCRIPT] = linker_script(board, profile)
    return FirmwareSources(board, texts, networks)


def build(sources: FirmwareSources, toolchain: Toolchain) -> Firmware:
    """Compile and link.

    Raises:
        DataError: the firmware does not fit the board, cannot be compiled, or the board's core is no Cortex-M.
    """
    profile = profile_of(sources.board)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in sources.files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        if profile.target:
            program = build_program(toolchain, Path(folder), sources.c_files, PROGRAM).read_bytes()
            return Firmware(sources.board, program, profile.code, program, _program_report(sources, program, toolchain))
        require_cortex_m(sources.board)
        path = build_elf(toolchain, Path(folder), sources.c_files, profile.flags, LINKER_SCRIPT)
        elf = with_boot_crc(path.read_bytes(), profile)
    address, image = flash_image(elf, profile)
    return Firmware(sources.board, elf, address, image, _report(sources, profile, elf, image, toolchain))


def require_cortex_m(board: Board) -> None:
    """Check that a firmware can be linked here.

    Raises:
        DataError: the board's core is no Cortex-M.
    """
    if not board.cpu.startswith("cortex-m"):
        raise DataError(
            f"{board.name}: there is no compiler for its {board.cpu} here; --project writes the firmware for another build system"
        )


def flash_image(elf: bytes, profile: FirmwareProfile) -> tuple[int, bytes]:
    """Address and bytes of the code region: all segments that lie in it, with erased flash between.

    Raises:
        DataError: a segment lies elsewhere; vectors that are apart from the code are allowed.
    """
    segments = [segment for segment in Elf(elf).segments() if segment.data]
    end = profile.code + profile.code_size
    image = b""
    for segment in segments:
        last = segment.address + len(segment.data)
        if profile.vectors_apart and segment.address == profile.vectors:
            continue
        if segment.address < profile.code or last > end:
            raise DataError(f"the firmware has bytes at {segment.address:#x} to {last:#x}, outside the code region")
        image = image.ljust(segment.address - profile.code, _ERASED) + segment.data
    return profile.code, image


def _report(
    sources: FirmwareSources, profile: FirmwareProfile, elf: bytes, image: bytes, toolchain: Toolchain
) -> dict[str, Any]:
    sizes = Elf(elf).section_sizes()
    used = sizes.get(".data", 0) + sizes.get(".bss", 0) + sizes.get(".stack", 0)
    return {
        "board": sources.board.name,
        "toolchain": f"{toolchain.name} {toolchain.version}",
        "flash": {
            "used": len(image),
            "size": profile.code_size,
            "code": sizes.get(".text", 0),
            "constants": sizes.get(".rodata", 0),
        },
        "ram": {
            "used": used,
            "size": profile.ram_size,
            "networks": sources.networks.arena,
            "frame": profile.frame_bytes,
            "stack": profile.stack,
        },
    }


def _program_report(sources: FirmwareSources, program: bytes, toolchain: Toolchain) -> dict[str, Any]:
    """Sizes of a Linux program; its memory is what the sources reserve, without that of the system's libraries."""
    profile = profile_of(sources.board)
    networks, frame = sources.networks.arena, profile.frame_bytes
    return {
        "board": sources.board.name,
        "toolchain": f"{toolchain.name} {toolchain.version}",
        "sha256": hashlib.sha256(program).hexdigest(),
        "flash": {"used": len(program), "size": profile.code_size, "code": 0, "constants": 0},
        "ram": {
            "used": networks + frame + profile.stack,
            "size": profile.ram_size,
            "networks": networks,
            "frame": frame,
            "stack": profile.stack,
        },
    }


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})", path=path) from error
