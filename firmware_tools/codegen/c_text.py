"""Pieces of C source: arrays, structs, names."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_COLUMNS = 120
_TYPES = {"int8": "int8_t", "int32": "int32_t", "uint16": "uint16_t", "uint32": "uint32_t"}
RESERVED = {
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float",
    "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed", "sizeof",
    "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while",
}  # fmt: skip


def identifier(text: str) -> str:
    """A C identifier that resembles a name: ``"StatefulPartitionedCall:0"`` becomes ``statefulpartitionedcall_0``."""
    name = re.sub(r"[^0-9a-z]+", "_", text.lower()).strip("_") or "x"
    return f"x_{name}" if name[0].isdigit() or name in RESERVED else name


def unique_identifiers(texts: Sequence[str]) -> list[str]:
    """Identifiers of names, numbered where two become the same."""
    names: list[str] = []
    for text in texts:
        name = base = identifier(text)
        number = 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names.append(name)
    return names


def array(name: str, values: npt.NDArray[Any], *, dimension: str | None = None) -> str:
    """Definition of a constant array, static where `name` is only used in its file."""
    numbers = _wrapped([_number(value) for value in values.ravel().tolist()])
    return f"static const {_TYPES[str(values.dtype)]} {name}[{dimension or values.size}] = {{\n{numbers}\n}};\n"


def struct_array(kind: str, name: str, rows: Sequence[Sequence[int]]) -> str:
    """Definition of a constant array of structs of integers."""
    items = _wrapped(["{" + ", ".join(_number(value) for value in row) + "}" for row in rows])
    return f"static const struct {kind} {name}[{len(rows)}] = {{\n{items}\n}};\n"


def comment(text: str) -> str:
    """A comment of one line that no name can end early."""
    return f"/* {text.replace('*/', '* /').replace('/*', '/ *')} */"


def _number(value: int) -> str:
    return "-2147483647 - 1" if value == -(2**31) else str(value)


def _wrapped(items: Sequence[str]) -> str:
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > _COLUMNS:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join([*lines, line])


def as_int32(values: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    """Integers as int32, modulo 2**32."""
    return (values.astype(np.int64) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
