"""Within-class covariance normalization: an embedder's outputs turned so that one person's images scatter evenly.

A distilled embedder errs more along some directions than along others. Where the images of one person scatter widely, a
difference says little about who it is; dividing by that scatter lets every direction speak as loudly as it deserves
(Hatch, Kajarekar and Stolcke, "Within-Class Covariance Normalization for SVM-based Speaker Recognition", Interspeech
2006). The normalization is one matrix, and it is multiplied into the last convolution: the file grows by nothing.
"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from edge_siamese.embedding import mean_of_flip, unit_rows
from edge_siamese.errors import DataError
from edge_siamese.frames import mirrored

from ...embeddings import embed_float, float_outputs

Doubles = npt.NDArray[np.float64]


def within_class_covariance(embeddings: npt.NDArray[np.floating], people: npt.NDArray[np.integer]) -> Doubles:
    """How the embeddings ``(N, D)`` of one person scatter about their mean: ``(D, D)``, over all people.

    Args:
        embeddings: float, unit length.
        people: ``(N,)`` numbers of the people; negative where unknown. A person with one embedding tells nothing.

    Raises:
        DataError: nobody has two embeddings.
    """
    known = np.flatnonzero(people >= 0)
    _, person, counts = np.unique(people[known], return_inverse=True, return_counts=True)
    several = counts[person] >= 2
    if not several.any():
        raise DataError("the scatter of one person's embeddings: expected a person with two images, found none")
    rows = embeddings[known].astype(np.float64)
    means = np.zeros((len(counts), rows.shape[1]))
    np.add.at(means, person, rows)
    deviations = (rows - (means / counts[:, None])[person])[several]
    freedom = len(deviations) - int((counts >= 2).sum())
    return np.asarray(deviations.T @ deviations / freedom)


def normalizing_matrix(covariance: Doubles, shrinkage: float) -> Doubles:
    """The symmetric ``(covariance + shrinkage * mean variance * I) ** -0.5``, scaled to a mean eigenvalue of 1.

    Args:
        covariance: of `within_class_covariance`, ``(D, D)``.
        shrinkage: 0 or more; the larger, the nearer is the result to doing nothing. Directions of which the people say
            little need some.
    """
    values, vectors = np.linalg.eigh(covariance)
    gains = 1 / np.sqrt(np.maximum(values, 0) + max(shrinkage, 1e-6) * values.mean())
    return np.asarray(vectors * (gains / gains.mean()) @ vectors.T)


def with_turned_outputs(network: Any, matrix: Doubles, outputs: npt.NDArray[np.floating]) -> Any:
    """A copy of a twin whose outputs are those of `network`, multiplied by `matrix`.

    The batch normalization after the last convolution gets the moments that the new outputs have, so training can go on
    from the copy.

    Args:
        network: of `networks.mobilenetv3`: it ends in a convolution and its batch normalization.
        matrix: ``(D, D)``.
        outputs: ``(N, D)`` of `network` for typical images, not normalized.
    """
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    convolution, normalization = copy.get_layer("embedding"), copy.get_layer("embedding_bn")
    gamma, beta, mean, variance = (values.astype(np.float64) for values in normalization.get_weights())
    gain = gamma / np.sqrt(variance + normalization.epsilon)
    shift = (beta - mean * gain) @ matrix
    before = outputs @ matrix - shift
    moments = before.mean(axis=0), before.var(axis=0)
    convolution.set_weights([convolution.get_weights()[0] * gain @ matrix])
    normalization.set_weights([np.sqrt(moments[1] + normalization.epsilon), moments[0] + shift, *moments])
    return copy


def normalized(network: Any, crops: npt.NDArray[np.uint8], people: npt.NDArray[np.integer], shrinkage: float) -> Any:
    """A copy of a twin, its outputs normalized by the scatter of `people`.

    Embeddings are the mean over a crop and its mirror image, as the engine uses them.

    Args:
        network: of `networks.mobilenetv3`.
        crops: uint8 ``(N, S, S, 3)`` RGB, images of training people.
        people: ``(N,)`` their numbers; negative where unknown.
        shrinkage: of `normalizing_matrix`.

    Raises:
        DataError: nobody has two images.
    """
    outputs = float_outputs(network, crops)
    averaged = unit_rows(mean_of_flip(unit_rows(outputs), embed_float(network, mirrored(crops))))
    return with_turned_outputs(
        network, normalizing_matrix(within_class_covariance(averaged, people), shrinkage), outputs
    )
