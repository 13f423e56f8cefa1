"""Within-class covariance normalization (WCCN) of the outputs of an embedder.

Directions in which the images of one person vary widely say little about identity. WCCN scales the directions by the
inverse square root of the within-class covariance (Hatch, Kajarekar and Stolcke, "Within-Class Covariance Normalization
for SVM-based Speaker Recognition", Interspeech 2006). The mean of all outputs, which says nothing about identity either, is
subtracted first. Matrix and mean are folded into the last convolution, so the size of the model does not change.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from edge_siamese.embedding import mean_of_flip, unit_rows
from edge_siamese.errors import DataError
from edge_siamese.frames import mirrored

from ...embeddings import float_outputs

Doubles = npt.NDArray[np.float64]


def within_class_covariance(embeddings: npt.NDArray[np.floating], people: npt.NDArray[np.integer]) -> Doubles:
    """Compute the within-class covariance ``(D, D)`` of embeddings ``(N, D)`` over all people.

    Args:
        embeddings: float, unit length.
        people: ``(N,)`` person of each embedding; negative if unknown. People with one embedding are ignored.

    Raises:
        DataError: no person has two embeddings.
    """
    known = np.flatnonzero(people >= 0)
    _, person, counts = np.unique(people[known], return_inverse=True, return_counts=True)
    several = counts[person] >= 2
    if not several.any():
        raise DataError("within-class covariance: expected a person with two images, found none")
    rows = embeddings[known].astype(np.float64)
    means = np.zeros((len(counts), rows.shape[1]))
    np.add.at(means, person, rows)
    deviations = (rows - (means / counts[:, None])[person])[several]
    freedom = len(deviations) - int((counts >= 2).sum())
    return np.asarray(deviations.T @ deviations / freedom)


def normalizing_matrix(covariance: Doubles, shrinkage: float) -> Doubles:
    """Compute ``(covariance + shrinkage * mean variance * I) ** -0.5``, symmetric, scaled to a mean eigenvalue of 1.

    Args:
        covariance: result of `within_class_covariance`, ``(D, D)``.
        shrinkage: 0 or more; larger values give a result closer to the identity. Directions with little data need it.
    """
    values, vectors = np.linalg.eigh(covariance)
    gains = 1 / np.sqrt(np.maximum(values, 0) + max(shrinkage, 1e-6) * values.mean())
    return np.asarray(vectors * (gains / gains.mean()) @ vectors.T)


def with_turned_outputs(network: Any, matrix: Doubles, outputs: npt.NDArray[np.floating]) -> Any:
    """Return a copy of a twin whose outputs are those of `network` less the mean of `outputs`, multiplied by `matrix`.

    The batch normalization after the last convolution gets the moments of the new outputs, so that the copy can be
    trained further.

    Args:
        network: network of `networks.mobilenetv3` or `networks.mobilefacenet`: it ends in the convolution ``embedding`` and
            batch normalization.
        matrix: ``(D, D)``.
        outputs: ``(N, D)``, outputs of `network` for typical images, not L2-normalized.
    """
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    convolution, normalization = copy.get_layer("embedding"), copy.get_layer("embedding_bn")
    gamma, beta, mean, variance = (values.astype(np.float64) for values in normalization.get_weights())
    gain = gamma / np.sqrt(variance + normalization.epsilon)
    before = (outputs - (beta - mean * gain)) @ matrix  # outputs of the new convolution
    moments = before.mean(axis=0), before.var(axis=0)
    convolution.set_weights([convolution.get_weights()[0] * gain @ matrix])
    normalization.set_weights([np.sqrt(moments[1] + normalization.epsilon), np.zeros_like(beta), *moments])
    return copy


def normalized(network: Any, crops: npt.NDArray[np.uint8], people: npt.NDArray[np.integer], shrinkage: float) -> Any:
    """Return a copy of a twin with centered outputs and WCCN.

    The covariance is computed with flip averaging.

    Args:
        network: as for `with_turned_outputs`.
        crops: uint8 ``(N, S, S, 3)`` RGB crops of training people.
        people: ``(N,)`` person of each crop; negative if unknown.
        shrinkage: see `normalizing_matrix`.

    Raises:
        DataError: no person has two images.
    """
    outputs = float_outputs(network, crops)
    mean = outputs.mean(axis=0)
    averaged = mean_of_flip(unit_rows(outputs - mean), unit_rows(float_outputs(network, mirrored(crops)) - mean))
    covariance = within_class_covariance(unit_rows(averaged), people)
    return with_turned_outputs(network, normalizing_matrix(covariance, shrinkage), outputs)
