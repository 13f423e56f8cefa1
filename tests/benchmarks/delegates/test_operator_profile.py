import pytest

from edge_siamese.arm_cost import parse_operators
from edge_siamese.models import default_model
from edge_siamese_benchmarks.delegates.agreement import DelegateModel
from edge_siamese_benchmarks.delegates.operator_profile import OperatorProfile, OperatorTime, profile
from edge_siamese_benchmarks.timing.measuring import RunLength

pytest.importorskip("ai_edge_litert.schema_py_generated")


def test_every_operator_that_computes_is_timed() -> None:
    model = DelegateModel.read(default_model("detector-small"))
    found = profile(model, RunLength(warmup=1, queries=4, seconds=0, max_seconds=60, per_block=2))
    expected = [operator for operator in parse_operators(model.network) if not operator.is_free]
    assert sum(each.count for each in found.times) == len(expected)
    assert {each.operator for each in found.times} == set(expected)
    assert found.missing == ()
    assert sum(found.by_kind().values()) == pytest.approx(found.sum_ns)
    assert found.whole_ns > 0
    assert "each operator alone in a model of its own" in found.text()
    assert list(found.by_kind().values()) == sorted(found.by_kind().values(), reverse=True)


def test_a_sum_far_above_the_whole_is_doubted() -> None:
    operator = parse_operators(DelegateModel.read(default_model("detector-small")).network)[0]
    times = (OperatorTime(operator, 1000.0, 2),)
    assert OperatorProfile("m", times, 1500.0).doubt == ""
    doubted = OperatorProfile("m", times, 500.0)
    assert "the sum is 4.0 times the whole network" in doubted.text()
    assert doubted.to_json()["warning"] == doubted.doubt
