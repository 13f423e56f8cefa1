"""Attempts of a test of presentation attack detection, and their error rates per ISO/IEC 30107-3."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from ..intervals import clopper_pearson
from ..text_file import read_text

SCHEMA = "edge-siamese/pad/1"
GENUINE = "genuine"
ACCEPTED, REJECTED, NO_RESPONSE = "accepted", "rejected", "no_response"
OUTCOMES = (ACCEPTED, REJECTED, NO_RESPONSE)


@dataclass(frozen=True)
class Attempt:
    """One presentation to the camera.

    Attributes:
        kind: ``genuine``, or the type of the attack instrument such as ``print`` or ``screen``.
        subject: who is presented, such as a number; attempts of one subject are not independent.
        outcome: ``accepted`` as a living person, ``rejected``, or ``no_response``: no face was found.
        why: state of the challenge at the end.
        cues: measured cues by name.
    """

    kind: str
    subject: str
    outcome: str
    why: str
    cues: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """The attempt as a JSON object of the schema ``edge-siamese/pad/1``."""
        return {
            "schema": SCHEMA,
            "kind": self.kind,
            "subject": self.subject,
            "outcome": self.outcome,
            "why": self.why,
            "cues": self.cues,
        }


@dataclass(frozen=True)
class RateOfKind:
    """Error rates of the attempts of one kind.

    Attributes:
        kind: ``genuine`` or the type of attack.
        attempts, subjects: numbers of attempts and of subjects.
        wrong: accepted attacks, or rejected genuine attempts.
        no_response: attempts without a response; they are counted apart.
        cues: median and range of each cue.
    """

    kind: str
    attempts: int
    subjects: int
    wrong: int
    no_response: int
    cues: dict[str, tuple[float, float, float]]

    @property
    def name(self) -> str:
        """``BPCER`` for genuine attempts, ``APCER`` for attacks."""
        return "BPCER" if self.kind == GENUINE else "APCER"

    @property
    def rate(self) -> float:
        """Share of wrong attempts, 0 to 1."""
        return self.wrong / self.attempts

    @property
    def interval(self) -> tuple[float, float]:
        """Exact 95 % interval of the rate, for independent attempts."""
        return clopper_pearson(self.wrong, self.attempts)

    def to_json(self) -> dict[str, Any]:
        """Rates with intervals as a JSON object."""
        return {
            "kind": self.kind,
            "rate_name": self.name,
            "rate": self.rate,
            "interval": list(self.interval),
            "attempts": self.attempts,
            "subjects": self.subjects,
            "no_response": self.no_response,
            "cues": {
                name: dict(zip(("min", "median", "max"), values, strict=True)) for name, values in self.cues.items()
            },
        }


def rates_of(attempts: Iterable[Attempt]) -> list[RateOfKind]:
    """Error rates of every kind of attempt: genuine first, then the attacks by falling rate, so the headline is the worst."""
    kinds: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        kinds.setdefault(attempt.kind, []).append(attempt)
    rates = [_rate(kind, of_kind) for kind, of_kind in kinds.items()]
    return sorted(rates, key=lambda rate: (rate.kind != GENUINE, -rate.rate, rate.kind))


def read_attempts(paths: Sequence[Path]) -> list[Attempt]:
    """Read files of `Attempt.to_json` lines.

    Raises:
        DataError: a file cannot be read, or a line is not an attempt; the message has the line.
    """
    attempts = []
    for path in paths:
        for number, line in enumerate(read_text(path).splitlines(), 1):
            if line.strip():
                attempts.append(_attempt(line, f"{path}: line {number}"))
    return attempts


def _attempt(line: str, place: str) -> Attempt:
    try:
        fields = json.loads(line)
        if fields["schema"] != SCHEMA or fields["outcome"] not in OUTCOMES:
            raise ValueError("schema or outcome")
        cues = {str(name): float(value) for name, value in fields["cues"].items()}
        return Attempt(str(fields["kind"]), str(fields["subject"]), fields["outcome"], str(fields["why"]), cues)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{place}: expected an attempt of the schema {SCHEMA}, found a bad {error}") from error


def _rate(kind: str, attempts: list[Attempt]) -> RateOfKind:
    error = REJECTED if kind == GENUINE else ACCEPTED
    names = sorted({name for attempt in attempts for name in attempt.cues})
    cues = {name: _spread([attempt.cues[name] for attempt in attempts if name in attempt.cues]) for name in names}
    return RateOfKind(
        kind=kind,
        attempts=len(attempts),
        subjects=len({attempt.subject for attempt in attempts}),
        wrong=sum(attempt.outcome == error for attempt in attempts),
        no_response=sum(attempt.outcome == NO_RESPONSE for attempt in attempts),
        cues=cues,
    )


def _spread(values: list[float]) -> tuple[float, float, float]:
    return min(values), float(np.median(values)), max(values)
