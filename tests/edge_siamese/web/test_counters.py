"""Today's faces by reason."""

from datetime import UTC, datetime, timedelta

from edge_siamese.decision import Reason
from edge_siamese.web.counters import DayCounters


def counts(counters: DayCounters) -> dict[str, int]:
    return {entry["reason"]: entry["faces"] for entry in counters.to_json()["not_named"]}


def test_a_track_counts_once_with_its_last_reason() -> None:
    counters = DayCounters()
    counters.add(Reason.TOO_SMALL, ("door", 1))
    counters.add(Reason.BLURRED, ("door", 1))
    counters.add(Reason.OK, ("door", 1))
    counters.add(Reason.POSE, ("door", 2))
    counters.add(Reason.POSE, ("garden", 2))
    counters.add(Reason.BELOW_THRESHOLD)
    counters.add(Reason.BELOW_THRESHOLD)
    counters.add(Reason.BELOW_THRESHOLD)
    report = counters.to_json()
    assert (report["faces"], report["named"]) == (6, 1)
    assert counts(counters) == {"below_threshold": 3, "pose": 2}
    assert [entry["outcome"] for entry in report["not_named"]] == ["unknown", "undecided"]
    assert "Look at the camera" in report["not_named"][1]["advice"]


def test_a_new_day_begins_with_nothing() -> None:
    now = [datetime(2026, 3, 1, 22, 0, tzinfo=UTC)]
    counters = DayCounters(now=lambda: now[0])
    counters.add(Reason.DARK, ("door", 1))
    assert counters.to_json()["since"] == "2026-03-01T22:00:00+00:00"
    now[0] += timedelta(hours=3)
    assert counters.to_json() == {"since": "2026-03-02T00:00:00+00:00", "faces": 0, "named": 0, "not_named": []}
    counters.add(Reason.OK, ("door", 1))
    assert counters.to_json()["named"] == 1


def test_the_memory_of_tracks_is_bounded() -> None:
    counters = DayCounters()
    for number in range(5000):
        counters.add(Reason.POSE, ("door", number))
    assert counters.to_json()["faces"] == 5000
    assert len(counters._of_tracks) <= 1000
