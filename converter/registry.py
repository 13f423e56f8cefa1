"""Lookup of registry entries and checks of their options, with error messages for unknown names."""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from edge_siamese.errors import DataError
from edge_siamese.names import did_you_mean

Entry = TypeVar("Entry")


def lookup(kind: str, name: str, known: Mapping[str, Entry]) -> Entry:
    """Return the registry entry of that name.

    Args:
        kind: kind of the entry for error messages, such as "loss".
        name: name of the entry.
        known: entries by name.

    Raises:
        DataError: the name is unknown; the message suggests a similar name or lists all names.
    """
    if name not in known:
        raise DataError(f"unknown {kind} '{name}'{_advice(name, known)}")
    return known[name]


def options_of(make: Callable[..., Any]) -> dict[str, Any]:
    """Return the keyword-only arguments of a function or class with their defaults."""
    parameters = inspect.signature(make).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}


def checked_options(chosen: str, make: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Check options against the keyword-only arguments of `make`; integers are accepted for floats.

    Raises:
        DataError: an option is unknown or has another type than its default.
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
    """Check that ``minimum <= value <= maximum`` for all values.

    Raises:
        DataError: a value is outside of the range or NaN.
    """
    for name, value in values.items():
        if not minimum <= value <= maximum:
            expected = f"{minimum:g} or more" if maximum == math.inf else f"from {minimum:g} to {maximum:g}"
            raise DataError(f"{name} has to be {expected}, found {value:g}")
