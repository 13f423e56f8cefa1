"""Less memory for more work: chains of steps computed in stripes, a few rows of their last image at a time.

Of the images inside a chain only the rows of one stripe are alive. Rows that two stripes need, because windows overlap,
are computed twice. The numbers stay the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from edge_siamese.errors import DataError

from .lowering import Program
from .planner import live_bytes
from .steps import Activation, Convolution, Lookup, ReadRows, Step

_MAX_CHAIN = 6


@dataclass(frozen=True)
class Group:
    """Steps `first` to before `last` of a program, computed in `stripes`."""

    first: int
    last: int
    stripes: int

    def overlaps(self, other: "Group") -> bool:
        return self.first < other.last and other.first < self.last


def fit(program: Program, budget: int, prepare: Callable[[Program], object], *, streamed: bool = False) -> Program:
    """Stripe chains until the arena needs no more than a budget, with as little additional work as the search finds.

    Args:
        program: in whole images.
        budget: bytes.
        prepare: sets the scratch of the steps of a program.
        streamed: the input comes in rows when it is needed, and has no place in the arena.

    Raises:
        DataError: no solution is found; the message gives the smallest arena.
    """
    search = _Search(program, budget, prepare, streamed)
    return search.program(search.run())


def stream(program: Program) -> Program:
    """The program with an input that comes in rows.

    Raises:
        DataError: it has several inputs, or one that is no image.
    """
    return _build(program, (), streamed=True)


class _Search:
    def __init__(self, whole: Program, budget: int, prepare: Callable[[Program], object], streamed: bool) -> None:
        self.whole, self.budget, self.prepare, self.streamed = whole, budget, prepare, streamed
        self.chains = list(_chains(whole))
        self.places = {id(step.operators[0]): number for number, step in enumerate(whole.steps)}

    def program(self, groups: tuple[Group, ...]) -> Program:
        built = _build(self.whole, groups, streamed=self.streamed)
        self.prepare(built)
        return built

    def run(self) -> tuple[Group, ...]:
        groups: tuple[Group, ...] = ()
        peaks = self._peaks(groups)
        while max(peaks) > self.budget:
            at = peaks.index(max(peaks))
            better = self._better(groups, peaks, at)
            if better is None:
                kind = self.whole.steps[at].kind
                raise DataError(f"the arena needs {max(peaks):,} bytes at {kind}; the budget is {self.budget:,}")
            groups = better
            peaks = self._peaks(groups)
        return groups

    def _peaks(self, groups: tuple[Group, ...]) -> list[int]:
        """The most bytes alive during the stripes of each step of the whole program."""
        program = self.program(groups)
        alive = live_bytes(program)
        peaks = [0] * len(self.whole.steps)
        for number, step in enumerate(program.steps):
            at = self.places[id(step.operators[0])]
            peaks[at] = max(peaks[at], alive[number + 1])
        peaks[0], peaks[-1] = max(peaks[0], alive[0]), max(peaks[-1], alive[-1])
        return peaks

    def _better(self, groups: tuple[Group, ...], peaks: list[int], at: int) -> tuple[Group, ...] | None:
        """The best change of a group near a step: within the budget there with the least work, or the smallest there.

        What is over the budget in all becomes less with every change, so the search ends.
        """
        best: tuple[tuple[int, int, int], tuple[Group, ...]] | None = None
        for group in self._candidates(at):
            changed = (*(other for other in groups if not other.overlaps(group)), group)
            found = self._peaks(changed)
            local, excess = max(found[max(at - 1, 0) : at + 2]), self._excess(found)
            if excess >= self._excess(peaks) or found[at] >= peaks[at]:
                continue
            key = (0, self._work(group), excess) if local <= self.budget else (1, local, self._work(group))
            if best is None or key < best[0]:
                best = key, changed
        return best[1] if best else None

    def _candidates(self, at: int) -> Iterator[Group]:
        for first, last in self.chains:
            if first - 1 <= at <= last:
                for stripes in _counts(self.whole.steps[last - 1].output.height_width[0]):
                    yield Group(first, last, stripes)

    def _excess(self, peaks: list[int]) -> int:
        return sum(max(peak - self.budget, 0) for peak in peaks)

    def _work(self, group: Group) -> int:
        """Multiply-accumulates that a group computes twice."""
        chain = self.whole.steps[group.first : group.last]
        return sum(step.macs for step in _stripes(chain, group.stripes, None)) - sum(step.macs for step in chain)


def _chains(program: Program) -> Iterator[tuple[int, int]]:
    """Runs of steps in which each reads only the result of the one before, and nothing else reads that."""
    uses: dict[int, int] = {}
    for value in (*(v for step in program.steps for v in step.inputs), *program.outputs.values()):
        uses[id(value.storage)] = uses.get(id(value.storage), 0) + 1
    for first in range(len(program.steps)):
        for last in range(first + 1, min(first + _MAX_CHAIN, len(program.steps)) + 1):
            step = program.steps[last - 1]
            if (
                not isinstance(step, Convolution | Lookup)
                or len(step.output.shape) != 3
                or len(step.inputs[0].shape) != 3
            ):
                break
            if last - 1 > first:
                before = program.steps[last - 2].output
                if step.inputs[0] is not before or uses[id(before.storage)] != 1:
                    break
            yield first, last


def _counts(rows: int) -> list[int]:
    """Numbers of stripes worth trying: those with fewer rows each."""
    return sorted({-(-rows // size) for size in range(1, rows)})


def _build(program: Program, groups: tuple[Group, ...], *, streamed: bool) -> Program:
    """The program with some chains in stripes."""
    source = _streamed_source(program) if streamed else None
    starts = {group.first: group for group in groups}
    steps: list[Step] = []
    number = 0
    while number < len(program.steps):
        group = starts.get(number)
        if group is None:
            step = program.steps[number]
            reads = source is not None and any(value.storage is source.storage for value in step.inputs)
            if source is not None and reads and not any(isinstance(each, ReadRows) for each in steps):
                steps.append(ReadRows(step.operators, (), source, first=0))
            steps.append(step)
            number += 1
        else:
            steps += _stripes(program.steps[group.first : group.last], group.stripes, source)
            number = group.last
    return replace(program, steps=steps, streamed=streamed)


def _streamed_source(program: Program) -> Activation:
    values = list(program.inputs.values())
    if len(values) != 1 or len(values[0].shape) != 3:
        raise DataError(f"the input cannot come in rows: the network has {len(values)} inputs, expected one image")
    return values[0]


def _stripes(chain: list[Step], count: int, source: Activation | None) -> list[Step]:
    rows = chain[-1].output.shape[0]
    size = -(-rows // count)
    steps: list[Step] = []
    for first in range(0, rows, size):
        steps += _stripe(chain, first, min(first + size, rows), source)
    return steps


def _stripe(chain: list[Step], first: int, last: int, source: Activation | None) -> list[Step]:
    """The steps that compute some rows of a chain's last image."""
    steps: list[Step] = []
    output = chain[-1].output.rows(first, last)
    for at in range(len(chain) - 1, -1, -1):
        step = chain[at]
        image = step.inputs[0]
        above, below = _needed(step, first, last)
        begin, end = max(above, 0), min(below, image.shape[0])
        reads = source is not None and at == 0 and image.storage is source.storage
        part = image.rows(begin, end) if at == 0 and not reads else _fresh(image, end - begin)
        window = {}
        if isinstance(step, Convolution):
            padding = (max(-above, 0), step.window.padding[1])
            window = {"window": replace(step.window, padding=padding)}
        steps.insert(0, replace(step, inputs=(part, *step.inputs[1:]), output=output, in_place=False, **window))  # type: ignore[arg-type]
        if reads:
            steps.insert(0, ReadRows(step.operators, (), part, first=begin))
        output, first, last = part, begin, end
    return steps


def _needed(step: Step, first: int, last: int) -> tuple[int, int]:
    """Rows of the input that some rows of the output need; they may lie outside the image."""
    if not isinstance(step, Convolution):
        return first, last
    window = step.window
    above = first * window.stride[0] - window.padding[0]
    return above, above + (last - 1 - first) * window.stride[0] + (window.kernel[0] - 1) * window.dilation[0] + 1


def _fresh(image: Activation, rows: int) -> Activation:
    return Activation(image.name, (rows, *image.shape[1:]), image.scale, image.zero_point)
