"""Detector training: assignment of faces to grid cells, loss and batches."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from edge_siamese.detection import STRIDES
from edge_siamese.preprocessing import normalize_pixels

from .samples import SampleComposer
from .targets import SIZE_COLUMN, encode_targets


class DetectorTrainer(keras.Model):  # type: ignore[misc]
    """Trains a detector network on batches of ``(images, {"grid8": ..., "grid16": ..., "grid32": ...})``."""

    def __init__(self, network: Any) -> None:
        super().__init__(name="detector_trainer")
        self.network = network

    def call(self, images: Any, training: bool | None = None) -> Any:
        return self.network(normalize_pixels(ops.cast(images, "float32")), training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Varifocal loss of the scores (Zhang et al., CVPR 2021), IoU loss of the boxes, errors relative to face size."""
        y_pred = {name: ops.cast(output, "float32") for name, output in y_pred.items()}
        score_loss = place_loss = 0.0
        positives = 1.0
        for stride in STRIDES:
            grid = y[f"grid{stride}"]
            positive = ops.cast(grid[..., 0] > 0, "float32")
            counted = ops.cast(grid[..., 0] >= 0, "float32")
            logits = y_pred[f"score{stride}"][..., 0]
            boxes, landmarks = y_pred[f"box{stride}"], y_pred[f"landmark{stride}"]
            iou_threshold = _overlap(grid[..., 2:6], boxes)
            score_loss += ops.sum(_varifocal(logits, positive, ops.stop_gradient(iou_threshold)) * counted)
            place_loss += ops.sum(positive * (2.0 * (1.0 - iou_threshold) + _misplacement(grid, boxes, landmarks)))
            positives += ops.sum(positive)
        return (score_loss + place_loss) / positives


def _varifocal(logits: Any, positive: Any, iou_threshold: Any, alpha: float = 0.75, gamma: float = 2.0) -> Any:
    """Varifocal loss; the target of a positive cell is the IoU of its box with the face, at least 0.5."""
    expected = positive * (0.5 + 0.5 * iou_threshold)
    probability = ops.sigmoid(logits)
    weight = positive * expected + (1.0 - positive) * alpha * probability**gamma
    return 2.0 * weight * ops.binary_crossentropy(expected, logits, from_logits=True)


def _overlap(expected: Any, found: Any) -> Any:
    """Compute the IoU ``(..)`` of boxes ``(.., 4)`` of the same cells, given as center offset and log size."""
    low, high = (
        function(*(box[..., :2] + side * ops.exp(ops.clip(box[..., 2:], -4.0, 6.0)) / 2 for box in (expected, found)))
        for function, side in ((ops.maximum, -1.0), (ops.minimum, 1.0))
    )
    shared = ops.prod(ops.maximum(high - low, 0.0), axis=-1)
    areas = [ops.exp(ops.sum(ops.clip(box[..., 2:], -4.0, 6.0), axis=-1)) for box in (expected, found)]
    return shared / ops.maximum(areas[0] + areas[1] - shared, 1e-6)


def _misplacement(grid: Any, boxes: Any, landmarks: Any) -> Any:
    """Compute absolute errors: centers relative to the face size, landmarks to its height, sizes as logarithms.

    Yaw makes a face narrower, but not lower, so an error of the landmarks counts as much in a profile as in a frontal face.
    """
    size = ops.maximum(grid[..., SIZE_COLUMN : SIZE_COLUMN + 1], 1e-3)
    center = ops.sum(ops.abs(boxes[..., :2] - grid[..., 2:4]) / size, axis=-1)
    extent = ops.sum(ops.abs(boxes[..., 2:] - grid[..., 4:6]), axis=-1)
    height = ops.maximum(ops.exp(grid[..., 5:6]), 1e-3)
    marks = ops.mean(ops.abs(landmarks - grid[..., 6:16]) / height, axis=-1) * grid[..., 1]
    return center + 0.5 * extent + 9.0 * marks


class DetectorBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of newly composed samples; an epoch has a fixed number of batches."""

    def __init__(self, composer: SampleComposer, batch_size: int, batches: int, seed: int = 0) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self.composer, self.batch_size, self.batches, self.seed = composer, batch_size, batches, seed
        self.epoch = 0

    def __len__(self) -> int:
        return self.batches

    def on_epoch_end(self) -> None:
        self.epoch += 1

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.uint8], dict[str, npt.NDArray[np.float32]]]:
        rng = np.random.default_rng((self.seed, self.epoch, index))
        samples = [self.composer(rng) for _ in range(self.batch_size)]
        targets = [encode_targets(sample, self.composer.size) for sample in samples]
        return np.stack([sample.image for sample in samples]), {
            key: np.stack([target[key] for target in targets]) for key in targets[0]
        }
