import itertools

from hypothesis import given
from hypothesis import strategies as st

from edge_siamese_firmware.codegen.lowering import Program
from edge_siamese_firmware.codegen.planner import Plan, plan_arena
from edge_siamese_firmware.codegen.steps import Activation, Lookup, Step


def _value(name: str, size: int) -> Activation:
    return Activation(name, (size,), 1.0, 0)


def _plan(steps: list[Step], inputs: list[Activation], outputs: list[Activation]) -> Plan:
    return plan_arena(
        Program({v.name: v for v in inputs}, {v.name: v for v in outputs}, steps, "litert"),
    )


def _step(inputs: list[Activation], output: Activation, *, scratch: int = 0, in_place: bool = False) -> Step:
    return Lookup((), tuple(inputs), output, scratch=scratch, in_place=in_place)


def test_a_chain_needs_two_neighbors() -> None:
    values = [_value(f"v{i}", size) for i, size in enumerate((100, 40, 60, 8))]
    steps = [_step([a], b) for a, b in itertools.pairwise(values)]
    plan = _plan(steps, values[:1], values[-1:])
    assert plan.size == plan.bound == 140
    assert plan.busiest == 0


def test_in_place_steps_need_no_second_block() -> None:
    values = [_value(f"v{i}", 64) for i in range(4)]
    steps = [_step([a], b, in_place=True) for a, b in itertools.pairwise(values)]
    plan = _plan(steps, values[:1], values[-1:])
    assert plan.size == 64
    assert {plan.offset(value) for value in values} == {0}


def test_an_input_that_is_needed_later_is_not_overwritten() -> None:
    a, b, c = _value("a", 64), _value("b", 64), _value("c", 64)
    plan = _plan([_step([a], b, in_place=True), _step([a, b], c, in_place=True)], [a], [c])
    assert plan.offset(a) != plan.offset(b)
    assert plan.size == 128


def test_views_share_their_storage() -> None:
    a, b = _value("a", 64), _value("b", 32)
    view = a.view(8, 8)
    plan = _plan([_step([view], b)], [a], [b])
    assert plan.offset(view) == plan.offset(a)


def test_scratch_lives_for_one_step() -> None:
    a, b, c = _value("a", 16), _value("b", 16), _value("c", 16)
    plan = _plan([_step([a], b, scratch=100), _step([b], c, scratch=50)], [a], [c])
    assert plan.size == plan.bound == 132


@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.integers(0, 30), st.booleans(), st.integers(0, 100)), min_size=1, max_size=12
    )
)
def test_blocks_that_live_together_never_overlap(drawn: list[tuple[int, int, bool, int]]) -> None:
    values = [_value("v", 32)]
    steps = []
    for size, scratch, in_place, more in drawn:
        output = _value(f"v{len(values)}", size)
        steps.append(_step([values[-1], values[more % len(values)]], output, scratch=scratch, in_place=in_place))
        values.append(output)
    plan = _plan(steps, values[:1], values[-1:])
    assert plan.size >= plan.bound
    for number, block in enumerate(plan.blocks):
        assert block.offset % 4 == 0
        for other in plan.blocks[:number]:
            apart = block.offset + block.size <= other.offset or other.offset + other.size <= block.offset
            assert apart or not block.meets(other)
