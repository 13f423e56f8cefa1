"""One threshold for the three grids of a detector.

The finest grid has sixteen times the cells of the coarsest and sees the least of what surrounds a face: at one score it
raises most of the false boxes, nearly all of them small. Each grid's scores are therefore shifted so that at the default
threshold all of them are as often wrong on pictures they were trained on. The shift is added to the biases of the
score layers: the detector that ships knows nothing of it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.detection import (
    STRIDES,
    cell_centres,
    decode_cells,
    group_overlaps,
    intersection_over_union,
    letterbox,
)

from .datasets.detection import AnnotatedPicture
from .quantisation.formats import model_input

FALSE_BOXES = {8: 0.1, 16: 0.05, 32: 0.0125}  # of each stride, a training picture
_FEWEST = 10  # false boxes that a level can rest on
_FURTHEST = 1.0  # shift of a score (logits)
_BATCH = 32
_LEAST = 0.2  # scores below are not looked at
_SAME = 0.4  # overlap of a box with a face that it has found, and of two boxes on one face
Array = npt.NDArray[np.float32]


def level_scores(
    network: Any, pictures: list[AnnotatedPicture], size: int, *, threshold: float = 0.6
) -> dict[int, float]:
    """Shift the scores of a float detector in place, and return by how much for each stride (logits).

    Args:
        network: Keras detector.
        pictures: annotated pictures, those without faces among them.
        size: side of the input that it is to run at.
        threshold: score at which the grids are to raise `FALSE_BOXES`.

    A grid keeps its scores where there are too few pictures to tell: a level rests on at least ten false boxes.
    """
    wrong: dict[int, list[float]] = {stride: [] for stride in STRIDES}
    for picture, outputs in _answers(network, pictures, size):
        for stride in STRIDES:
            wrong[stride] += _false_scores(picture, outputs, size, stride)
    shifts = {stride: _shift(scores, stride, len(pictures), threshold) for stride, scores in wrong.items()}
    for stride, shift in shifts.items():
        layer = network.get_layer(f"score{stride}")
        layer.bias.assign(layer.bias + shift)
    return shifts


def _answers(
    network: Any, pictures: list[AnnotatedPicture], size: int
) -> Iterator[tuple[AnnotatedPicture, dict[str, Array]]]:
    for start in range(0, len(pictures), _BATCH):
        batch = pictures[start : start + _BATCH]
        inputs = np.stack([letterbox(picture.picture, size, size)[0] for picture in batch])
        outputs = {name: np.asarray(answer, np.float32) for name, answer in network(model_input(inputs)).items()}
        for row, picture in enumerate(batch):
            yield picture, {name: answer[row] for name, answer in outputs.items()}


def _false_scores(picture: AnnotatedPicture, outputs: dict[str, Array], size: int, stride: int) -> list[float]:
    """Scores of one grid's boxes that overlap no face, best first."""
    logits = outputs[f"score{stride}"].reshape(-1)
    passing = np.flatnonzero(logits >= _logit(_LEAST))
    centres = cell_centres(size, size, stride).reshape(-1, 2)[passing]
    cells = {kind: outputs[f"{kind}{stride}"].reshape(len(logits), -1)[passing] for kind in ("box", "landmark")}
    scores = np.asarray(1 / (1 + np.exp(-logits[passing])), np.float32)
    boxes, _ = decode_cells(centres, cells["box"], cells["landmark"], stride)
    _, mapping = letterbox(picture.picture, size, size)
    boxes = np.hstack([mapping.to_picture(boxes[:, :2]), boxes[:, 2:] / np.float32(mapping.scale)])
    best = [group[0] for group in group_overlaps(boxes, scores, _SAME)]
    return [
        float(scores[one])
        for one in best
        if not len(picture.boxes) or intersection_over_union(boxes[one], picture.boxes).max() < _SAME
    ]


def _shift(wrong: list[float], stride: int, pictures: int, threshold: float) -> float:
    allowed = round(FALSE_BOXES[stride] * pictures)
    if allowed < _FEWEST:
        return 0.0
    level = sorted(wrong, reverse=True)[allowed] if allowed < len(wrong) else _LEAST
    return float(np.clip(_logit(threshold) - _logit(level), -_FURTHEST, _FURTHEST))


def _logit(score: float) -> float:
    return float(np.log(score / (1 - score)))
