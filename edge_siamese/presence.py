"""Presence of people before a camera: `PersonArrived` and `PersonLeft` instead of a decision for every track.

Tracks end when a face turns away, and a walk through a room is several of them. A person is present from the first match
until no track has had the name for the cool-down.
"""

from collections.abc import Iterable
from dataclasses import dataclass

DEFAULT_COOL_DOWN_S = 30.0


@dataclass(frozen=True)
class PersonArrived:
    """Event: a person who was not present was named.

    Attributes:
        source: name of the camera or video.
        timestamp_ns: time of the frame.
        identity: name of the person.
    """

    source: str
    timestamp_ns: int
    identity: str


@dataclass(frozen=True)
class PersonLeft:
    """Event: a present person was not named for the cool-down, or the source ended.

    Attributes:
        source: name of the camera or video.
        timestamp_ns: time of the last frame with the name.
        identity: name of the person.
        present_ns: time from the arrival to the last frame with the name.
    """

    source: str
    timestamp_ns: int
    identity: str
    present_ns: int


PresenceEvent = PersonArrived | PersonLeft


class Presence:
    """Who is before one camera.

    Times are those of the frames, so a recording gives the same events at any speed.

    Args:
        source: name of the camera or video.
        cool_down_s: seconds without the person after which the person has left; longer gaps are another visit.
    """

    def __init__(self, source: str, cool_down_s: float = DEFAULT_COOL_DOWN_S) -> None:
        self._source, self._cool_down_ns = source, round(cool_down_s * 1e9)
        self._since: dict[str, int] = {}
        self._last: dict[str, int] = {}

    @property
    def people(self) -> list[str]:
        """Sorted names of the people who are present."""
        return sorted(self._since)

    def update(self, names: Iterable[str], timestamp_ns: int) -> list[PresenceEvent]:
        """Process the names of one frame.

        Args:
            names: people who are named in the frame.
            timestamp_ns: time of the frame.

        Returns:
            First those who left, then those who arrived.
        """
        seen = set(names)
        gone = [name for name, last in self._last.items() if not 0 <= timestamp_ns - last <= self._cool_down_ns]
        events: list[PresenceEvent] = [self._leave(name) for name in gone]
        for name in sorted(seen):
            if name not in self._since:
                self._since[name] = timestamp_ns
                events.append(PersonArrived(self._source, timestamp_ns, name))
            self._last[name] = timestamp_ns
        return events

    def end(self) -> list[PresenceEvent]:
        """Everybody leaves, because the source ended."""
        return [self._leave(name) for name in self.people]

    def _leave(self, name: str) -> PersonLeft:
        last = self._last.pop(name)
        return PersonLeft(self._source, last, name, last - self._since.pop(name))
