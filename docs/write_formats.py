"""Writes the generated parts of ``docs/formats.md``: the tables of the gallery format, its verdicts, and the example.

A part stands between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``. ``--check`` only compares.
"""

import re
import sys
from pathlib import Path

import numpy as np

from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.layout import PAYLOAD_SECTIONS, RECORDS, REQUIRED, TRAILER_SECTIONS, Record
from edge_siamese.gallery.container.verdicts import GalleryVerdict
from edge_siamese.gallery.container.writer import encode
from edge_siamese.operating_point import OperatingPoint

PAGE = Path(__file__).with_name("formats.md")


def example() -> bytes:
    """Anna with two templates, Ben with one, of four numbers each; one operating point."""
    templates = np.array([(100, 20, -3, 4), (90, 30, 0, 0), (-5, 60, 70, -80)], np.int8)
    about = {"created": "2025-01-31T12:00:00Z", "consent": "on paper"}
    empty = Gallery((), (), templates[:0], np.empty(0, np.uint32), -3, bytes(range(16)), metadata=about)
    point = OperatingPoint(0.001, 16384, 0.00099, 3023, 64, 0.0625, bytes(range(32)).hex())
    return encode(empty.with_people({"Anna": templates[:2], "Ben": templates[2:]}).with_operating_point(point))


def hex_dump(data: bytes) -> str:
    """Bytes in a fenced block, 16 a line, with their offsets and characters."""
    rows = []
    for offset in range(0, len(data), 16):
        row = data[offset : offset + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        rows.append(f"{offset:08x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}  |{text}|")
    return "\n".join(["```", *rows, "```"])


def record_table(record: Record) -> str:
    """The fields of a record."""
    rows = [f"| {offset} | `{field.name}` | {field.code} | {field.meaning} |" for offset, field in record.placed()]
    return "\n".join(["| offset | field | type | meaning |", "|---|---|---|---|", *rows])


def section_table() -> str:
    """The types of sections."""
    rows = [
        f"| {kind.value:#06x} | `{kind.name.lower()}` | {REQUIRED if facts.required else 0} | {facts.meaning} |"
        for kind, facts in (PAYLOAD_SECTIONS | TRAILER_SECTIONS).items()
    ]
    return "\n".join(["| type | section | flags | value |", "|---|---|---|---|", *rows])


def verdict_table() -> str:
    """The verdicts of the readers."""
    rows = [f"| {each.value} | `{each.name}` | `{each.kind}` | {each.meaning} |" for each in GalleryVerdict]
    return "\n".join(["| code | verdict | kind | meaning |", "|---|---|---|---|", *rows])


def parts() -> dict[str, str]:
    """The generated parts by name."""
    tables = {record.name: record_table(record) for record in RECORDS}
    return tables | {"sections": section_table(), "verdicts": verdict_table(), "example": hex_dump(example())}


def written(text: str) -> str:
    """The page with its generated parts made again.

    Raises:
        ValueError: the page lacks the place of a part.
    """
    for name, part in parts().items():
        place = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        if not place.search(text):
            raise ValueError(f"{PAGE.name}: expected <!-- begin {name} --> and <!-- end {name} -->, found none")
        text = place.sub(lambda found, part=part: f"{found[1]}{part}\n{found[2]}", text)
    return text


def main() -> None:
    """Write the page, or compare it with ``--check``."""
    before = PAGE.read_text("utf-8")
    after = written(before)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(after, "utf-8")
    elif before != after:
        sys.exit(f"{PAGE.name} is not current: run python docs/write_formats.py")


if __name__ == "__main__":
    main()
