"""``docs/formats.md`` says what the code does: its tables and its hex dump are made again and compared."""

from pathlib import Path

import numpy as np
import pytest

from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.layout import PAYLOAD_SECTIONS, RECORDS, REQUIRED, TRAILER_SECTIONS, Record
from edge_siamese.gallery.container.reader import parse
from edge_siamese.gallery.container.writer import encode
from edge_siamese.operating_point import OperatingPoint

PAGE = Path(__file__).parents[4] / "docs" / "formats.md"


def example() -> bytes:
    """Anna with two templates, Ben with one, of four numbers each; one operating point."""
    templates = np.array([(100, 20, -3, 4), (90, 30, 0, 0), (-5, 60, 70, -80)], np.int8)
    about = {"created": "2025-01-31T12:00:00Z", "consent": "on paper"}
    empty = Gallery((), (), templates[:0], np.empty(0, np.uint32), -3, bytes(range(16)), metadata=about)
    point = OperatingPoint(0.001, 16384, 0.00099, 3023, 64, 0.0625, bytes(range(32)).hex())
    return encode(empty.with_people({"Anna": templates[:2], "Ben": templates[2:]}).with_operating_point(point))


def hex_dump(data: bytes) -> str:
    rows = []
    for offset in range(0, len(data), 16):
        row = data[offset : offset + 16]
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        rows.append(f"{offset:08x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}  |{text}|")
    return "\n".join(rows)


def record_table(record: Record) -> str:
    rows = [f"| {offset} | `{field.name}` | {field.code} | {field.meaning} |" for offset, field in record.placed()]
    return "\n".join(["| offset | field | type | meaning |", "|---|---|---|---|", *rows])


def section_table() -> str:
    kinds = PAYLOAD_SECTIONS | TRAILER_SECTIONS
    rows = [
        f"| {kind.value:#06x} | `{kind.name.lower()}` | {REQUIRED if facts.required else 0} | {facts.meaning} |"
        for kind, facts in kinds.items()
    ]
    return "\n".join(["| type | section | flags | value |", "|---|---|---|---|", *rows])


def parts() -> dict[str, str]:
    """Everything on the page that is generated, by what it is."""
    tables = {f"table of the {record.name}": record_table(record) for record in RECORDS}
    return tables | {"table of the sections": section_table(), "hex dump": hex_dump(example())}


@pytest.mark.parametrize("part", parts())
def test_the_page_says_what_the_code_does(part: str) -> None:
    expected = parts()[part]
    assert expected in PAGE.read_text("utf-8"), f"the {part} in {PAGE.name} should read:\n{expected}"


def test_the_bytes_on_the_page_are_a_gallery() -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.endswith("|") and line[:8].isalnum()]
    gallery = parse(b"".join(bytes.fromhex(line[10:59]) for line in lines), "the page")
    assert gallery.names == ("Anna", "Ben")
    assert gallery.operating_points[0].threshold_q15 == 16384
