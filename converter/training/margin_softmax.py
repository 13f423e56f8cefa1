"""Softmax over people with a margin: the embedding has to be nearer to its own prototype than it would need to be."""

from typing import Any

import keras
import numpy as np
from keras import ops

from ..distances import EPSILON


@keras.saving.register_keras_serializable(package="edge_siamese")
class MarginSoftmax(keras.layers.Layer):  # type: ignore[misc]
    """Cross-entropy of scaled cosines to learned prototypes, the own one made smaller by a margin.

    With the angle t to the own prototype its logit is ``scale * (cos(t + angular) - additive)``, the others are
    ``scale * cos``. An angular margin alone is ArcFace (Deng et al., CVPR 2019), an additive one alone CosFace (Wang et
    al., CVPR 2018). Where t + angular exceeds pi the cosine goes on falling as ``-2 - cos(t + angular)`` (the monotone
    continuation of SphereFace, Liu et al., CVPR 2017), so that no embedding gains by turning away.

    Args:
        classes: number of prototypes.
        dimension: of the embeddings.
        angular: margin in radians.
        additive: margin of the cosine.
        scale: of the logits.
    """

    def __init__(
        self,
        classes: int,
        dimension: int,
        *,
        angular: float = 0.0,
        additive: float = 0.0,
        scale: float = 64.0,
        **layer: Any,
    ) -> None:
        super().__init__(**layer)
        self.classes, self.dimension = classes, dimension
        self.angular, self.additive, self.scale = angular, additive, scale
        self.prototypes = self.add_weight(
            shape=(classes, dimension), initializer="random_normal", dtype="float32", name="prototypes"
        )
        self.built = True

    def call(self, embeddings: Any, labels: Any) -> Any:
        """Mean loss of embeddings ``(B, D)``, of any length, of the classes ``(B,)``; a float32 scalar."""
        return ops.mean(self.each(embeddings, labels))

    def each(self, embeddings: Any, labels: Any) -> Any:
        """Loss of every embedding, float32 ``(B,)``."""
        return self.of_units(ops.normalize(ops.cast(embeddings, "float32"), axis=-1), labels)

    def of_units(self, units: Any, labels: Any) -> Any:
        """`each` of embeddings that have unit length already."""
        cosines = ops.matmul(units, ops.transpose(ops.normalize(self.prototypes, axis=-1)))
        own = ops.one_hot(labels, self.classes, dtype="float32")
        if self.angular:
            near = ops.sum(cosines * own, axis=-1)
            cosines = cosines + own * (self._turned(near) - near)[:, None]
        logits = self.scale * (cosines - self.additive * own)
        return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)

    def _turned(self, cosines: Any) -> Any:
        """Cosines of angles that are larger by the angular margin."""
        sines = ops.sqrt(ops.maximum(1.0 - ops.square(cosines), EPSILON))
        turned = cosines * np.cos(self.angular) - sines * np.sin(self.angular)
        return ops.where(cosines >= -np.cos(self.angular), turned, -2.0 - turned)

    def get_config(self) -> dict[str, Any]:
        settings = ("classes", "dimension", "angular", "additive", "scale")
        return {**super().get_config(), **{name: getattr(self, name) for name in settings}}
