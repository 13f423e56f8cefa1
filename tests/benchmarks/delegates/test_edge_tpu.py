from pathlib import Path

import pytest

from edge_siamese.errors import DataError
from edge_siamese.models import default_model
from edge_siamese_benchmarks.delegates.agreement import DelegateModel
from edge_siamese_benchmarks.delegates.edge_tpu import CompileCheck, check_compilation, read_placement

LOG = """Edge TPU Compiler version 16.0.384591198

Model compiled successfully in 1234 ms.

Input model: embedder.tflite
On-chip memory used for caching model parameters: 1.20MiB
Off-chip memory used for streaming uncached model parameters: 0.00B
Number of Edge TPU subgraphs: 1
Total number of operations: 31

Operator                       Count      Status

CONV_2D                        22         Mapped to Edge TPU
DEPTHWISE_CONV_2D              7          Mapped to Edge TPU
HARD_SWISH                     2          Operation is otherwise supported, but not mapped due to some unspecified limitation
"""


def test_the_shipped_networks_are_mapped_whole() -> None:
    check = check_compilation(DelegateModel.read(default_model("detector-small")))
    assert check.unsupported == ()
    assert check.mapped == check.operators > 50
    assert "all 57 operators are in Coral's list" in check.text()


def test_everything_behind_the_first_unsupported_operator_stays_on_the_cpu() -> None:
    check = CompileCheck("m", 10, 3, (("GELU", "not in the list of supported operators"),))
    assert check.text() == (
        "m: 3 of 10 operators come before the first that stays on the CPU: GELU (not in the list of supported operators)"
    )


def test_a_log_gives_the_placement(tmp_path: Path) -> None:
    path = tmp_path / "embedder_edgetpu.log"
    path.write_text(LOG)
    placement = read_placement(path)
    assert (placement.on_tpu, placement.total) == (29, 31)
    assert placement.figures == {
        "edge_tpu_subgraphs": "1", "on_chip": "1.20MiB", "off_chip": "0.00B", "compiler": "16.0.384591198",
    }  # fmt: skip
    assert "on the CPU: 2 HARD_SWISH: Operation is otherwise supported" in placement.text()


@pytest.mark.parametrize("text", ["", "Operator Count Status\n", "model failed to compile\n"])
def test_a_log_without_the_table_is_rejected(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text(text)
    with pytest.raises(DataError, match="expected the table 'Operator Count Status' of edgetpu_compiler, found none"):
        read_placement(tmp_path / "x.log")
