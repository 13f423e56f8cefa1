"""Templates under a budget: how many bytes a gallery's file has, and how many templates each person gets for them."""

import heapq
import re
from collections.abc import Callable, Mapping

from ...errors import DataError
from ..container.layout import aligned
from ..container.writer import encode
from ..gallery import Gallery
from .representatives import Candidates, Strategy

_UNITS = {"": 1, "b": 1, "kb": 1000, "mb": 1000**2, "kib": 1024, "mib": 1024**2}


def parse_size(text: str) -> int:
    """Bytes of ``8000``, ``8kB``, ``7.5 KiB``, ``1MB`` or ``1MiB``: k and M are thousands, Ki and Mi powers of 1024.

    Raises:
        DataError: it is none, or not a whole number of bytes above 0.
    """
    parts = re.fullmatch(r"([0-9]+)(\.[0-9]+)?\s*([a-zA-Z]*)", text.strip())
    unit = _UNITS.get(parts[3].lower()) if parts else None
    size = float(parts[1] + (parts[2] or "")) * unit if parts and unit else 0.0
    if size < 1 or size != int(size):
        raise DataError(f"a size in bytes: expected one such as 8000, 8kB or 8KiB, found {text!r}")
    return int(size)


def sizes_of(gallery: Gallery) -> Callable[[int], int]:
    """Bytes of the gallery's file by how many templates its people have together.

    Information and operating points count as they are in the gallery; each further operating point takes 80 bytes.
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
    """How many templates each person gets.

    Everybody gets equally many, as far as they have them and the budget goes. What is left goes one by one to whom
    another template raises the coverage most (`Candidates.coverage`); of equals, to the first by name.

    Args:
        people: their templates, by name.
        budget: bytes the file may have.
        size: bytes of the file by its number of templates, not falling.
        limit: templates a person gets at most.
        strategy: by which they will be chosen.

    Raises:
        DataError: not even one template for everybody fits.
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
    """Bytes of the sections that grow with the templates: int8 ``(T, D)`` values, u32 owners and u32 squared norms."""
    return aligned(count * gallery.dimension) + 2 * aligned(4 * count)
