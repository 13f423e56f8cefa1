"""Models of one operator each, cut out of a network, so that its layers can be counted one by one."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edge_siamese.arm_cost import KernelOperator
from edge_siamese.errors import ModelError, RuntimeMissingError


def _schema() -> Any:
    """The TFLite schema's classes, which come with the runtime.

    Raises:
        RuntimeMissingError: the runtime is one without them.
    """
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError as error:
        raise RuntimeMissingError("counting layer by layer needs the package ai-edge-litert on this host") from error
    return schema_py_generated


def cut(model: bytes, index: int) -> bytes:
    """A model of one operator alone, with its own weights; its data inputs become the model's inputs.

    Args:
        model: a TFLite model.
        index: position of the operator in the first graph.

    Raises:
        ModelError: the model cannot be taken apart.
        RuntimeMissingError: the runtime has no schema.
    """
    schema = _schema()
    try:
        return _cut(schema, model, index)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"operator {index} cannot be cut out of the model") from error


def _cut(schema: Any, model: bytes, index: int) -> bytes:
    import flatbuffers

    whole = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    graph = whole.subgraphs[0]
    operator = graph.operators[index]
    used = list(dict.fromkeys(int(i) for i in [*operator.inputs, *operator.outputs] if i >= 0))
    position = {tensor: new for new, tensor in enumerate(used)}
    tensors, buffers = [], [schema.BufferT()]
    constants = set()
    for old in used:
        tensor = graph.tensors[old]
        buffer = whole.buffers[tensor.buffer]
        tensor.buffer = 0
        if buffer.data is not None and len(buffer.data):
            constants.add(old)
            buffers.append(buffer)
            tensor.buffer = len(buffers) - 1
        tensors.append(tensor)
    taken = dict.fromkeys(int(i) for i in operator.inputs if i >= 0 and int(i) not in constants)
    graph.inputs = [position[i] for i in taken]
    graph.outputs = [position[int(i)] for i in operator.outputs]
    operator.inputs = [position[int(i)] if i >= 0 else -1 for i in operator.inputs]
    operator.outputs = graph.outputs
    graph.tensors, graph.operators = tensors, [operator]
    whole.buffers, whole.subgraphs = buffers, [graph]
    whole.metadata = whole.metadataBuffer = whole.signatureDefs = None
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(whole.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def cut_distinct(
    model: bytes, operators: Sequence[KernelOperator], folder: Path, known: set[KernelOperator] | None = None
) -> Iterator[tuple[KernelOperator, Path]]:
    """Write a model for each distinct operator of a network.

    Args:
        model: the network.
        operators: all of them, as `read_operators` gives them.
        folder: where to write.
        known: those to leave out; it is extended by those written.

    Yields:
        Operators that compute nothing (constants, reshapes) are left out.
    """
    known = set() if known is None else known
    for index, operator in enumerate(operators):
        if operator in known or operator.is_free:
            continue
        known.add(operator)
        path = folder / f"{len(known):04d}.tflite"
        path.write_bytes(cut(model, index))
        yield operator, path
