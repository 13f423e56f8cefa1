"""Saliency maps: the gradient of the similarity of two images by the pixels.

Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", 2013: the derivative of an output by the input. Here
the output is the cosine of the embedding of an image and a reference: another embedding or the mean of its class.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.reports.canvas import Drawing, Pixels, as_rgb

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Saliency:
    """Gradients of N images: float32 ``(N, H, W)``, of the channel with the largest value at each pixel."""

    raw: Floats

    @property
    def positive(self) -> Floats:
        """Gradients of pixels whose increase raises the similarity, 0 elsewhere."""
        return np.maximum(self.raw, 0)

    @property
    def negative(self) -> Floats:
        """Absolute gradients of pixels whose decrease raises the similarity, 0 elsewhere."""
        return np.maximum(-self.raw, 0)


def saliency(network: Any, images: Floats, references: Floats) -> Saliency:
    """Compute the gradients of the cosine between the embedding of each image and its reference.

    Args:
        network: Keras model from float ``(N, H, W, C)`` to embeddings ``(N, D)``.
        images: normalized float32 ``(N, H, W, C)``.
        references: float32 ``(N, D)``, treated as constants.
    """
    import tensorflow as tf

    from ..distances import cosine

    inputs = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        alike = -tf.reduce_sum(cosine(network(inputs, training=False), tf.convert_to_tensor(references)))
    gradients = np.asarray(tape.gradient(alike, inputs), np.float32)
    strongest = np.abs(gradients).argmax(axis=3)[..., None]
    return Saliency(np.take_along_axis(gradients, strongest, axis=3)[..., 0])


def saliency_sheet(images: Pixels, found: Saliency) -> Drawing:
    """Draw each image beside its raw, positive and negative gradients.

    Args:
        images: uint8 ``(N, H, W, C)``, a few of them.
        found: gradients of the same images.
    """
    count = len(images)

    def draw(figure: Any) -> None:
        titles = ("image", "gradient", "brighter raises similarity", "darker raises similarity")
        for row, panels in enumerate(figure.subplots(count, 4, squeeze=False)):
            maximum = max(float(np.percentile(np.abs(found.raw[row]), 99.5)), 1e-12)
            panels[0].imshow(as_rgb(images[row]), interpolation="nearest")
            panels[1].imshow(found.raw[row], cmap="PuOr_r", vmin=-maximum, vmax=maximum, interpolation="nearest")
            panels[2].imshow(found.positive[row], cmap="cividis", vmin=0, vmax=maximum, interpolation="nearest")
            panels[3].imshow(found.negative[row], cmap="cividis", vmin=0, vmax=maximum, interpolation="nearest")
            for axes, title in zip(panels, titles, strict=True):
                axes.set_title(title if row == 0 else "", fontsize=9)
                axes.set_axis_off()

    height = images.shape[1] / images.shape[2]
    return Drawing(draw, (7.6, 1.9 * height * count + 0.3))
