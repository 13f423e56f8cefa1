"""Margin softmax losses: ArcFace and CosFace."""

from typing import Any

import keras
import numpy as np
from keras import ops

from ..distances import EPSILON


@keras.saving.register_keras_serializable(package="edge_siamese")
class MarginSoftmax(keras.layers.Layer):  # type: ignore[misc]
    """Cross-entropy of scaled cosines to learned prototypes with a margin on the true class.

    With the angle t to the prototype of the true class its logit is ``scale * (cos(t + angular) - additive)``, the others are
    ``scale * cos``. An angular margin alone is ArcFace (Deng et al., CVPR 2019), an additive one alone CosFace (Wang et
    al., CVPR 2018). If t + angular exceeds pi, the cosine continues as ``-2 - cos(t + angular)`` (monotone continuation of SphereFace, Liu
    et al., CVPR 2017), so that the loss stays monotone in the angle.

    Args:
        classes: number of prototypes.
        dimension: length of the embeddings.
        angular: angular margin in radians.
        additive: additive margin of the cosine.
        scale: scale of the logits.
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
        super().__init__(**{"name": "margin_softmax"} | layer)  # a fixed name: checkpoints store variables by path
        self.classes, self.dimension = classes, dimension
        self.angular, self.additive, self.scale = angular, additive, scale
        self.prototypes = self.add_weight(
            shape=(classes, dimension), initializer="random_normal", dtype="float32", name="prototypes"
        )
        self.built = True

    def call(self, embeddings: Any, labels: Any) -> Any:
        """Compute the mean loss, a float32 scalar, of embeddings ``(B, D)`` of any length with labels ``(B,)``."""
        return ops.mean(self.each(embeddings, labels))

    def each(self, embeddings: Any, labels: Any) -> Any:
        """Compute the loss of every embedding, float32 ``(B,)``."""
        return self.of_units(ops.normalize(ops.cast(embeddings, "float32"), axis=-1), labels)

    def of_units(self, units: Any, labels: Any) -> Any:
        """Compute `each` for embeddings of unit length."""
        cosines = ops.matmul(units, ops.transpose(ops.normalize(self.prototypes, axis=-1)))
        own = ops.one_hot(labels, self.classes, dtype="float32")
        if self.angular:
            near = ops.sum(cosines * own, axis=-1)
            cosines = cosines + own * (self._turned(near) - near)[:, None]
        logits = self.scale * (cosines - self.additive * own)
        return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)

    def _turned(self, cosines: Any) -> Any:
        """Compute the cosines of the angles plus the angular margin."""
        sines = ops.sqrt(ops.maximum(1.0 - ops.square(cosines), EPSILON))
        turned = cosines * np.cos(self.angular) - sines * np.sin(self.angular)
        return ops.where(cosines >= -np.cos(self.angular), turned, -2.0 - turned)

    def get_config(self) -> dict[str, Any]:
        settings = ("classes", "dimension", "angular", "additive", "scale")
        return {**super().get_config(), **{name: getattr(self, name) for name in settings}}
