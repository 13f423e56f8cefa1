"""Where each activation lies in the arena, and the proof of how small an arena can be.

No plan can need less than the bytes that are alive during some step; a plan that needs no more is optimal.
"""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from .lowering import Program
from .steps import Activation, Step

ALIGNMENT = 4
_TRIES = 2000


@dataclass(eq=False)
class ArenaBlock:
    """A piece of the arena.

    Attributes:
        name: descriptive name.
        size: bytes, a multiple of `ALIGNMENT`.
        first, last: steps during which it is alive; -1 is before the first.
        offset: in the arena.
    """

    name: str
    size: int
    first: int
    last: int
    offset: int = 0

    def meets(self, other: "ArenaBlock") -> bool:
        """Whether both are alive at one time."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, eq=False)
class Plan:
    """An arena.

    Attributes:
        size: bytes.
        bound: bytes that no plan can do without.
        blocks: in order of their first step.
        busiest: the step during which `bound` bytes are alive.
        offsets: of each activation, by `id` of its storage.
        scratch: offset of each step's scratch.
    """

    size: int
    bound: int
    blocks: list[ArenaBlock]
    busiest: int
    offsets: dict[int, int]
    scratch: list[int]

    def offset(self, activation: Activation) -> int:
        return self.offsets[id(activation.storage)] + activation.offset


def plan_arena(program: Program, *, seed: int = 0) -> Plan:
    """Place every activation and scratch.

    Args:
        program: steps with their `scratch` set.
        seed: of the search for a better order, which runs only where the first plans miss the bound.
    """
    lives = _Lives(program)
    blocks = lives.all_blocks()
    alive = _alive(blocks, len(program.steps))
    bound = max(alive)
    _place_best(blocks, bound, seed)
    size = max((block.offset + block.size for block in blocks), default=0)
    offsets = {key: lives.blocks[root].offset for key, root in lives.roots.items()}
    blocks.sort(key=lambda block: (block.first, block.offset))
    return Plan(
        size, bound, blocks, alive.index(bound) - 1, offsets, [block.offset if block else 0 for block in lives.scratch]
    )


def live_bytes(program: Program) -> list[int]:
    """Bytes alive before the first step, during each step, and after the last; their maximum is the lower bound."""
    return _alive(_Lives(program).all_blocks(), len(program.steps))


def _alive(blocks: Sequence[ArenaBlock], steps: int) -> list[int]:
    changes = [0] * (steps + 3)
    for block in blocks:
        changes[block.first + 1] += block.size
        changes[block.last + 2] -= block.size
    return list(itertools.accumulate(changes))[:-1]


class _Lives:
    """Blocks of the storages that share none, and of scratch."""

    def __init__(self, program: Program) -> None:
        steps = program.steps
        last: dict[int, int] = {}
        for index, step in enumerate(steps):
            last.update({id(value.storage): index for value in step.inputs})
        last.update({id(value.storage): len(steps) for value in program.outputs.values()})
        self.roots: dict[int, int] = {}
        self.blocks: dict[int, ArenaBlock] = {}
        for value in () if program.streamed else program.inputs.values():
            self._add(value.storage, -1, last.get(id(value.storage), -1))
        for index, step in enumerate(steps):
            self._output(step, index, last)
        self.scratch = [
            ArenaBlock(f"scratch of {step.output.name}", _aligned(step.scratch), index, index) if step.scratch else None
            for index, step in enumerate(steps)
        ]

    def all_blocks(self) -> list[ArenaBlock]:
        return [*self.blocks.values(), *(block for block in self.scratch if block)]

    def _output(self, step: Step, index: int, last: dict[int, int]) -> None:
        output = step.output.storage
        end = last.get(id(output), index)
        if id(output) in self.roots:  # another part of it
            self.blocks[self.roots[id(output)]].last = max(self.blocks[self.roots[id(output)]].last, end)
            return
        for value in step.inputs if step.in_place else ():
            storage = value.storage
            if storage.constant is None and last[id(storage)] == index and storage.size == output.size == value.size:
                root = self.roots[id(output)] = self.roots[id(storage)]
                self.blocks[root].last = max(self.blocks[root].last, end)
                return
        self._add(output, index, end)

    def _add(self, storage: Activation, first: int, last: int) -> None:
        self.roots[id(storage)] = id(storage)
        self.blocks[id(storage)] = ArenaBlock(storage.name, _aligned(storage.size), first, last)


def _place_best(blocks: Sequence[ArenaBlock], bound: int, seed: int) -> None:
    """Place blocks in several orders and keep the best; stops at the bound."""
    orders = [
        sorted(blocks, key=lambda block: (-block.size, block.first)),
        sorted(blocks, key=lambda block: (-block.size * (block.last - block.first + 1), block.first)),
        sorted(blocks, key=lambda block: (block.first - block.last, -block.size)),
        sorted(blocks, key=lambda block: (block.first, -block.size)),
    ]
    sizes = [_place(order) for order in orders]
    best, size = orders[sizes.index(min(sizes))], min(sizes)
    rng = random.Random(seed)
    for _ in range(_TRIES):
        if size == bound or len(best) < 2:
            break
        order = list(best)
        for _ in range(rng.randint(1, 3)):
            order.insert(rng.randrange(len(order)), order.pop(rng.randrange(len(order))))
        found = _place(order)
        if found <= size:
            best, size = order, found
    _place(best)


def _place(order: Sequence[ArenaBlock]) -> int:
    """Put each block into the lowest gap among those placed before; the bytes needed."""
    placed: list[ArenaBlock] = []
    for block in order:
        cursor = 0
        for other in sorted((each for each in placed if each.meets(block)), key=lambda each: each.offset):
            if other.offset - cursor >= block.size:
                break
            cursor = max(cursor, other.offset + other.size)
        block.offset = cursor
        placed.append(block)
    return max((block.offset + block.size for block in placed), default=0)


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
