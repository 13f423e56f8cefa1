"""Whom a gallery remembers by which photos: outliers, strategy, limit and budget together."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..gallery import Gallery
from .agreement import Agreement
from .budget import allocate, sizes_of
from .representatives import Candidates, Strategy, Templates, mean_template


@dataclass(frozen=True)
class SelectionOptions:
    """How templates are chosen.

    Attributes:
        strategy: see `representatives`.
        limit: templates a person keeps at most; None for as many as there are, or as the budget allows.
        budget: bytes the gallery's file may have; see `budget.allocate`.
        reject_outliers: leave out what `outliers` finds.
    """

    strategy: Strategy = Strategy.GREEDY
    limit: int | None = None
    budget: int | None = None
    reject_outliers: bool = False


DEFAULT_SELECTION = SelectionOptions(Strategy.MEAN)


@dataclass(frozen=True)
class Choice:
    """What became of one person's templates, by row number.

    Attributes:
        chosen: the most typical first.
        rejected: outliers, ascending; empty unless they are rejected.
        averaged: those whose mean is remembered in place of the chosen one; empty unless the strategy says so.
    """

    chosen: tuple[int, ...]
    rejected: tuple[int, ...]
    averaged: tuple[int, ...] = ()

    def templates(self, candidates: Templates, zero_point: int) -> Templates:
        """What is remembered of one person's int8 ``(n, D)``: ``(T, D)``."""
        if self.averaged:
            return mean_template(candidates[list(self.averaged)], zero_point)[None]
        return candidates[list(self.chosen)]


def select(empty: Gallery, people: Mapping[str, Templates], options: SelectionOptions) -> dict[str, Choice]:
    """Choose every person's templates.

    Args:
        empty: the gallery of nobody that they are for; its information is part of the file under the budget.
        people: int8 ``(n, D)`` templates by name, as a gallery keeps names.
        options: how.

    Raises:
        DataError: the budget is too small.
        GalleryError: a name or template that a gallery does not take.
    """
    rejected = {name: _rejected(templates, empty.zero_point, options) for name, templates in people.items()}
    kept = {name: np.setdiff1d(np.arange(len(people[name])), rejected[name]) for name in people}
    candidates = {name: Candidates.of(people[name][indices], empty.zero_point) for name, indices in kept.items()}
    counts = _counts(empty, candidates, people, options)
    return {
        name: Choice(
            tuple(kept[name][person.choose(counts[name], options.strategy)].tolist()),
            tuple(rejected[name]),
            tuple(kept[name].tolist()) if options.strategy is Strategy.MEAN else (),
        )
        for name, person in candidates.items()
    }


def with_selected(empty: Gallery, people: Mapping[str, Templates], choices: Mapping[str, Choice]) -> Gallery:
    """The gallery of the chosen templates, each person's in the order of choice."""
    chosen = {name: choices[name].templates(people[name], empty.zero_point) for name in people}
    return empty.with_people(chosen, limit=None)


def _rejected(templates: Templates, zero_point: int, options: SelectionOptions) -> tuple[int, ...]:
    return Agreement.of(Candidates.of(templates, zero_point)).outliers if options.reject_outliers else ()


def _counts(
    empty: Gallery, candidates: Mapping[str, Candidates], people: Mapping[str, Templates], options: SelectionOptions
) -> dict[str, int]:
    if options.budget is None:
        return {name: options.limit or len(person.distinct) for name, person in candidates.items()}
    with_one_each = empty.with_people({name: templates[:1] for name, templates in people.items()}, limit=None)
    size = sizes_of(with_one_each)
    return allocate(candidates, options.budget, size, limit=options.limit, strategy=options.strategy)
