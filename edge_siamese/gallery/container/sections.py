"""Decoders of the payload's sections. They check in the order of the C reader, so that both give the same verdict."""

import uuid
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...names import LONGEST_NAME, problem_of
from ...operating_point import OperatingPoint
from .. import metadata as about
from .checks import Checks
from .content import squared_norms
from .layout import IDENTITY, INT4, OPERATING_POINT, template_size
from .packing import unpacked
from .verdicts import GalleryVerdict

Values = dict[str, Any]


@dataclass(frozen=True)
class IdentityRecords:
    """The section of identities.

    Attributes:
        names: sorted names.
        identifiers: UUIDs, in the order of the names.
        last_days: last day of each person in days since 1970-01-01; 0 for none.
    """

    names: tuple[str, ...]
    identifiers: tuple[uuid.UUID, ...]
    last_days: tuple[int, ...]


def read_people(checks: Checks, value: memoryview, count: int) -> IdentityRecords:
    """Decode the identities; `check_spelling` is left for later.

    Raises:
        DamagedGalleryError: the section is damaged.
    """
    records = count * IDENTITY.size
    if len(value) < records:
        checks.reject(
            GalleryVerdict.IDENTITIES,
            "section identities",
            f"at least {records} bytes for {count} people",
            f"{len(value)}",
        )
    found: dict[uuid.UUID, str] = {}
    last_days, before, offset = [], b"", records
    for index in range(count):
        encoded, record = _identity(checks, value, index, offset)
        name = _plain_name(checks, encoded)
        if encoded <= before:
            checks.reject(GalleryVerdict.NAME, "names", "each once, sorted", f"{name!r} after {before.decode()!r}")
        identifier = uuid.UUID(bytes=record["uuid"])
        if identifier in found:
            checks.reject(GalleryVerdict.IDENTITIES, "identifiers", "each once", f"{identifier} twice")
        found[identifier] = name
        last_days.append(record["retain_until"])
        before, offset = encoded, offset + len(encoded) + 1
    checks.expect(GalleryVerdict.IDENTITIES, "length of the section identities", offset, len(value))
    return IdentityRecords(tuple(found.values()), tuple(found), tuple(last_days))


def _identity(checks: Checks, value: memoryview, index: int, offset: int) -> tuple[bytes, Values]:
    """The bytes of a name and its record; the name must begin at `offset`."""
    if offset >= len(value):
        checks.reject(GalleryVerdict.IDENTITIES, f"name {index}", "to begin inside its section", f"offset {offset}")
    record = IDENTITY.unpack(value, index * IDENTITY.size)
    checks.expect_zeros(GalleryVerdict.RESERVED, f"identity {index}", IDENTITY, record)
    checks.expect(GalleryVerdict.IDENTITIES, f"offset of name {index}", offset, record["name_offset"])
    stop = offset + record["name_length"]
    if stop >= len(value) or value[stop] != 0:
        checks.reject(GalleryVerdict.IDENTITIES, f"name {index}", "to end with a NUL inside its section", "none")
    return bytes(value[offset:stop]), record


def _plain_name(checks: Checks, encoded: bytes) -> str:
    """The name, if it passes what the C reader checks: UTF-8, control characters, ASCII spaces and length."""
    try:
        name = encoded.decode()
    except UnicodeDecodeError:
        checks.reject(GalleryVerdict.NAME, "a name", "UTF-8", encoded[:40].hex())
    controls = any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in name)
    plain = name.strip(" ") == name and "  " not in name and not controls
    if not name or len(encoded) > LONGEST_NAME or not plain:
        checks.reject(
            GalleryVerdict.NAME, "a name", "one that can be shown", f"{name[:40]!r}, which {problem_of(name)}"
        )
    return name


def check_spelling(checks: Checks, people: IdentityRecords) -> None:
    """Check that every name is as `names.clean_name` writes it.

    Raises:
        DamagedGalleryError: one is not.
    """
    for name in people.names:
        problem = problem_of(name)
        if problem:
            checks.reject(GalleryVerdict.SPELLING, "a name", "one that can be shown", f"{name[:40]!r}, which {problem}")


def read_templates(checks: Checks, templates: memoryview, norms: memoryview, header: Values) -> npt.NDArray[np.int8]:
    """Templates int8 ``(T, D)``, of 8 bits as a view of the file, checked with their squared norms.

    Raises:
        DamagedGalleryError: there are more or fewer than the header says, or they do not fit the norms.
    """
    count, dimension = header["templates"], header["dimension"]
    size = template_size(dimension, 4 if header["dtype"] == INT4 else 8)
    flat = _array(checks, GalleryVerdict.TEMPLATES, templates, "int8", count * size, "templates").reshape(count, size)
    stored = _array(checks, GalleryVerdict.NORMS, norms, "<u4", count, "squared_norms")
    packed = size < dimension
    rows: npt.NDArray[np.int8] = unpacked(flat.view(np.uint8), header["zero_point"]) if packed else flat
    wrong = np.flatnonzero(squared_norms(rows, header["zero_point"]) != stored)
    if len(wrong):
        checks.reject(
            GalleryVerdict.NORMS, "squared norms", "those of the templates", f"another at template {wrong[0]}"
        )
    return rows


def read_identity_index(checks: Checks, value: memoryview, people: int, templates: int) -> npt.NDArray[np.uint32]:
    """Identity index uint32 ``(T,)`` of the templates.

    Raises:
        DamagedGalleryError: it is not sorted, or a person has no template.
    """
    index: npt.NDArray[np.uint32] = _array(checks, GalleryVerdict.INDEX, value, "<u4", templates, "identity_index")
    if not np.array_equal(np.unique(index), np.arange(people)) or (index[1:] < index[:-1]).any():
        expected = f"sorted, each of 0 to {people - 1} at least once"
        checks.reject(GalleryVerdict.INDEX, "identity_index", expected, f"{index[:8].tolist()} ...")
    return index


def read_operating_points(checks: Checks, value: memoryview | None) -> tuple[OperatingPoint, ...]:
    """Operating points, strictest first.

    Raises:
        DamagedGalleryError: rates are out of range or out of order.
    """
    if value is None:
        return ()
    if len(value) % OPERATING_POINT.size:
        expected = f"records of {OPERATING_POINT.size} bytes"
        checks.reject(GalleryVerdict.POINTS, "section operating_points", expected, f"{len(value)} bytes")
    offsets = range(0, len(value), OPERATING_POINT.size)
    points = tuple(_operating_point(checks, OPERATING_POINT.unpack(value, offset)) for offset in offsets)
    targets = [point.target_fmr for point in points]
    if targets != sorted(set(targets)):
        checks.reject(GalleryVerdict.POINTS, "operating points", "different rates, strictest first", f"{targets}")
    return points


def _operating_point(checks: Checks, fields: Values) -> OperatingPoint:
    checks.expect_zeros(GalleryVerdict.POINTS, "operating point", OPERATING_POINT, fields)
    names = ("target_fmr", "fmr_upper_95", "fnmr", "impostor_pairs", "people")
    point = OperatingPoint(
        **{n: fields[n] for n in names},
        threshold_q15=fields["threshold"],
        dataset_digest=fields["dataset_digest"].hex(),
        estimated=fields["evidence"] == 1,
    )
    if fields["evidence"] > 1:
        checks.reject(GalleryVerdict.POINTS, "evidence of an operating point", "0 or 1", str(fields["evidence"]))
    rates = (point.target_fmr, point.fmr_upper_95, point.fnmr)
    if not (0.0 < point.target_fmr < 1.0 and all(0.0 <= rate <= 1.0 for rate in rates)):
        checks.reject(GalleryVerdict.POINTS, "rates of an operating point", "between 0 and 1", f"{rates}")
    return point


def read_metadata(checks: Checks, value: memoryview | None, people: IdentityRecords, header: Values) -> Values:
    """Metadata of the gallery and its people; their last days must be those of the records.

    Raises:
        DamagedGalleryError: it is no JSON object of the right fields, or contradicts the records.
    """
    verdict = GalleryVerdict.METADATA
    try:
        metadata = {} if value is None else about.from_bytes(bytes(value))
    except ValueError as error:
        checks.reject(verdict, "metadata", "a JSON object", f"one that cannot be read ({error})")
    strangers = sorted(set(metadata.get("people", {})) - set(people.names))
    if strangers:
        checks.reject(verdict, "metadata", "only about people in the gallery", f"{strangers[0]!r}")
    what = "last day of the gallery in the metadata"
    checks.expect(verdict, what, header["retain_until"], about.last_day_number(metadata))
    for name, day in zip(people.names, people.last_days, strict=True):
        checks.expect(verdict, f"last day of {name!r} in the metadata", day, about.last_day_number(metadata, name))
    return metadata


def _array(
    checks: Checks, verdict: GalleryVerdict, value: memoryview, dtype: str, count: int, section: str
) -> npt.NDArray[Any]:
    checks.expect(verdict, f"bytes in the section {section}", count * np.dtype(dtype).itemsize, len(value))
    return np.frombuffer(value, dtype)
