"""Counters of today's faces by reason: who was named, and why others were not."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from datetime import date, datetime
from typing import Any

from ..decision import Outcome, Reason
from .words import REASON_ADVICE, REASON_WORDS

_MAX_TRACKED = 1000


def _local_now() -> datetime:
    return datetime.now().astimezone()


class DayCounters:
    """Counts faces since midnight, local time, or since the start. Thread-safe.

    A face that was first undecided and then named counts once, as named: what counts is the last decision of each track.

    Args:
        now: the local time.
    """

    def __init__(self, now: Callable[[], datetime] = _local_now) -> None:
        self._now, self._lock = now, threading.Lock()
        self._since = now()
        self._reasons: Counter[Reason] = Counter()
        self._of_tracks: OrderedDict[Hashable, Reason] = OrderedDict()

    def add(self, reason: Reason, track: Hashable | None = None) -> None:
        """Count a decision; a later decision with the same `track` replaces it.

        Args:
            reason: reason of the decision; `Reason.OK` for a match.
            track: source and number of the face's track; None for a face of a photo.
        """
        with self._lock:
            self._begin_day()
            if track is not None:
                before = self._of_tracks.pop(track, None)
                if before is not None:
                    self._reasons[before] -= 1
                self._of_tracks[track] = reason
                if len(self._of_tracks) > _MAX_TRACKED:
                    self._of_tracks.popitem(last=False)
            self._reasons[reason] += 1

    def to_json(self) -> dict[str, Any]:
        """The counts since when, and for each reason its words and advice, the most frequent first."""
        with self._lock:
            self._begin_day()
            counts = [(reason, count) for reason, count in self._reasons.most_common() if count]
            since = self._since
        unnamed = [
            {
                "reason": str(reason),
                "outcome": str(Outcome.UNKNOWN if reason is Reason.BELOW_THRESHOLD else Outcome.UNDECIDED),
                "faces": count,
                "words": REASON_WORDS[reason],
                "advice": REASON_ADVICE.get(reason),
            }
            for reason, count in counts
            if reason is not Reason.OK
        ]
        total = sum(count for _, count in counts)
        named = dict(counts).get(Reason.OK, 0)
        return {"since": since.isoformat(timespec="seconds"), "faces": total, "named": named, "not_named": unnamed}

    def _begin_day(self) -> None:
        now = self._now()
        if _day(now) != _day(self._since):
            self._since = now.replace(hour=0, minute=0, second=0, microsecond=0)
            self._reasons.clear()
            self._of_tracks.clear()


def _day(moment: datetime) -> date:
    return moment.date()
