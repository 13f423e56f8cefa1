"""The loss of the detector on hand-made predictions."""

import numpy as np
import pytest

from edge_siamese.detection import STRIDES
from edge_siamese_converter.tasks.detector.samples import Sample
from edge_siamese_converter.tasks.detector.targets import encode_targets
from edge_siamese_converter.tasks.detector.training import DetectorTrainer

SIZE = 160
FRONTAL = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)], np.float32)


def targets(width: float, landmarks: np.ndarray) -> dict[str, np.ndarray]:
    box = np.array([(40, 40, width, 64)], np.float32)
    points = box[:, None, :2] + landmarks[None] * box[:, None, 2:]
    return encode_targets(Sample(np.zeros((SIZE, SIZE, 3), np.uint8), box, points.astype(np.float32)), SIZE)


def predictions(grids: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The network's outputs that are right everywhere."""
    found = {}
    for stride in STRIDES:
        grid = grids[f"grid{stride}"][None]
        found[f"score{stride}"] = np.where(grid[..., :1] > 0, 20.0, -20.0).astype(np.float32)
        found[f"box{stride}"], found[f"landmark{stride}"] = grid[..., 2:6].copy(), grid[..., 6:16].copy()
    return found


def loss(grids: dict[str, np.ndarray], found: dict[str, np.ndarray]) -> float:
    trainer = DetectorTrainer(None)
    return float(trainer.compute_loss(y={name: grid[None] for name, grid in grids.items()}, y_pred=found))


def landmark_loss(width: float, landmarks: np.ndarray, pixels: float) -> float:
    grids = targets(width, landmarks)
    found = predictions(grids)
    right = loss(grids, found)
    for stride in STRIDES:
        found[f"landmark{stride}"] += pixels / stride
    return loss(grids, found) - right


def test_right_predictions_cost_almost_nothing() -> None:
    grids = targets(52, FRONTAL)
    assert loss(grids, predictions(grids)) < 1e-3


def test_a_missed_face_and_a_false_one_cost_more_than_a_moved_box() -> None:
    grids = targets(52, FRONTAL)
    missed, false, moved = (predictions(grids) for _ in range(3))
    missed["score16"][:] = -6.0
    false["score8"][0, 0, 0] = 6.0
    moved["box16"][..., 0] += 0.2
    assert loss(grids, missed) > loss(grids, moved) > 0.01
    assert loss(grids, false) > 0.1


@pytest.mark.parametrize("pixels", [1.0, 4.0])
def test_an_error_of_the_landmarks_does_not_count_less_because_the_face_is_narrow(pixels: float) -> None:
    """The same points in a box of half the width: only the face's height is the measure."""
    points = FRONTAL.copy()
    points[:, 0] = 0.5  # their turn is the same in both boxes
    assert landmark_loss(26, points, pixels) == pytest.approx(landmark_loss(52, points, pixels), rel=0.1)


def test_an_error_in_a_profile_counts_more_than_in_a_frontal_face() -> None:
    profile = np.array([(0.4, 0.4), (0.5, 0.4), (0.1, 0.6), (0.4, 0.8), (0.5, 0.8)], np.float32)
    assert landmark_loss(52, profile, 2.0) > 1.8 * landmark_loss(52, FRONTAL, 2.0)
