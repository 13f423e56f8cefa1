"""Things a recipe chooses by name, with options: the sentences for names and options that are not known."""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from edge_siamese.errors import DataError
from edge_siamese.names import did_you_mean

Entry = TypeVar("Entry")


def lookup(kind: str, name: str, known: Mapping[str, Entry]) -> Entry:
    """The entry of that name.

    Args:
        kind: what is chosen, as the message calls it: "loss".
        name: of the entry.
        known: the entries.

    Raises:
        DataError: there is none of that name; it says which is near, or all there are.
    """
    if name not in known:
        raise DataError(f"unknown {kind} '{name}'{_advice(name, known)}")
    return known[name]


def options_of(make: Callable[..., Any]) -> dict[str, Any]:
    """The options that a function or class takes, its keyword-only arguments, with their defaults."""
    parameters = inspect.signature(make).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}


def checked_options(chosen: str, make: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as `make` takes them: known, and of their default's type; a whole number stands for a real one.

    Raises:
        DataError: an option is unknown, or of another type.
    """
    known = options_of(make)
    for key, value in options.items():
        if key not in known:
            raise DataError(f"{chosen}: unknown option '{key}'{_advice(key, known)}")
        expected = type(known[key])
        if not (type(value) is expected or (expected is float and type(value) is int)):
            raise DataError(f"{chosen}: {key} has to be of type {expected.__name__}, found {value!r}")
    return dict(options)


def _advice(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, known) or f"; known are {', '.join(known) or 'none'}"


def in_range(minimum: float, maximum: float = math.inf, /, **values: float) -> None:
    """Refuse settings outside of ``least <= value <= most``.

    Raises:
        DataError: a value is outside, or not a number.
    """
    for name, value in values.items():
        if not minimum <= value <= maximum:
            expected = f"{minimum:g} or more" if maximum == math.inf else f"from {minimum:g} to {maximum:g}"
            raise DataError(f"{name} has to be {expected}, found {value:g}")
