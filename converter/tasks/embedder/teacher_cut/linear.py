"""The linear algebra of a cut: which directions to keep, which channels, and a regression on what is left."""

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

Floats = npt.NDArray[np.floating]
Doubles = npt.NDArray[np.float64]

_CHANNEL_RIDGE = 1e-4
_RIDGE = 1e-3


def principal_axes(covariances: list[Floats], count: int) -> tuple[Doubles, float]:
    """Directions along which the sum of several covariances is largest.

    Parameters
    ----------
    covariances : list of array of shape (C, C)
        Of one stream, after each of its blocks.
    count : int
        How many directions, at most C.

    Returns
    -------
    axes : float64 array of shape (C, count)
        Orthonormal columns, largest variance first.
    kept : float
        Share of the variance along them, 0 to 1.

    Raises
    ------
    DataError
        More directions than channels.
    """
    total = np.sum([np.asarray(covariance, np.float64) for covariance in covariances], axis=0)
    if count > len(total):
        raise DataError(f"expected at most {len(total)} channels of a stream, found {count}")
    values, vectors = np.linalg.eigh(total)
    kept = values[::-1][:count].sum() / max(values.sum(), np.finfo(np.float64).tiny)
    return np.asarray(vectors[:, ::-1][:, :count]), float(kept)


def select_channels(channels: Floats, targets: Floats, count: int) -> npt.NDArray[np.intp]:
    """Choose channels, one after the other, so that linear maps of them explain the targets best.

    This is orthogonal matching pursuit with all targets at once: after each choice the others are left with what the
    chosen ones do not explain.

    Parameters
    ----------
    channels : array of shape (M, C)
        Samples of the channels to choose from.
    targets : array of shape (M, T)
        Samples of what is to be explained.
    count : int
        How many to choose, at most C.

    Returns
    -------
    intp array of shape (count,)
        Their indices in ascending order.

    Raises
    ------
    DataError
        More channels asked for than there are.
    """
    available = channels.shape[1]
    if count > available:
        raise DataError(f"expected at most {available} channels, found {count}")
    if count == available:
        return np.arange(available)
    centered = channels - channels.mean(0, dtype=np.float64)
    gram = centered.T @ centered
    cross = centered.T @ (targets - targets.mean(0, dtype=np.float64))
    scale = np.trace(gram) / available
    gram = gram + _CHANNEL_RIDGE * scale * np.eye(available)
    chosen: list[int] = []
    for _ in range(count):
        gains = np.square(cross).sum(1) / np.maximum(np.diag(gram), 1e-9 * scale)
        gains[chosen] = -1.0
        best = int(gains.argmax())
        chosen.append(best)
        share = gram[:, best] / gram[best, best]
        cross = cross - np.outer(share, cross[best])
        gram = gram - np.outer(share, gram[best])
    return np.sort(np.asarray(chosen, np.intp))


def ridge_regression(inputs: Floats, outputs: Floats, ridge: float = _RIDGE) -> tuple[Doubles, Doubles]:
    """Fit ``outputs = inputs @ weights + bias``.

    Parameters
    ----------
    inputs : array of shape (M, C)
        Samples.
    outputs : array of shape (M, T)
        What is wanted of them.
    ridge : float
        Penalty on squared weights, in units of the inputs' mean variance.

    Returns
    -------
    weights : float64 array of shape (C, T)
        Of the linear map.
    bias : float64 array of shape (T,)
        Added to its result; not penalized.
    """
    mean_inputs, mean_outputs = inputs.mean(0, dtype=np.float64), outputs.mean(0, dtype=np.float64)
    centered = inputs - mean_inputs
    gram = centered.T @ centered
    gram += max(ridge * np.trace(gram) / len(gram), np.finfo(np.float64).tiny) * np.eye(len(gram))
    weights = np.linalg.solve(gram, centered.T @ (outputs - mean_outputs))
    return weights, mean_outputs - mean_inputs @ weights


def unexplained(found: Floats, wanted: Floats) -> float:
    """Squared error in units of the variance of what was wanted; 0 is perfect, 1 as bad as the mean."""
    deviation = wanted - wanted.mean(0)
    return float(np.square(found - wanted).sum() / max(np.square(deviation).sum(), np.finfo(np.float64).tiny))
