"""Shared context of the emitted C code: names, tables and descriptions."""

from collections.abc import Mapping
from dataclasses import dataclass

from .c_text import array
from .fixed_point import INT8_MIN
from .layouts import Backend, ConvolutionLayout
from .steps import Step


@dataclass(frozen=True)
class StepText:
    """The C of a step.

    Attributes:
        data: definitions of its constants.
        call: a statement; ``{0}``, ``{1}``... stand for the inputs, ``{output}`` and ``{scratch}`` for the others.
        files: kernel files it needs.
    """

    data: str
    call: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Context:
    """What the C of a step needs beside the step.

    Attributes:
        number: of the step, which makes its names unique.
        layouts: of convolutions, by `id` of the step.
        backend: of the kernels.
        owners: the first step that uses an array, by `id` of the array; the others use its constants.
    """

    number: int
    backend: Backend
    owners: Mapping[int, int]
    layouts: Mapping[int, ConvolutionLayout]

    def name(self, what: str) -> str:
        return f"{what}_{self.number}"

    def shared(self, what: str, array: object) -> str:
        """The name of something that other steps may use too."""
        return f"{what}_{self.owners.get(id(array), self.number)}"

    def owns(self, array: object) -> bool:
        return self.owners.get(id(array), self.number) == self.number


def table_text(step: Step, context: Context) -> str:
    if step.table is None or not context.owns(step.table):
        return ""
    return array(table_name(step, context), step.table, dimension=str(-2 * INT8_MIN))


def table_name(step: Step, context: Context) -> str:
    return "0" if step.table is None else context.shared("table", step.table)


def struct_text(kind: str, name: str, fields: list[tuple[str, str]]) -> str:
    body = "\n".join(f"    .{field} = {value}," for field, value in fields)
    return f"static const struct {kind} {name} = {{\n{body}\n}};\n"
