"""Registry of image normalizations."""

from typing import Any

from edge_siamese.errors import DataError

from ...registry import checked_options, lookup
from .base import Normalization, decode
from .contrast import LocalContrast, LocalMean
from .scaling import MinMax, Signed, Standardize, Unit
from .whitening import Whitening

__all__ = ["Normalization", "create", "from_json", "normalizations"]


def normalizations() -> dict[str, type[Normalization]]:
    """Return all normalizations by name."""
    kinds = (Unit, Signed, MinMax, Standardize, LocalContrast, LocalMean, Whitening)
    return {kind.name: kind for kind in kinds}


def create(name: str, **options: Any) -> Normalization:
    """Create a normalization that is not fitted.

    Args:
        name: "unit", "signed", "min-max", "standardize", "lcn", "lcn-subtractive" or "zca".
        options: keyword-only fields of its class.

    Raises:
        DataError: the name or an option is unknown.
    """
    kind = lookup("normalization", name, normalizations())
    return kind(**checked_options(f"normalization {name}", kind, options))


def from_json(report: Any) -> Normalization:
    """Create a normalization from the result of `Normalization.to_json`.

    Raises:
        DataError: `report` is not a result of `to_json`.
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
