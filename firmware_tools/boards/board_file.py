"""Board file: the ``.toml`` that defines a board.

::

    name = "rpi-pico"
    title = "Raspberry Pi Pico, 2 MB flash"
    aliases = ["rp2040"]                  # optional
    cpu = "cortex-m0plus"

    [[flash]]                             # once for every region with the same erase size
    address = 0x10000000
    size = 0x00200000
    erase = 0x1000

    [gallery]                             # two slots of the same size, so that one is whole while the other is written
    size = 0x00020000
    a = 0x101c0000
    b = 0x101e0000

    [firmware]                            # optional: for firmware of this project on the board
    code = 0x10000000                     # where it begins, in a [[flash]] region
    code_size = 0x001c0000
    ram = 0x20000000
    ram_size = 0x00042000
    stack = 0x1800                        # bytes of the memory, at its beginning
    backend = "c"                         # kernels: c, dsp or mve
    flags = ["-mcpu=cortex-m0plus"]       # for the compiler
    frame = "320x240 gray"                # of the camera: rgb888, rgb565, rgb565be, gray or yuyv
    ram_budget = 100000                   # optional: bytes for the networks
    vectors = 0x10000100                  # optional: where the vectors are, if not at the code
    machine = "..."                       # optional: of QEMU
    writable = true                       # optional: in QEMU the slots are memory
    detector = "detector-small"           # optional: the shipped models that fit the board
    embedder = "embedder-small"           # optional
    uf2 = 0xe48bff56                      # optional: family of UF2 files
    target = "aarch64-linux-musl"         # optional: the firmware is a Linux program; "host" for this machine
    boot = "rp2040"                       # optional: what the chip's boot ROM looks for: rp2040 or rp2350
    flashers = ["picotool"]               # optional: programs that write the flash, with their target behind a colon
"""

import difflib
import itertools
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError
from edge_siamese.gallery.container.layout import ALIGNMENT

from ..frames import FORMATS, FrameFormat, check_frame_size
from .spec import Board, FirmwareProfile, Region, Slot

_Keys = Mapping[str, type]
_KEYS: _Keys = {"name": str, "title": str, "cpu": str, "flash": list, "gallery": dict}
_OPTIONAL_KEYS: _Keys = {"aliases": list, "firmware": dict}
_FLASH_KEYS: _Keys = {"address": int, "size": int, "erase": int}
_GALLERY_KEYS: _Keys = {"size": int, "a": int, "b": int}
_FIRMWARE_KEYS: _Keys = {
    "code": int, "code_size": int, "ram": int, "ram_size": int, "stack": int, "backend": str, "flags": list, "frame": str,
}  # fmt: skip
_OPTIONAL_FIRMWARE_KEYS: _Keys = {
    "ram_budget": int, "vectors": int, "machine": str, "writable": bool, "detector": str, "embedder": str, "uf2": int, "boot": str, "target": str,
    "flashers": list,
}  # fmt: skip
_BACKENDS = ("c", "dsp", "mve")
_BOOT_ROMS = ("rp2040", "rp2350")
_MIN_STACK = 1024
_ADDRESSES = 2**32


def read_board(path: Path) -> Board:
    """Read a board file.

    Raises:
        DataError: the file cannot be read or is invalid.
    """
    try:
        return parse_board(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})", path=path) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected UTF-8 text ({error.reason})", path=path) from error


def parse_board(text: str, source: str) -> Board:
    """Parse the ``.toml`` text of a board; `source` is its name in messages. See `read_board`."""
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{source}: not TOML ({error})") from error
    _require_keys(fields, _KEYS, source, optional=_OPTIONAL_KEYS)
    regions = tuple(_region(entry, source) for entry in fields["flash"])
    _require_keys(fields["gallery"], _GALLERY_KEYS, f"{source}: [gallery]")
    first, second = (_slot(name, fields["gallery"], regions, source) for name in ("a", "b"))
    if first.address < second.end and second.address < first.end:
        raise DataError(f"{source}: [gallery]: the slots a and b overlap")
    firmware = _firmware(fields["firmware"], regions, (first, second), source) if "firmware" in fields else None
    return Board(
        name=fields["name"],
        title=fields["title"],
        aliases=tuple(str(alias) for alias in fields.get("aliases", [])),
        cpu=fields["cpu"],
        flash=regions,
        slots=(first, second),
        firmware=firmware,
    )


def _region(entry: Any, source: str) -> Region:
    where = f"{source}: [[flash]]"
    if not isinstance(entry, dict):
        raise DataError(f"{where}: expected a table, found {entry!r}")
    _require_keys(entry, _FLASH_KEYS, where)
    region = Region(**entry)
    if region.erase < ALIGNMENT or region.erase % ALIGNMENT:
        raise DataError(f"{where}: erase: expected a multiple of {ALIGNMENT} bytes, found {region.erase}")
    if region.address < 0 or region.size <= 0 or region.end > _ADDRESSES or region.size % region.erase:
        raise DataError(
            f"{where}: expected whole pages of {region.erase} bytes within 32 bits, found {region.size} bytes at "
            f"{region.address:#x}"
        )
    return region


def _slot(name: str, gallery: dict[str, Any], regions: tuple[Region, ...], source: str) -> Slot:
    address, size = gallery[name], gallery["size"]
    where = f"{source}: [gallery]: slot {name}: {size} bytes at {address:#x}"
    home = next((r for r in regions if r.address <= address and address + size <= r.end), None)
    if home is None or size <= 0:
        raise DataError(f"{where} do not lie in one [[flash]] region")
    if (address - home.address) % home.erase or size % home.erase:
        raise DataError(f"{where}: expected whole pages of {home.erase} bytes")
    return Slot(address, size, home.erase, name)


def _firmware(
    table: dict[str, Any], regions: tuple[Region, ...], slots: tuple[Slot, Slot], source: str
) -> FirmwareProfile:
    where = f"{source}: [firmware]"
    _require_keys(table, _FIRMWARE_KEYS, where, optional=_OPTIONAL_FIRMWARE_KEYS)
    if table["backend"] not in _BACKENDS:
        raise DataError(f"{where}: backend: expected {', '.join(_BACKENDS)}, found '{table['backend']}'")
    if table.get("boot", "rp2040") not in _BOOT_ROMS:
        raise DataError(f"{where}: boot: expected {' or '.join(_BOOT_ROMS)}, found '{table['boot']}'")
    width, height, kind = _frame(table["frame"], where)
    rest = {key: value for key, value in table.items() if key not in {"frame", "flags", "flashers"}}
    profile = FirmwareProfile(
        **{"vectors": table["code"], **rest},
        flags=tuple(map(str, table["flags"])),
        flashers=tuple(map(str, table.get("flashers", []))),
        width=width,
        height=height,
        frame_format=kind,
    )
    _check_map(profile, regions, slots, where)
    return profile


def _frame(text: str, where: str) -> tuple[int, int, FrameFormat]:
    found = re.fullmatch(r"(\d+)x(\d+) (\w+)", text)
    if found is None or found[3] not in FORMATS:
        raise DataError(f"{where}: frame: expected one like '320x240 rgb565' with {', '.join(FORMATS)}, found '{text}'")
    width, height = int(found[1]), int(found[2])
    check_frame_size(width, height, f"{where}: frame")
    return width, height, FORMATS[FORMATS.index(found[3])]


def _check_map(profile: FirmwareProfile, regions: tuple[Region, ...], slots: tuple[Slot, Slot], where: str) -> None:
    """Code and memory lie in 32 bits, and nothing lies on anything else."""
    code, ram = (profile.code, profile.code + profile.code_size), (profile.ram, profile.ram + profile.ram_size)
    parts = {"the code": code, "the memory": ram} | {f"slot {slot.name}": (slot.address, slot.end) for slot in slots}
    for name, (begin, end) in parts.items():
        if not 0 <= begin < end <= _ADDRESSES:
            raise DataError(f"{where}: {name}: expected bytes within 32 bits, found {end - begin} at {begin:#x}")
    for (name, (begin, end)), (other, (first, last)) in itertools.combinations(parts.items(), 2):
        if begin < last and first < end:
            raise DataError(f"{where}: {name} at {begin:#x} to {end:#x} overlaps {other} at {first:#x} to {last:#x}")
    if not _is_covered(code, regions):
        raise DataError(f"{where}: the code at {code[0]:#x} to {code[1]:#x} does not lie in [[flash]] regions")
    if profile.stack < _MIN_STACK or profile.stack % 8 or profile.stack >= profile.ram_size:
        raise DataError(
            f"{where}: stack: expected a multiple of 8 from {_MIN_STACK} to the memory's size, found {profile.stack}"
        )
    if profile.vectors % 128 or (profile.ram | profile.code) % 8:
        raise DataError(f"{where}: expected vectors at a multiple of 128, code and memory at multiples of 8")


def _is_covered(span: tuple[int, int], regions: tuple[Region, ...]) -> bool:
    """Whether regions that follow each other hold a span."""
    at, end = span
    for region in sorted(regions, key=lambda region: region.address):
        if region.address <= at < region.end:
            at = region.end
    return at >= end


def _require_keys(table: dict[str, Any], keys: _Keys, where: str, *, optional: _Keys | None = None) -> None:
    """Check that all keys are present with their type and no others; suggests similar names for unknown keys."""
    allowed = {**keys, **(optional or {})}
    for key, value in table.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            advice = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(allowed)}"
            raise DataError(f"{where}: unknown key '{key}'; {advice}")
        if not isinstance(value, allowed[key]) or (isinstance(value, bool) and allowed[key] is not bool):
            raise DataError(f"{where}: {key}: expected {_spoken(allowed[key])}, found {value!r}")
    missing = [key for key in keys if key not in table]
    if missing:
        raise DataError(f"{where}: the key '{missing[0]}' is missing")


def _spoken(kind: type) -> str:
    return {str: "text", int: "a whole number", list: "a list", dict: "a table", bool: "true or false"}[kind]
