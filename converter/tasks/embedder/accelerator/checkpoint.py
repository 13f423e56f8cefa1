"""Checkpoints of a job: the whole state of a phase in one ``.npz`` file, replaced atomically."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from edge_siamese.errors import DataError

from ....checkpoints import load_arrays, save_arrays
from .step import State

_PHASE = "phase"


def save_checkpoint(path: Path, state: State, phase: int) -> None:
    """Write the state of phase number `phase`."""
    arrays = {jax.tree_util.keystr(place): np.asarray(array) for place, array in _leaves(state)}
    save_arrays(path, arrays | {_PHASE: np.asarray(phase)})


def load_phase(path: Path) -> int:
    """Number of the phase that a checkpoint belongs to; 0 without a checkpoint."""
    return int(load_arrays(path)[_PHASE]) if path.exists() else 0


def load_checkpoint(path: Path, like: State) -> State:
    """Read a state with the arrays of `like`.

    Raises:
        DataError: an array is missing or has another shape.
    """
    stored = load_arrays(path)
    arrays = []
    for place, array in _leaves(like):
        name = jax.tree_util.keystr(place)
        found = stored.get(name)
        if found is None or found.shape != array.shape:
            shape = "nothing" if found is None else f"shape {found.shape}"
            raise DataError(f"{path}: expected {name} of shape {array.shape}, found {shape}", path=path)
        arrays.append(jnp.asarray(found, array.dtype))
    state: State = jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(like), arrays)
    return state


def _leaves(state: State) -> list[tuple[Any, Any]]:
    return list(jax.tree_util.tree_leaves_with_path(state))
