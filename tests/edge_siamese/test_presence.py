import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.presence import PersonArrived, PersonLeft, Presence, PresenceEvent

SECOND = 1_000_000_000


def walk(presence: Presence, *frames: tuple[float, str]) -> list[PresenceEvent]:
    """Process frames of a time in seconds and one letter for each person in it."""
    return [event for time, names in frames for event in presence.update(names, round(time * SECOND))]


def test_one_walk_through_the_room_is_one_arrival_and_one_departure() -> None:
    frames = [(time / 10, "A" if time % 7 else "") for time in range(100)]
    events = walk(Presence("door", 5.0), *frames, (20.0, ""))
    assert events == [
        PersonArrived("door", SECOND // 10, "A"),
        PersonLeft("door", 99 * SECOND // 10, "A", 98 * SECOND // 10),
    ]


@pytest.mark.parametrize(("gap", "arrivals"), [(5.0, 1), (5.1, 2)])
def test_a_gap_longer_than_the_cool_down_is_another_visit(gap: float, arrivals: int) -> None:
    events = walk(Presence("door", 5.0), (0.0, "A"), (gap, "A"))
    assert sum(isinstance(event, PersonArrived) for event in events) == arrivals


def test_people_are_independent() -> None:
    presence = Presence("door", 5.0)
    events = walk(presence, (0.0, "A"), (1.0, "AB"), (7.0, "B"))
    assert [(type(event).__name__, event.identity) for event in events] == [
        ("PersonArrived", "A"), ("PersonArrived", "B"), ("PersonLeft", "A"), ("PersonLeft", "B"), ("PersonArrived", "B"),
    ]  # fmt: skip
    assert presence.people == ["B"]


def test_the_end_of_the_source_is_a_departure() -> None:
    presence = Presence("door")
    walk(presence, (1.0, "BA"), (4.0, "A"))
    assert presence.end() == [PersonLeft("door", 4 * SECOND, "A", 3 * SECOND), PersonLeft("door", SECOND, "B", 0)]
    assert presence.end() == []


def test_a_clock_that_goes_back_ends_a_visit() -> None:
    events = walk(Presence("door"), (100.0, "A"), (1.0, "A"))
    assert [type(event) for event in events] == [PersonArrived, PersonLeft, PersonArrived]


@given(st.lists(st.tuples(st.integers(0, 200), st.sets(st.sampled_from("ABC")))))
def test_arrivals_and_departures_alternate_for_every_person(frames: list[tuple[int, set[str]]]) -> None:
    presence = Presence("door", 10.0)
    events = walk(presence, *((time, "".join(names)) for time, names in frames))
    events += presence.end()
    for name in "ABC":
        kinds = [isinstance(event, PersonArrived) for event in events if event.identity == name]
        assert kinds == [True, False] * (len(kinds) // 2)
