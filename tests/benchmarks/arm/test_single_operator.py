"""A cut operator computes in its own model what it computed in the network."""

from pathlib import Path

import numpy as np
import pytest

from edge_siamese.arm_cost import parse_operators, read_operators
from edge_siamese.errors import ModelError
from edge_siamese_benchmarks.arm.single_operator import cut, cut_distinct


def test_a_cut_operator_is_the_same_operator(small_model: Path) -> None:
    model, operators = small_model.read_bytes(), read_operators(small_model)
    for index in (0, 3, 9, 11, 74):
        assert parse_operators(cut(model, index)) == [operators[index]]


def test_a_cut_operator_runs(small_model: Path) -> None:
    interpreter_module = pytest.importorskip("ai_edge_litert.interpreter")
    interpreter = interpreter_module.Interpreter(model_content=cut(small_model.read_bytes(), 0), num_threads=1)
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert tuple(taken["shape"]) == (1, 112, 112, 3)
    assert taken["dtype"] is np.int8
    interpreter.invoke()
    assert interpreter.get_tensor(given["index"]).shape == (1, 56, 56, 16)


def test_each_distinct_operator_is_cut_once_and_free_ones_not_at_all(small_model: Path, tmp_path: Path) -> None:
    operators = read_operators(small_model)
    found = dict(cut_distinct(small_model.read_bytes(), operators, tmp_path))
    assert set(found) == {operator for operator in operators if not operator.is_free}
    assert len(list(tmp_path.iterdir())) == len(found) < len(operators)


def test_an_operator_that_is_not_there(small_model: Path) -> None:
    with pytest.raises(ModelError, match="operator 999 cannot be cut"):
        cut(small_model.read_bytes(), 999)
