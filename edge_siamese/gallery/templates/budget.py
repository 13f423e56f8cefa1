"""Template budget: parses file sizes and allocates the number of templates of each person."""

import heapq
import re
from collections.abc import Callable, Mapping

from ...errors import DataError
from ..container.layout import aligned, template_size
from ..container.writer import encode
from ..gallery import Gallery
from .representatives import Candidates, Strategy

_UNITS = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "kib": 1024, "mib": 1024**2}


def parse_size(text: str) -> int:
    """Parse a size such as ``8000``, ``8kB``, ``7.5 KiB``, ``1MB`` or ``1MiB`` to bytes; k is 1000, Ki is 1024.

    Raises:
        DataError: not a size, or not a whole number of bytes above 0.
    """
    parts = re.fullmatch(r"([0-9]+)(\.[0-9]+)?\s*([a-zA-Z]*)", text.strip())
    unit = _UNITS.get(parts[3].lower()) if parts else None
    size = float(parts[1] + (parts[2] or "")) * unit if parts and unit else 0.0
    if size < 1 or size != int(size):
        raise DataError(f"a size in bytes: expected one such as 8000, 8kB or 8KiB, found {text!r}")
    return int(size)


def sizes_of(gallery: Gallery) -> Callable[[int], int]:
    """Function that returns the size of the gallery's file in bytes for a total number of templates.

    Metadata and operating points count as they are in the gallery; each further operating point takes 80 bytes.
    """
    fixed = len(encode(gallery)) - _template_bytes(gallery, len(gallery.templates))
    return lambda templates: fixed + _template_bytes(gallery, templates)


def allocate(
    people: Mapping[str, Candidates],
    budget: int,
    size: Callable[[int], int],
    *,
    limit: int | None = None,
    strategy: Strategy = Strategy.GREEDY,
) -> dict[str, int]:
    """Allocate the number of templates of each person.

    All people get the same number, up to what they have and the budget allows. The rest is given one by one to the person
    whose coverage (`Candidates.coverage`) another template raises most; ties go to the first name.

    Args:
        people: templates of each person, by name.
        budget: maximum size of the file in bytes.
        size: returns the size of the file in bytes for a number of templates; must not decrease.
        limit: maximum number of templates per person.
        strategy: strategy that chooses the templates.

    Raises:
        DataError: the budget is too small for one template per person.
    """
    maximum = {name: _max(candidates, limit, strategy) for name, candidates in people.items()}
    if size(len(people)) > budget:
        raise DataError(
            f"a gallery of {len(people):,} people with one template each: expected a budget of at least "
            f"{size(len(people)):,} bytes, found {budget:,}"
        )
    level = 1
    while level < max(maximum.values(), default=1) and size(_total(maximum, level + 1)) <= budget:
        level += 1
    counts = {name: min(level, maximum[name]) for name in people}

    def offer(name: str) -> None:
        if counts[name] < maximum[name]:
            now, then = (people[name].choose(count, strategy) for count in (counts[name], counts[name] + 1))
            gain = people[name].coverage(then) - people[name].coverage(now)
            heapq.heappush(waiting, (-gain, name))

    waiting: list[tuple[object, str]] = []
    for name in people:
        offer(name)
    while waiting and size(sum(counts.values()) + 1) <= budget:
        name = heapq.heappop(waiting)[1]
        counts[name] += 1
        offer(name)
    return counts


def _max(candidates: Candidates, limit: int | None, strategy: Strategy) -> int:
    maximum = 1 if strategy.gives_one else len(candidates.distinct)
    return maximum if limit is None else min(maximum, limit)


def _total(maximum: Mapping[str, int], level: int) -> int:
    return sum(min(level, count) for count in maximum.values())


def _template_bytes(gallery: Gallery, count: int) -> int:
    """Bytes of the sections with one entry per template: values, u32 identity index, u32 squared norms."""
    return aligned(count * template_size(gallery.dimension, gallery.bits)) + 2 * aligned(4 * count)
