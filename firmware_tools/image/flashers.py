"""Programs that write a board's flash, and how each is asked to write an image and to read it back."""

import shutil
from dataclasses import dataclass

from edge_siamese.errors import DataError, RuntimeMissingError

from ..boards import Board
from .build import profile_of

Command = tuple[str, ...]


@dataclass(frozen=True)
class Flasher:
    """One program for one board.

    Attributes:
        program: its name.
        write: words of the command that writes ``{file}`` at ``{address}``; it erases what it writes and nothing else.
        read: words of the command that reads ``{size}`` bytes, from ``{address}`` up to ``{end}``, into ``{file}``.
    """

    program: str
    write: Command
    read: Command

    def command(self, words: Command, file: str, address: int, size: int) -> list[str]:
        """`write` or `read` for an image."""
        values = {"file": file, "address": f"{address:#010x}", "end": f"{address + size:#010x}", "size": f"{size:#x}"}
        return [word.format(**values) for word in words]


def _picotool(_target: str) -> Flasher:
    write = ("picotool", "load", "-v", "{file}", "-t", "bin", "-o", "{address}")
    return Flasher("picotool", write, ("picotool", "save", "-r", "{address}", "{end}", "{file}", "-t", "bin"))


def _pyocd(target: str) -> Flasher:
    write = ("pyocd", "flash", "--target", target, "--erase", "sector", "--base-address", "{address}", "{file}")
    return Flasher(
        "pyocd", write, ("pyocd", "commander", "--target", target, "--command", "savemem {address} {size} {file}")
    )


def _openocd(target: str) -> Flasher:
    setup = tuple(word for file in target.split(",") for word in ("-f", file))
    write = ("openocd", *setup, "-c", "program {{{file}}} {address} verify reset exit")
    read = (
        "openocd",
        *setup,
        "-c",
        "init",
        "-c",
        "reset halt",
        "-c",
        "dump_image {{{file}}} {address} {size}",
        "-c",
        "exit",
    )
    return Flasher("openocd", write, read)


def _dfu_util(target: str) -> Flasher:
    start = ("dfu-util", "-a", target or "0", "-s")
    return Flasher("dfu-util", (*start, "{address}", "-D", "{file}"), (*start, "{address}:{size}", "-U", "{file}"))


def _esptool(target: str) -> Flasher:
    start = ("esptool", "--chip", target)
    return Flasher(
        "esptool",
        (*start, "write-flash", "{address}", "{file}"),
        (*start, "read-flash", "{address}", "{size}", "{file}"),
    )


_KNOWN = {"picotool": _picotool, "pyocd": _pyocd, "openocd": _openocd, "dfu-util": _dfu_util, "esptool": _esptool}


def flashers_of(board: Board) -> list[Flasher]:
    """The programs that a board's file names, in its order.

    Raises:
        DataError: it names none, or one that is not known.
    """
    names = profile_of(board).flashers
    if not names:
        raise DataError(f"{board.name}: its file names no program that writes its flash (flashers)")
    found = []
    for text in names:
        program, _, target = text.partition(":")
        if program not in _KNOWN:
            raise DataError(f"{board.name}: flashers: '{program}' is not known; known are {', '.join(_KNOWN)}")
        found.append(_KNOWN[program](target))
    return found


def find_flasher(board: Board, name: str | None = None, *, installed: bool = True) -> Flasher:
    """The program of a name, or the first that is installed.

    Args:
        board: whose flash is written.
        name: of the program; None for any.
        installed: whether it must be there; otherwise the first that the board's file names is taken if none is.

    Raises:
        DataError: the board's file does not name it.
        RuntimeMissingError: it is not installed.
    """
    known = flashers_of(board)
    suited = [each for each in known if name in {None, each.program}]
    if not suited:
        raise DataError(
            f"{board.name}: its file does not name {name}; it names {', '.join(each.program for each in known)}"
        )
    there = [each for each in suited if shutil.which(each.program)]
    if not there and installed:
        names = " or ".join(each.program for each in suited)
        raise RuntimeMissingError(
            f"{names}, which writes this board's flash, is not installed; --dry-run prints the commands"
        )
    return (there or suited)[0]
