"""When a gallery was made, with whose consent, and until when it may be kept."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.metadata import describe, from_bytes, is_overdue, last_day, to_bytes, today


def test_the_time_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert describe() == {"created": "1970-01-01T00:00:00Z"}
    assert describe(created="2025-01-31T12:00:00Z", consent="on paper", retain_until="2999-01-31") == {
        "created": "2025-01-31T12:00:00Z",
        "consent": "on paper",
        "retain_until": "2999-01-31",
    }
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert describe()["created"] > "2025"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("created", "yesterday"),
        ("created", "2025-01-31T12:00:00+01:00"),
        ("created", "2025-13-31T12:00:00Z"),
        ("retain_until", "31.1.2026"),
        ("retain_until", "2026-02-30"),
    ],
)
def test_a_time_or_day_that_is_none_is_refused(field: str, value: str) -> None:
    with pytest.raises(DataError, match=f"{field}: expected a .* such as 2025-01-31"):
        describe(**{field: value})


@pytest.mark.parametrize("epoch", ["soon", "1e3", "9" * 30])
def test_a_bad_epoch_is_refused(monkeypatch: pytest.MonkeyPatch, epoch: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(DataError, match="SOURCE_DATE_EPOCH: expected seconds since 1970"):
        describe()


def test_a_last_day_that_is_over_is_refused() -> None:
    assert describe(retain_until=str(today()))["retain_until"] == str(today())
    yesterday = today() - timedelta(days=1)
    with pytest.raises(
        DataError, match=f"^retain_until: expected today, {today()}, or a later day, found {yesterday}$"
    ):
        describe(retain_until=str(yesterday))


def test_the_last_day_is_still_allowed() -> None:
    metadata = {"retain_until": "2026-01-31", "people": {"anna": {"retain_until": "2025-01-31"}, "ben": {}}}
    days = (date(2025, 1, 31), date(2025, 2, 1), date(2026, 2, 1))
    assert [is_overdue(metadata, "anna", day) for day in days] == [False, True, True]
    assert [is_overdue(metadata, "ben", day) for day in days] == [False, False, False]
    assert [is_overdue(metadata, None, day) for day in days] == [False, False, True]
    assert last_day(metadata, "anna") == date(2025, 1, 31)
    assert last_day(metadata, "ben") is None


def test_a_person_called_like_a_wildcard_is_a_person(gallery: Gallery) -> None:
    starred = gallery.with_people({"*": gallery.templates[:1]}, about={"retain_until": "2025-01-31"})
    assert starred.overdue(date(2025, 2, 1)) == ("*",)
    assert replace(gallery, metadata={"retain_until": "2025-01-31"}).overdue(date(2025, 2, 1)) == ("anna", "ben")


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)


@given(
    st.dictionaries(
        st.text().filter(lambda key: key not in ("people", "created", "consent", "retain_until")), json_values
    )
)
def test_fields_of_others_are_kept(metadata: dict[str, object]) -> None:
    assert from_bytes(to_bytes(metadata)) == metadata


@pytest.mark.parametrize(
    "data", [b"1", b'{"people":[]}', b'{"people":{"a":1}}', b'{"consent":1}', b'{"created":1}', b"\xff"]
)
def test_what_is_no_information_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        from_bytes(data)
