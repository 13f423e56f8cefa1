"""Map the operators of a .tflite to the names of Keras layers."""

import re
from collections import Counter
from collections.abc import Callable, Iterable

from edge_siamese.tflite.graph import Graph, Operator


class LayerNames:
    """Lookup of the Keras layer of an operator, by the tensor names that TensorFlow writes.

    TensorFlow writes ``network/layer/operation`` and may add numbers to every part when it traces again; the
    interpretation of the numbers that matches more layers is used.
    """

    def __init__(self, graph: Graph, layers: Iterable[str] = ()) -> None:
        self._layers = frozenset(layers)
        readings: tuple[Callable[[str], str], ...] = (lambda part: part, lambda part: re.sub(r"_\d+$", "", part))
        parts = [part for operator in graph.operators for part in _name_parts(operator)]
        self._read = max(readings, key=lambda read: len({read(part) for part in parts} & self._layers))
        self._tensors = Counter(_short(operator.outputs[0].name) for operator in graph.operators)

    def of(self, operator: Operator) -> str:
        """Return the name of the layer, or the name of the output tensor if the layer is unknown."""
        for part in _name_parts(operator):
            if self._read(part) in self._layers:
                return self._read(part)
        tensor = operator.outputs[0]
        name = _short(tensor.name)
        return name if self._tensors[name] == 1 and name else f"{name or 'tensor'}#{tensor.index}"


def _short(name: str) -> str:
    """Return the first of several joined names, without Python module prefixes."""
    first = name.split(";", maxsplit=1)[0]
    return first if "/" in first else first.rsplit(".", maxsplit=1)[-1]


def _name_parts(operator: Operator) -> list[str]:
    constants = [tensor for tensor in operator.inputs if tensor is not None and tensor.is_constant]
    names = [name for tensor in (*operator.outputs, *constants) for name in tensor.name.split(";")]
    return [part for name in names for part in name.split("/")]
