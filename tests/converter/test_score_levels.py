from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from edge_siamese.detection import STRIDES
from edge_siamese_converter.datasets.detection import AnnotatedPicture
from edge_siamese_converter.networks.detector import build_detector
from edge_siamese_converter.score_levels import FALSE_BOXES, level_scores

SIZE = 64


class OneBox:
    """A detector whose first cell of stride 32 has a box of 32 x 32 pixels, the surer the brighter the picture."""

    def __init__(self) -> None:
        self.layers = {f"score{stride}": SimpleNamespace(bias=keras.Variable([0.0])) for stride in STRIDES}
        self.get_layer = self.layers.__getitem__

    def __call__(self, inputs: Any) -> dict[str, Any]:
        outputs: dict[str, Any] = {}
        for stride in STRIDES:
            cells = (len(inputs), SIZE // stride, SIZE // stride)
            outputs[f"score{stride}"] = np.full((*cells, 1), -9.0)
            outputs[f"box{stride}"], outputs[f"landmark{stride}"] = np.zeros((*cells, 4)), np.zeros((*cells, 10))
        outputs["score32"][:, 0, 0, 0] = np.asarray(inputs).mean(axis=(1, 2, 3))  # -1 to 1: scores of 0.27 to 0.73
        return outputs


def pictures(count: int, box: tuple[float, ...] | None = None) -> list[AnnotatedPicture]:
    """Grey pictures, brighter and brighter, with no face or one in `box`."""
    boxes = np.array([box] if box else np.zeros((0, 4)), np.float32)
    landmarks = np.zeros((len(boxes), 5, 2), np.float32)
    greys = np.linspace(0, 255, count).astype(np.uint8)
    return [AnnotatedPicture(np.full((SIZE, SIZE, 3), grey), boxes, landmarks, "negative") for grey in greys]


@pytest.mark.parametrize("threshold", [0.5, 0.6])
def test_as_many_false_boxes_as_allowed_pass_the_threshold(threshold: float):
    network, shown = OneBox(), pictures(2000)
    shift = level_scores(network, shown, SIZE, threshold=threshold)[32]
    logits = np.array([(float(picture.picture[0, 0, 0]) - 128) / 128 for picture in shown]) + shift
    passing = (logits > np.log(threshold / (1 - threshold)) + 1e-6).sum()
    assert passing == pytest.approx(FALSE_BOXES[32] * 2000, abs=8)  # eight pictures share a grey level
    assert float(network.layers["score32"].bias[0]) == pytest.approx(shift)


def test_a_box_on_a_face_is_not_false():
    network = OneBox()
    on_it, beside_it = ((0.0, 0.0, 30.0, 32.0), (32.0, 32.0, 30.0, 32.0))
    assert level_scores(network, pictures(2000, on_it), SIZE)[32] == 1.0  # nothing false: as far as it goes
    assert level_scores(network, pictures(2000, beside_it), SIZE)[32] == level_scores(network, pictures(2000), SIZE)[32]


def test_no_grid_is_shifted_further_than_one_nor_by_too_few_pictures():
    assert set(level_scores(OneBox(), pictures(2000, (0.0, 0.0, 30.0, 32.0)), SIZE).values()) == {1.0}
    assert set(level_scores(OneBox(), pictures(90), SIZE).values()) == {0.0}


def test_the_shift_is_in_the_biases_of_the_scores_and_nowhere_else():
    network = build_detector(SIZE)
    before = {variable.path: np.asarray(variable) for variable in network.weights}
    shifts = level_scores(network, pictures(1000), SIZE)
    changed = {variable.path for variable in network.weights if (np.asarray(variable) != before[variable.path]).any()}
    assert changed == {f"score{stride}/bias" for stride, shift in shifts.items() if shift} != set()
