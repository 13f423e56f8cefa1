"""When a gallery was made, with whose consent, and until when it may be kept."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.gallery.metadata import describe, from_bytes, overdue, to_bytes


def test_the_time_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert describe() == {"created": "1970-01-01T00:00:00Z"}
    assert describe(created="2025-01-31T12:00:00Z", consent="on paper", retain_until="2026-01-31") == {
        "created": "2025-01-31T12:00:00Z",
        "consent": "on paper",
        "retain_until": "2026-01-31",
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


def test_the_last_day_is_still_allowed() -> None:
    metadata = {"retain_until": "2026-01-31", "people": {"anna": {"retain_until": "2025-01-31"}, "ben": {}}}
    assert overdue(metadata, date(2025, 1, 31)) == []
    assert overdue(metadata, date(2025, 2, 1)) == ["anna"]
    assert overdue(metadata, date(2026, 2, 1)) == ["*", "anna"]


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
