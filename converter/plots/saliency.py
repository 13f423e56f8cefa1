"""Which pixels make two images more alike: the gradient of their similarity.

Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", 2013: the derivative of an output by the input. Here
the output is the cosine of an image's embedding with a reference, another image's or the mean of its class.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.reports.canvas import Drawing, Pixels, as_rgb

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Saliency:
    """Gradients of N images: float32 ``(N, H, W)``, the channel with the largest value taken at every pixel."""

    raw: Floats

    @property
    def positive(self) -> Floats:
        """Where more brightness makes the image more like the reference, 0 elsewhere."""
        return np.maximum(self.raw, 0)

    @property
    def negative(self) -> Floats:
        """Where less brightness does, as positive numbers, 0 elsewhere."""
        return np.maximum(-self.raw, 0)


def saliency(network: Any, images: Floats, references: Floats) -> Saliency:
    """Gradients of the cosine between each image's embedding and its reference.

    Args:
        network: Keras model of float ``(N, H, W, C)`` to embeddings ``(N, D)``.
        images: normalized float32 ``(N, H, W, C)``.
        references: float32 ``(N, D)``, constants.
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
    """Each image beside its raw, positive and negative gradients.

    Args:
        images: uint8 ``(N, H, W, C)``, a few of them.
        found: of the same images.
    """
    count = len(images)

    def draw(figure: Any) -> None:
        titles = ("image", "gradient", "brighter is more alike", "darker is more alike")
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
