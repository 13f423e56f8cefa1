"""Embedders by their description: the table that a recipe has, or that weights keep beside them."""

from collections.abc import Mapping
from typing import Any

from edge_siamese.errors import DataError

from .mobilefacenet import MobileFaceNetTable, build_mobilefacenet
from .mobilenetv3 import build_twin


def build_embedder(description: Mapping[str, Any], *, activation: str = "relu") -> Any:
    """Build a network with random weights.

    Parameters
    ----------
    description : mapping
        The fields of a `MobileFaceNetTable`, or the arguments of `build_twin`.
    activation : {"relu", "prelu"}
        Of a MobileFaceNet (`build_mobilefacenet`); a twin's is in its description.

    Returns
    -------
    keras.Model

    Raises
    ------
    DataError
        The description is of neither.
    """
    try:
        if "streams" not in description:
            return build_twin(**description)
        return build_mobilefacenet(mobilefacenet_table(description), activation=activation)
    except TypeError as error:
        raise DataError(f"expected the description of an embedder, found {dict(description)} ({error})") from error


def mobilefacenet_table(description: Mapping[str, Any]) -> MobileFaceNetTable:
    """The widths in a description, whose lists may come from JSON or TOML."""
    hidden = tuple(tuple(stage) for stage in description["hidden"])
    return MobileFaceNetTable(**{**description, "hidden": hidden, "streams": tuple(description["streams"])})
