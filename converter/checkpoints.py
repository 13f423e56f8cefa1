"""Read and write weights as ``.npz`` files: training checkpoints and the float16 weights of finished networks.

Arrays are keyed by variable path; files are written atomically and contain no pickles.
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
    """Return the values of Keras variables as arrays, keyed by variable path."""
    return {variable.path: np.asarray(variable) for variable in variables}


def assign_variables(variables: list[Any], arrays: Mapping[str, npt.NDArray[Any]], source: Path | str) -> None:
    """Assign to every Keras variable the array stored under its path.

    Raises:
        DataError: an array is missing or has another shape; no variable is changed in that case.
    """
    for variable in variables:
        array = arrays.get(variable.path)
        if array is None or array.shape != tuple(variable.shape):
            found = "nothing" if array is None else f"shape {array.shape}"
            raise DataError(f"{source}: expected {variable.path} of shape {tuple(variable.shape)}, found {found}")
    for variable in variables:
        variable.assign(arrays[variable.path])


def save_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays to an ``.npz`` file atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as stream:
        np.savez(stream, **dict[str, Any](arrays))


def load_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read the arrays of an ``.npz`` file.

    Raises:
        DataError: the file is missing or is not an ``.npz`` file without pickles.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    except FileNotFoundError as error:
        raise DataError(f"{path}: expected saved weights (.npz), there is no such file", path=path) from error
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path}: expected saved weights (.npz), cannot read it ({error})", path=path) from error


def save_float16_weights(path: Path, network: Any, description: Mapping[str, Any], *, license: str = "") -> None:
    """Write the weights of a network as float16 arrays.

    Args:
        path: the ``.npz`` file to write.
        network: Keras network.
        description: the arguments that build the network, stored with the weights as JSON.
        license: license of the weights, stored with them; models converted from them inherit it.
    """
    arrays = variables_as_arrays(network.weights)
    halves = {name: array.astype(np.float16) for name, array in arrays.items()}
    texts = {_DESCRIPTION: json.dumps(dict(description)), _LICENSE: license}
    save_arrays(path, halves | {name: np.array(text) for name, text in texts.items() if text})


def load_description(path: Path) -> dict[str, Any]:
    """Read the `description` that `save_float16_weights` stored; empty for a checkpoint."""
    description = load_arrays(path).get(_DESCRIPTION)
    return {} if description is None else dict(json.loads(str(description)))


def load_license(path: Path) -> str:
    """Read the license that `save_float16_weights` stored; empty if there is none."""
    return str(load_arrays(path).get(_LICENSE, ""))


def load_weights(path: Path, network: Any) -> None:
    """Load the weights of `save_float16_weights` or of a checkpoint into a Keras network."""
    assign_variables(network.weights, load_arrays(path), path)
