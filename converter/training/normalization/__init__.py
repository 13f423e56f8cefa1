"""Normalizations by name: how stored images become network inputs."""

from typing import Any

from edge_siamese.errors import DataError

from ...registry import checked_options, lookup
from .base import Normalization, decode
from .contrast import LocalContrast, LocalMean
from .scaling import MinMax, Signed, Standardize, Unit
from .whitening import Whitening

__all__ = ["Normalization", "create", "from_json", "normalizations"]


def normalizations() -> dict[str, type[Normalization]]:
    """Every normalization by name."""
    kinds = (Unit, Signed, MinMax, Standardize, LocalContrast, LocalMean, Whitening)
    return {kind.name: kind for kind in kinds}


def create(name: str, **options: Any) -> Normalization:
    """A normalization that is not fitted yet.

    Args:
        name: "unit", "signed", "min-max", "standardize", "lcn", "lcn-subtractive" or "zca".
        options: the keyword-only fields of its class.

    Raises:
        DataError: there is no normalization or option of that name.
    """
    kind = lookup("normalization", name, normalizations())
    return kind(**checked_options(f"normalization {name}", kind, options))


def from_json(report: Any) -> Normalization:
    """Inverse of `Normalization.to_json`.

    Raises:
        DataError: the report is not what `to_json` writes.
    """
    try:
        name, options, learned = (report[key] for key in ("name", "options", "learned"))
        kind = lookup("normalization", name, normalizations())
        arrays = {key: decode(learned[key]) for key in kind.learned() if key in learned}
        return kind(**arrays, **checked_options(f"normalization {name}", kind, options))
    except DataError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"expected a normalization as JSON, found one that does not decode ({error!r})") from error
