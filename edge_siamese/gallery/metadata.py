"""Metadata of a gallery and its people: creation time, consent and retention date."""

import json
import os
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ..errors import DataError

_CREATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EPOCH = date(1970, 1, 1)


def describe(
    *, created: str | None = None, consent: str | None = None, retain_until: str | None = None
) -> dict[str, Any]:
    """Create the metadata of a gallery or a person.

    Args:
        created: creation time, RFC 3339 in UTC; None for SOURCE_DATE_EPOCH or now.
        consent: free text: who agreed to what, and where it is recorded.
        retain_until: last day of retention, ``YYYY-MM-DD``.

    Raises:
        DataError: a time or day is malformed, or the retention date is in the past.
    """
    metadata: dict[str, Any] = {"created": created or _now()}
    if consent is not None:
        metadata["consent"] = consent
    if retain_until is not None:
        metadata["retain_until"] = retain_until
    problem = problem_of(metadata)
    if problem:
        raise DataError(problem)
    require_current(metadata)
    return metadata


def require_current(entry: dict[str, Any]) -> None:
    """Check that the retention date is not in the past.

    Args:
        entry: metadata of a gallery or one person, without ``people``.

    Raises:
        DataError: the retention date is in the past.
    """
    if is_overdue(entry, None, today()):
        raise DataError(f"retain_until: expected today, {today()}, or a later day, found {entry['retain_until']}")


def today() -> date:
    """Today's date in UTC, which is used for retention."""
    return datetime.now(UTC).date()


def problem_of(metadata: dict[str, Any]) -> str | None:
    """Sentence about the first invalid field in the metadata of a gallery and its people; None if all are valid."""
    people = metadata.get("people", {})
    if not isinstance(people, dict) or not all(isinstance(entry, dict) for entry in people.values()):
        return "people: expected an object of objects by name"
    for entry in (metadata, *people.values()):
        created, until, consent = entry.get("created"), entry.get("retain_until"), entry.get("consent")
        if created is not None and not _is_moment(created):
            return f"created: expected a time such as 2025-01-31T12:00:00Z, found {created!r}"
        if until is not None and not _is_day(until):
            return f"retain_until: expected a day such as 2025-01-31, found {until!r}"
        if consent is not None and not isinstance(consent, str):
            return f"consent: expected text, found {consent!r}"
    return None


def last_day(metadata: dict[str, Any], name: str | None = None) -> date | None:
    """Last day of retention of a person, or of the whole gallery for None; None if not set."""
    entry = metadata if name is None else metadata.get("people", {}).get(name, {})
    return date.fromisoformat(entry["retain_until"]) if entry.get("retain_until") else None


def last_day_number(metadata: dict[str, Any], name: str | None = None) -> int:
    """`last_day` as a number in a gallery file: days since 1970-01-01, at least 1; 0 if not set."""
    last = last_day(metadata, name)
    return 0 if last is None else max(day_number(last), 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: int) -> str:
    """The day with a number, ``YYYY-MM-DD``; a number beyond the year 9999 is in words."""
    try:
        return str(_EPOCH + timedelta(days=number))
    except OverflowError:
        return f"{number} days after 1970-01-01"


def is_overdue(metadata: dict[str, Any], name: str | None, day: date) -> bool:
    """Whether the retention of a person, or of the whole gallery for None, ended before `day`."""
    last = last_day(metadata, name)
    return last is not None and last < day


def to_bytes(metadata: dict[str, Any]) -> bytes:
    """Encode metadata as UTF-8 JSON with sorted keys and without spaces."""
    return json.dumps(metadata, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def from_bytes(data: bytes) -> dict[str, Any]:
    """Decode metadata written by `to_bytes`.

    Raises:
        ValueError: not a JSON object with valid fields.
    """
    try:
        metadata = json.loads(data.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(metadata, dict):
        raise ValueError(f"expected an object, found {type(metadata).__name__}")
    problem = problem_of(metadata)
    if problem:
        raise ValueError(problem)
    return metadata


def _now() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise DataError(f"SOURCE_DATE_EPOCH: expected seconds since 1970, found {epoch!r}") from error
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_moment(text: object) -> bool:
    return isinstance(text, str) and bool(_CREATED.fullmatch(text)) and _parses(datetime.fromisoformat, text)


def _is_day(text: object) -> bool:
    return isinstance(text, str) and bool(_DAY.fullmatch(text)) and _parses(date.fromisoformat, text)


def _parses(parse: Any, text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True
