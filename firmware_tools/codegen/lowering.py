"""From the graph of a model to the steps of generated code.

Reshapes become views, pads go into the convolution that reads them, tables into the step that computes their source.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge_siamese.tflite.graph import Graph, Operator, read_graph
from edge_siamese.tflite.tensor import Tensor

from .checks import check_graph
from .fixed_point import Rounding, activation_range, clamp_table, compose
from .lowering_conv import lower_convolution, lower_dense, lower_depthwise
from .lowering_image import lower_concatenation, lower_mean, lower_pad, lower_pool, lower_resize
from .lowering_nonlinear import lower_prelu, lower_softmax
from .oracle import Oracle
from .pointwise import Pointwise, find_pointwise, fusable
from .shape_checks import check_shape
from .steps import (
    Activation,
    Addition,
    Convolution,
    L2Normalization,
    Lookup,
    Mean,
    Multiplication,
    Pad,
    Pool,
    Step,
    Table,
    unsupported,
)

_OPERANDS = {
    "AVERAGE_POOL_2D": 1, "CONV_2D": 1, "DEPTHWISE_CONV_2D": 1, "FULLY_CONNECTED": 1, "L2_NORMALIZATION": 1, "MAX_POOL_2D": 1,
    "MEAN": 1, "PAD": 1, "RESIZE_BILINEAR": 1, "RESIZE_NEAREST_NEIGHBOR": 1, "SOFTMAX": 1, "ADD": 2, "MUL": 2, "PRELU": 2,
    "SUB": 2,
}  # fmt: skip
"""How many int8 operands an operator has beside weights; all inputs of others."""
_VIEWS = {"EXPAND_DIMS", "RESHAPE", "SQUEEZE"}
_TABLES = (Addition, Convolution, Mean, Multiplication, Pool)


@dataclass(frozen=True, eq=False)
class Program:
    """A network as steps.

    Attributes:
        inputs, outputs: activations by the names of the model's signature, in its order.
        steps: in the order in which they run.
        rounding: of dense layers.
        streamed: the input comes in rows when a step asks for them.
    """

    inputs: dict[str, Activation]
    outputs: dict[str, Activation]
    steps: list[Step]
    rounding: Rounding
    streamed: bool = False


def lower(model: bytes, rounding: Rounding = "litert") -> Program:
    """Read a model and choose its steps.

    Args:
        model: the bytes of an int8 .tflite.
        rounding: ``"litert"`` (dense layers round once) or ``"tflm"`` (twice).

    Raises:
        ModelError: the bytes are no model.
        DataError: code cannot be made for it; the sentence names operator and tensor.
        RuntimeMissingError: the reference kernels are not installed.
    """
    graph = read_graph(model)
    check_graph(graph)
    return _Lowering(graph, model, rounding).program()


class _Lowering:
    def __init__(self, graph: Graph, model: bytes, rounding: Rounding) -> None:
        self.graph, self.model, self.rounding = graph, model, rounding
        self._oracle: Oracle | None = None
        self.values: dict[int, Activation] = {}
        self.steps: list[Step] = []
        self.functions = find_pointwise(graph)
        self.fused = fusable(graph, self.functions)
        self.uses = Counter(tensor.index for operator in graph.operators for tensor in operator.computed)
        self.uses.update(tensor.index for tensor in graph.outputs)

    def program(self) -> Program:
        for tensor in self.graph.inputs:
            self.values[tensor.index] = activation(tensor)
        inside = {operator.index for function in self.functions for operator in function.operators}
        ends = {function.operators[-1].index: function for function in self.functions}
        for operator in self.graph.operators:
            if operator.index not in inside:
                self._lower(operator)
            elif operator.index in ends and ends[operator.index].target.index not in self.values:
                self._lookup(ends[operator.index])
        return Program(
            inputs=self._named(self.graph.input_names, self.graph.inputs),
            outputs=self._named(self.graph.output_names, self.graph.outputs),
            steps=self.steps,
            rounding=self.rounding,
        )

    def _named(self, names: Mapping[str, Tensor], tensors: tuple[Tensor, ...]) -> dict[str, Activation]:
        named = {tensor.index: name for name, tensor in names.items()}
        return {named.get(tensor.index, tensor.name): self.values[tensor.index] for tensor in tensors}

    def _lower(self, operator: Operator) -> None:
        if len(operator.outputs) != 1:
            raise unsupported(operator, f"it has {len(operator.outputs)} outputs, expected one")
        if operator.kind in _VIEWS:
            self._view(operator)
            return
        if operator.kind not in _LOWERED:
            raise unsupported(operator, "there are no kernels for this operator")
        step = _LOWERED[operator.kind](self, operator, self._operands(operator))
        check_shape(step)
        self._fuse_pad(step)
        low, high = self._range(operator, step.output)
        step.table = clamp_table(low, high)
        target = operator.outputs[0]
        function = self.fused.get(target.index) if isinstance(step, _TABLES) else None
        if function is not None:
            step.table = compose(step.table, self._table(function))
            step.operators += function.operators
            target = function.target
        if step.table is not None and not isinstance(step, _TABLES):
            raise unsupported(operator, f"the fused activation {operator.activation} is not supported there")
        step.output = self.values[target.index] = activation(target)
        self.steps.append(step)

    def _operands(self, operator: Operator) -> tuple[Activation, ...]:
        operands = operator.inputs[:1] if operator.weight_count else operator.inputs
        inputs = tuple(self._input(tensor, operator) for tensor in operands if _is_operand(tensor))
        expected = _OPERANDS.get(operator.kind, len(operator.inputs))
        if len(inputs) != expected:
            raise unsupported(operator, f"it has {len(inputs)} int8 operands with one scale, expected {expected}")
        return inputs

    def _input(self, tensor: Tensor | None, operator: Operator) -> Activation:
        assert tensor is not None
        if tensor.index not in self.values:
            if not tensor.is_constant:
                raise unsupported(operator, f"its input '{tensor.name}' is computed by no operator")
            if not _is_operand(tensor):
                raise unsupported(
                    operator, f"its input '{tensor.name}' is {tensor.dtype}, expected INT8 with one scale"
                )
            self.values[tensor.index] = activation(tensor)
        return self.values[tensor.index]

    def _view(self, operator: Operator) -> None:
        source = self._input(operator.inputs[0], operator)
        target = activation(operator.outputs[0])
        target.view_of = source
        if target.size != source.size:
            raise unsupported(operator, f"it makes {target.shape} of {source.shape}")
        self.values[operator.outputs[0].index] = target

    def _fuse_pad(self, step: Step) -> None:
        """Read the unpadded image where the step before pads for this convolution only."""
        pad = self.steps[-1] if self.steps else None
        if not isinstance(step, Convolution) or not isinstance(pad, Pad) or pad.output is not step.inputs[0]:
            return
        (tensor,) = pad.operators[0].outputs
        if self.uses[tensor.index] == 1 and pad.before[2] == 0 and pad.output.channels == pad.inputs[0].channels:
            top, left = step.window.padding
            step.window = type(step.window)(
                step.window.kernel,
                step.window.stride,
                step.window.dilation,
                (top + pad.before[0], left + pad.before[1]),
            )
            step.inputs = (pad.inputs[0], *step.inputs[1:])
            step.operators += pad.operators
            self.steps.pop()

    def _range(self, operator: Operator, output: Activation) -> tuple[int, int]:
        try:
            return activation_range(operator.activation, output.scale, output.zero_point)
        except KeyError:
            raise unsupported(operator, f"the fused activation {operator.activation} is not supported") from None

    def _lookup(self, function: Pointwise) -> None:
        source = self._input(function.source, function.operators[0])
        output = self.values[function.target.index] = activation(function.target)
        table = self._table(function)
        self.steps.append(Lookup(function.operators[::-1], (source,), output, table=table, in_place=True))

    def _table(self, function: Pointwise) -> Table:
        self._oracle = self._oracle or Oracle(self.model)
        return self._oracle.table(function.operators, function.source, function.target)


def activation(tensor: Tensor) -> Activation:
    """An int8 tensor without its batch dimension, which a constant need not have."""
    assert tensor.quantization is not None
    batch = len(tensor.shape) > 1 and not (tensor.is_constant and tensor.shape[0] != 1)
    shape = tensor.shape[1:] if batch else tensor.shape or (1,)
    constant = tensor.values.reshape(shape) if tensor.is_constant else None
    return Activation(tensor.name, shape, tensor.quantization.scale, tensor.quantization.zero_point, constant)


def _is_operand(tensor: Tensor | None) -> bool:
    """Activations and int8 constants with one scale, not sizes or axes."""
    if tensor is None or tensor.quantization is None:
        return False
    return tensor.dtype == "INT8" and not tensor.quantization.per_channel


def _binary(operator: Operator, inputs: tuple[Activation, ...]) -> tuple[Activation, Activation]:
    """Both operands, the one that is repeated over the pixels second."""
    if len(inputs) != 2:
        raise unsupported(operator, "expected two int8 operands")
    first, second = inputs
    if first.size < second.size and operator.kind != "SUB":
        first, second = second, first
    whole = activation(operator.outputs[0])
    if first.size != whole.size or not (second.shape == first.shape or second.size in {1, first.channels}):
        raise unsupported(
            operator, f"it combines {first.shape} and {second.shape}, expected equal shapes or one of channels"
        )
    if second.size == first.channels != 1 and second.size != second.channels and second.shape != first.shape:
        raise unsupported(operator, f"it repeats {second.shape} over {first.shape}, expected a value for each channel")
    return first, second


def _lower_addition(_: _Lowering, operator: Operator, inputs: tuple[Activation, ...]) -> Step:
    sign = -1 if operator.kind == "SUB" else 1
    operands = _binary(operator, inputs)
    return Addition((operator,), operands, activation(operator.outputs[0]), sign=sign, in_place=True)


def _lower_multiplication(_: _Lowering, operator: Operator, inputs: tuple[Activation, ...]) -> Step:
    return Multiplication((operator,), _binary(operator, inputs), activation(operator.outputs[0]), in_place=True)


def _lower_l2(_: _Lowering, operator: Operator, inputs: tuple[Activation, ...]) -> Step:
    return L2Normalization((operator,), inputs, activation(operator.outputs[0]), in_place=True)


_LOWERED: dict[str, Callable[[_Lowering, Operator, tuple[Activation, ...]], Step]] = {
    "ADD": _lower_addition,
    "AVERAGE_POOL_2D": lambda _, operator, inputs: lower_pool(operator, inputs, activation(operator.outputs[0])),
    "CONCATENATION": lambda _, operator, inputs: lower_concatenation(operator, inputs, activation(operator.outputs[0])),
    "CONV_2D": lambda _, operator, inputs: lower_convolution(operator, inputs[0], activation(operator.outputs[0])),
    "DEPTHWISE_CONV_2D": lambda _, operator, inputs: lower_depthwise(
        operator, inputs[0], activation(operator.outputs[0])
    ),
    "FULLY_CONNECTED": lambda lowering, operator, inputs: lower_dense(
        operator, inputs[0], activation(operator.outputs[0]), once=lowering.rounding == "litert"
    ),
    "L2_NORMALIZATION": _lower_l2,
    "MAX_POOL_2D": lambda _, operator, inputs: lower_pool(operator, inputs, activation(operator.outputs[0])),
    "MEAN": lambda _, operator, inputs: lower_mean(operator, inputs, activation(operator.outputs[0])),
    "MUL": _lower_multiplication,
    "PAD": lambda _, operator, inputs: lower_pad(operator, inputs, activation(operator.outputs[0])),
    "PRELU": lambda _, operator, inputs: lower_prelu(operator, inputs, activation(operator.outputs[0])),
    "RESIZE_BILINEAR": lambda _, operator, inputs: lower_resize(operator, inputs, activation(operator.outputs[0])),
    "RESIZE_NEAREST_NEIGHBOR": lambda _, operator, inputs: lower_resize(
        operator, inputs, activation(operator.outputs[0])
    ),
    "SOFTMAX": lambda _, operator, inputs: lower_softmax(operator, inputs, activation(operator.outputs[0])),
    "SUB": _lower_addition,
}
