"""Instruction counts: what the counter writes, and the counts between two of its marks."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge_siamese.errors import EdgeSiameseError


@dataclass(frozen=True)
class Marks:
    """The counter's file.

    Attributes:
        kinds: kinds of instruction.
        counts: by mark: instructions of each kind since the program's start.
    """

    kinds: tuple[str, ...]
    counts: Mapping[int, tuple[int, ...]]

    @classmethod
    def parse(cls, text: str) -> "Marks":
        """Read the file; a last line without its end, of a program that was stopped, is left out.

        Raises:
            EdgeSiameseError: a line is not of the counter's form, or counts go down.
        """
        lines = text.split("\n")[:-1]
        head = lines[0].split() if lines else []
        if len(head) < 2 or head[0] != "kinds":
            raise EdgeSiameseError(f"instruction counts: expected a line 'kinds ...', found {text[:40]!r}")
        kinds, counts = tuple(head[1:]), {}
        last = (0,) * len(kinds)
        for line in lines[1:]:
            word, *numbers = line.split() or [""]
            if word != "mark" or len(numbers) != len(kinds) + 1 or not all(_is_number(number) for number in numbers):
                raise EdgeSiameseError(
                    f"instruction counts: expected 'mark' and {len(kinds) + 1} counts, found {line!r}"
                )
            mark, *values = map(int, numbers)
            if any(value < before for value, before in zip(values, last, strict=True)):
                raise EdgeSiameseError(f"instruction counts: mark {mark} has fewer instructions than the one before")
            counts[mark] = last = tuple(values)
        return cls(kinds, counts)

    def between(self, first: int, last: int, repeat: int) -> dict[str, float]:
        """Instructions of each kind between two marks, for one of `repeat` equal runs.

        Raises:
            EdgeSiameseError: a mark is missing.
        """
        missing = [mark for mark in (first, last) if mark not in self.counts]
        if missing:
            raise EdgeSiameseError(f"instruction counts: mark {missing[0]} is missing")
        pairs = zip(self.counts[first], self.counts[last], strict=True)
        return {kind: (after - before) / repeat for kind, (before, after) in zip(self.kinds, pairs, strict=True)}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


@dataclass(frozen=True)
class Count:
    """What one run of something executes on one core.

    Attributes:
        name: what was run.
        part: a step of it, ``""`` for the whole.
        core: name of the core.
        by_kind: instructions by kind; their sum is `instructions`.
        facts: other results of the run, such as the number of faces found.
        error: why it was not counted, else ``""``.
    """

    name: str
    part: str
    core: str
    by_kind: Mapping[str, float]
    facts: Mapping[str, object]
    error: str = ""

    @property
    def instructions(self) -> float:
        """Instructions of one run."""
        return sum(self.by_kind.values())
