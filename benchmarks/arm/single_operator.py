"""Models of one operator each, cut out of a network, so that its layers can be counted one by one."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edge_siamese.errors import ModelError, RuntimeMissingError

from .operators import KernelOperator


def _schema() -> Any:
    """The TFLite schema's classes, which come with the runtime.

    Raises
    ------
    RuntimeMissingError
        The runtime is one without them.
    """
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError as error:
        raise RuntimeMissingError("counting layer by layer needs the package ai-edge-litert on this host") from error
    return schema_py_generated


def cut(model: bytes, index: int) -> bytes:
    """A model of one operator alone, with its own weights; its data inputs become the model's inputs.

    Parameters
    ----------
    model : bytes
        A TFLite model.
    index : int
        Position of the operator in the first graph.

    Raises
    ------
    ModelError
        The model cannot be taken apart.
    RuntimeMissingError
        The runtime has no schema.
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

    Parameters
    ----------
    model : bytes
        The network.
    operators : sequence of Operator
        All of them, as `read_operators` gives them.
    folder : Path
        Where to write.
    known : set of Operator, optional
        Those to leave out; it is extended by those written.

    Yields
    ------
    tuple of Operator and Path
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
