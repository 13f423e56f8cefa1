import pytest

from edge_siamese.errors import DataError
from edge_siamese.models import default_model
from edge_siamese_benchmarks.delegates.agreement import DelegateModel
from edge_siamese_benchmarks.delegates.configurations import (
    Configuration,
    configurations,
    measure_configurations,
    parse_threads,
)
from edge_siamese_benchmarks.delegates.gpu import run_on_accelerator
from edge_siamese_benchmarks.timing.measuring import RunLength

SHORT = RunLength(warmup=1, queries=12, seconds=0.0, max_seconds=60.0, per_block=2)


def test_threads_concern_xnnpack_alone() -> None:
    assert configurations(["xnnpack", "reference"], [1, 2]) == [
        Configuration("xnnpack", 1), Configuration("xnnpack", 2), Configuration("reference"),
    ]  # fmt: skip
    assert [each.delegate for each in configurations([], [1])] == ["xnnpack", "reference", "edgetpu", "gpu"]
    with pytest.raises(DataError, match="delegate: expected one of xnnpack, reference, edgetpu, gpu, found 'npu'"):
        configurations(["npu"], [1])


def test_threads_are_numbers() -> None:
    assert parse_threads("1, 4,4") == [1, 4]
    assert parse_threads(None)[0] == 1
    for text in ("", "0", "1,x", "65", "-1"):
        with pytest.raises(DataError, match="threads: expected numbers from 1 to 64"):
            parse_threads(text)


def test_speed_stands_beside_agreement_and_what_is_absent_has_a_sentence() -> None:
    model = DelegateModel.read(default_model("embedder-small"))
    chosen = [Configuration("xnnpack"), Configuration("reference"), Configuration("edgetpu")]
    results, partial = measure_configurations(model, chosen, SHORT)
    fast, slow, absent = results
    assert partial == ""
    assert fast.samples is not None
    assert len(fast.samples) == 12
    assert fast.ratio is None
    assert slow.ratio is not None
    assert slow.ratio.value > 1
    assert slow.agreement is not None
    assert slow.agreement.cosine == pytest.approx(1, abs=1e-9)
    if absent.samples is None:
        assert "libedgetpu" in absent.reason
        assert absent.agreement is None


@pytest.mark.parametrize("name", ["embedder-small", "detector-small"])
def test_litert_on_the_processor_gives_the_outputs_of_the_interpreter(name: str) -> None:
    pytest.importorskip("ai_edge_litert.compiled_model")
    run = run_on_accelerator(DelegateModel.read(default_model(name)), "CPU", SHORT)
    assert len(run.ns) == 12
    assert run.is_whole
    assert run.agreement.failed == ""
    assert run.agreement.cosine > 0.98
