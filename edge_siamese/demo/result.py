"""Demo result: compares the verifier's decisions with the true identities."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .scenario import DemoScenario


@dataclass(frozen=True)
class Answer:
    """One decision of the verifier: frame or image, event, and true identity (None for nobody)."""

    place: int | str
    event: dict[str, Any]
    truth: str | None

    @property
    def named(self) -> str | None:
        identity = self.event["identity"]
        return None if identity is None else str(identity)

    @property
    def wrong(self) -> bool:
        return self.named is not None and self.named != self.truth


@dataclass(frozen=True)
class DemoResult:
    """All decisions about faces.

    Attributes:
        answers: the decisions in order.
        names: the enrolled people who were shown.
    """

    answers: tuple[Answer, ...]
    names: tuple[str, ...]

    def visits(self) -> list[Answer]:
        """The answers without repetitions of the same name for the same person."""
        groups = groupby(self.answers, key=lambda answer: (answer.named, answer.truth))
        return [next(group) for _, group in groups]

    @property
    def wrong(self) -> list[Answer]:
        """Answers with a wrong name."""
        return [answer for answer in self.answers if answer.wrong]

    @property
    def recognized(self) -> list[str]:
        """Enrolled people who were identified correctly at least once."""
        named = {answer.named for answer in self.answers if not answer.wrong}
        return [name for name in self.names if name in named]

    @property
    def strangers_named(self) -> int:
        return sum(answer.truth not in self.names for answer in self.wrong)


def evaluate(scenario: DemoScenario, events: Iterable[dict[str, Any]]) -> DemoResult:
    """Compare the events of ``edge-siamese run --json`` with the true identities of a scenario."""
    answers = []
    for event in events:
        if event["event"] == "decision" and event["track"] is not None:
            place = event["sequence"] if scenario.rendered else event["source"]
            answers.append(Answer(place, event, scenario.truth.get(place)))
    return DemoResult(tuple(answers), scenario.names)
