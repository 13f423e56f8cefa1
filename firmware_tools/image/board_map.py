"""Picture of a build: what takes a board's flash and its memory, to scale."""

from collections.abc import Iterator
from html import escape
from typing import Any

from ..boards import Board
from .build import profile_of

_WIDTH, _HEIGHT, _LEFT, _TOP, _BAR = 960, 190, 20, 40, 34
_FREE = "#e8e8e8"
_COLORS = {
    "code": "#4c78a8",
    "constants": "#72b7b2",
    "gallery slot a": "#f58518",
    "gallery slot b": "#eeca3b",
    "stack": "#e45756",
    "frame": "#54a24b",
    "networks": "#b279a2",
    "other": "#9d755d",
}
_MIN_LABELED = 70.0
_Part = tuple[str, int, int]


def board_map(board: Board, report: dict[str, Any]) -> str:
    """SVG of a build.

    Args:
        board: that it was built for.
        report: its sizes, as in ``report.json``.
    """
    flash, memory = _flash_parts(board, report["flash"]), _memory_parts(report["ram"])
    whole = sum(region.size for region in board.flash)
    view = f"0 0 {_WIDTH + 2 * _LEFT} {_HEIGHT}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        *_bar(f"{board.name}: flash of {whole:,} bytes", _TOP, flash, min(r.address for r in board.flash), whole),
        *_bar(f"memory of {report['ram']['size']:,} bytes", _TOP + 85, memory, 0, report["ram"]["size"]),
    ]
    return "\n".join([*parts, "</svg>", ""])


def _flash_parts(board: Board, flash: dict[str, int]) -> list[_Part]:
    """Name, address and size; the code region's first bytes are code, then constants."""
    profile = profile_of(board)
    code = flash["code"]
    parts = [("code", profile.code, code), ("constants", profile.code + code, flash["used"] - code)]
    return parts + [(f"gallery slot {slot.name}", slot.address, slot.size) for slot in board.slots]


def _memory_parts(ram: dict[str, int]) -> list[_Part]:
    names = ("stack", "frame", "networks")
    sizes = [(name, ram[name]) for name in names]
    sizes.append(("other", ram["used"] - sum(size for _, size in sizes)))
    at, parts = 0, []
    for name, size in sizes:
        parts.append((name, at, size))
        at += size
    return parts


def _bar(title: str, top: int, parts: list[_Part], begin: int, size: int) -> Iterator[str]:
    """One bar with a box for each part."""
    yield f'<text x="{_LEFT}" y="{top - 8}">{escape(title)}</text>'
    yield f'<rect x="{_LEFT}" y="{top}" width="{_WIDTH}" height="{_BAR}" fill="{_FREE}" stroke="black"/>'
    for name, address, length in parts:
        if length <= 0 or not 0 <= address - begin < size:
            continue
        x, width = _LEFT + (address - begin) / size * _WIDTH, length / size * _WIDTH
        text = f"{name}: {length:,} bytes at {address:#x}"
        yield (
            f'<rect x="{x:.1f}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="{_COLORS[name]}"><title>{text}</title></rect>'
        )
        if width >= _MIN_LABELED:
            yield f'<text x="{x + 4:.1f}" y="{top + _BAR + 14}">{name}</text>'
            yield f'<text x="{x + 4:.1f}" y="{top + _BAR + 28}">{length / 1024:,.0f} KiB</text>'
