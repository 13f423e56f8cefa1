"""Which parts of a graph become tables."""

import numpy as np

from edge_siamese.tflite.graph import read_graph
from edge_siamese_firmware.codegen.lowering import lower
from edge_siamese_firmware.codegen.pointwise import find_pointwise, fusable
from edge_siamese_firmware.codegen.steps import Convolution, Lookup

from .builder import ModelBuilder

_SHAPE = [1, 4, 4, 2]


def _conv(model: ModelBuilder, image: int) -> int:
    result = model.tensor(_SHAPE)
    weights = model.tensor([2, 1, 1, 2], 0.01, values=np.ones([2, 1, 1, 2]))
    model.operator("CONV_2D", [image, weights], [result], "Conv2DOptions", padding=1, strideH=1, strideW=1)
    return result


def _silu(model: ModelBuilder, source: int) -> int:
    gate, result = model.tensor(_SHAPE, 1 / 256, -128), model.tensor(_SHAPE)
    model.operator("LOGISTIC", [source], [gate])
    model.operator("MUL", [source, gate], [result], "MulOptions")
    return result


def test_silu_goes_into_the_convolution() -> None:
    model = ModelBuilder()
    model.output(_silu(model, _conv(model, model.input(_SHAPE))))
    (step,) = lower(model.bytes()).steps
    assert isinstance(step, Convolution)
    assert step.kind == "CONV_2D+LOGISTIC+MUL"
    assert step.table is not None
    assert len(step.table) == 256


def test_a_source_that_is_needed_elsewhere_keeps_its_table_apart() -> None:
    model = ModelBuilder()
    source = _conv(model, model.input(_SHAPE))
    model.output(_silu(model, source))
    model.output(_conv(model, source))
    kinds = [type(step) for step in lower(model.bytes()).steps]
    assert kinds == [Convolution, Lookup, Convolution]


def test_a_chain_is_one_table() -> None:
    model = ModelBuilder()
    image = model.input(_SHAPE)
    last = _silu(model, _silu(model, image))
    model.output(last)
    graph = read_graph(model.bytes())
    (function,) = find_pointwise(graph)
    assert (function.source.index, function.target.index) == (image, last)
    assert len(function.operators) == 4
    assert fusable(graph, [function]) == {}


def test_products_of_two_tensors_are_no_function_of_one() -> None:
    model = ModelBuilder()
    result = model.tensor(_SHAPE)
    model.operator("MUL", [model.input(_SHAPE), model.input(_SHAPE)], [result], "MulOptions")
    model.output(result)
    assert find_pointwise(read_graph(model.bytes())) == []
