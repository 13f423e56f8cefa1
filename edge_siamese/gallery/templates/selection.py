"""Selection of the templates in a gallery: outlier rejection, strategy, limit and budget."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..gallery import Gallery
from .agreement import Agreement
from .budget import allocate, sizes_of
from .representatives import Candidates, Strategy, Templates, mean_template


@dataclass(frozen=True)
class SelectionOptions:
    """Options for choosing templates.

    Attributes:
        strategy: see `representatives`.
        limit: maximum number of templates per person; None for all, or as many as the budget allows.
        budget: maximum size of the gallery's file in bytes; see `budget.allocate`.
        reject_outliers: leave out the outliers of `agreement.Agreement`.
    """

    strategy: Strategy = Strategy.GREEDY
    limit: int | None = None
    budget: int | None = None
    reject_outliers: bool = False


DEFAULT_SELECTION = SelectionOptions(Strategy.MEAN)


@dataclass(frozen=True)
class Choice:
    """Choice among one person's templates, by row index.

    Attributes:
        chosen: chosen templates, the most representative first.
        rejected: outliers, ascending; empty unless they are rejected.
        averaged: templates whose mean replaces the chosen one; empty for other strategies than the mean.
    """

    chosen: tuple[int, ...]
    rejected: tuple[int, ...]
    averaged: tuple[int, ...] = ()

    def templates(self, candidates: Templates, zero_point: int) -> Templates:
        """The templates to store, int8 ``(T, D)``, for one person's candidates, int8 ``(n, D)``."""
        if self.averaged:
            return mean_template(candidates[list(self.averaged)], zero_point)[None]
        return candidates[list(self.chosen)]


def select(empty: Gallery, people: Mapping[str, Templates], options: SelectionOptions) -> dict[str, Choice]:
    """Choose every person's templates.

    Args:
        empty: an empty gallery with the metadata of the result, which counts for the budget.
        people: int8 ``(n, D)`` templates by normalized name.
        options: the selection options.

    Raises:
        DataError: the budget is too small.
        GalleryError: a name or template is invalid.
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
    """The gallery of the chosen templates, in the order of choice for each person."""
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
