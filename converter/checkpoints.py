"""Weights as plain arrays: checkpoints that survive a kill, and float16 weights small enough to ship.

Both are ``.npz`` files keyed by variable path, without pickles.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError

_DESCRIPTION, _LICENSE = "description", "license"


def variables_as_arrays(variables: list[Any]) -> dict[str, npt.NDArray[Any]]:
    """Values of Keras variables keyed by their paths."""
    return {variable.path: np.asarray(variable) for variable in variables}


def assign_variables(variables: list[Any], arrays: Mapping[str, npt.NDArray[Any]], source: Path | str) -> None:
    """Give every variable the array of its path.

    Raises:
        DataError: an array is missing or of another shape; no variable has been changed then.
    """
    for variable in variables:
        array = arrays.get(variable.path)
        if array is None or array.shape != tuple(variable.shape):
            found = "nothing" if array is None else f"shape {array.shape}"
            raise DataError(f"{source}: expected {variable.path} of shape {tuple(variable.shape)}, found {found}")
    for variable in variables:
        variable.assign(arrays[variable.path])


def save_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write an ``.npz`` whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as stream:
        np.savez(stream, **dict[str, Any](arrays))


def load_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read an ``.npz`` of arrays.

    Raises:
        DataError: the file is missing or not such a file.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: expected saved weights (.npz), cannot read it ({error})") from error


def save_float16_weights(path: Path, network: Any, description: Mapping[str, Any], *, license: str = "") -> None:
    """Write a network's weights as float16 arrays, the form in which they ship.

    Args:
        path: the ``.npz``.
        network: Keras network.
        description: the arguments that build it, kept beside the weights as JSON.
        license: of the weights, kept beside them; what is converted from them inherits it.
    """
    arrays = variables_as_arrays(network.weights)
    halves = {name: array.astype(np.float16) for name, array in arrays.items()}
    texts = {_DESCRIPTION: json.dumps(dict(description)), _LICENSE: license}
    save_arrays(path, halves | {name: np.array(text) for name, text in texts.items() if text})


def load_description(path: Path) -> dict[str, Any]:
    """What `save_float16_weights` was told of the network; empty for a checkpoint."""
    description = load_arrays(path).get(_DESCRIPTION)
    return {} if description is None else dict(json.loads(str(description)))


def load_license(path: Path) -> str:
    """What `save_float16_weights` was told of the weights' license; empty when nothing."""
    return str(load_arrays(path).get(_LICENSE, ""))


def load_weights(path: Path, network: Any) -> None:
    """Give a network the weights of `save_float16_weights` or of a checkpoint."""
    assign_variables(network.weights, load_arrays(path), path)
