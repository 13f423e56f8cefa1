"""Face detection: from an image to boxes with five landmarks.

The detector is a fully convolutional int8 network. Each cell of its three grids (strides 8, 16 and 32) predicts a
face centered near it: a score logit, the face's center and size, and its landmarks, all in units of the stride. This
module implements the geometry for inference and for training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from .errors import ModelError
from .faces import MIRRORED_LANDMARKS, Face
from .frames import RGB, mirrored
from .preprocessing import PIXEL_OFFSET, int8_input
from .protocols import Network

STRIDES = (8, 16, 32)
NESTED = 0.7
"""Share of the smaller of two boxes in the larger from which on it is a part of the same face, or its surroundings."""
SAME_FACE = 0.4
"""Intersection over union above which two boxes are one face."""
SCORE_THRESHOLD = 0.6
"""Confidence from which on a detection is a face."""
Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Letterbox:
    """An image scaled to fit the detector's input, padded on the right and at the bottom."""

    scale: float

    def to_image(self, points: Array) -> Array:
        """Input pixels ``(..., 2)`` to image pixels."""
        return np.asarray((points + 0.5) / self.scale - 0.5, np.float32)


def letterbox(image: RGB, height: int, width: int) -> tuple[RGB, Letterbox]:
    """Scale an image to fit ``(height, width)`` with its aspect ratio, and pad it."""
    scale = min(height / image.shape[0], width / image.shape[1])
    fitted = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.full((height, width, 3), PIXEL_OFFSET, np.uint8)
    canvas[: fitted[1], : fitted[0]] = cv2.resize(image, fitted, interpolation=method)
    return canvas, Letterbox(scale)


def cell_centers(height: int, width: int, stride: int) -> Array:
    """Centers of a grid's cells in input pixels: float32 ``(rows, columns, 2)`` as x, y."""
    x = (np.arange(width // stride, dtype=np.float32) + 0.5) * stride - 0.5
    y = (np.arange(height // stride, dtype=np.float32) + 0.5) * stride - 0.5
    return np.stack(np.meshgrid(x, y), axis=-1)


def decode_cells(centers: Array, boxes: Array, landmarks: Array, stride: int) -> tuple[Array, Array]:
    """Convert the network's outputs to pixels.

    Args:
        centers: ``(N, 2)`` cell centers in input pixels.
        boxes: ``(N, 4)``: face center minus cell center (x, y), and log size (width, height), in strides.
        landmarks: ``(N, 10)``: landmarks minus cell center, x and y alternating, in strides.

    Returns:
        Boxes ``(N, 4)`` as x, y, width, height and landmarks ``(N, 5, 2)``.
    """
    sizes = np.exp(np.clip(boxes[:, 2:], -4.0, 6.0)) * stride
    corners = centers + boxes[:, :2] * stride - sizes / 2
    return np.hstack([corners, sizes]), centers[:, None] + landmarks.reshape(-1, 5, 2) * stride


@dataclass(frozen=True, eq=False)
class GridPredictions:
    """Predictions of the grid cells that detect a face, in input pixels.

    Attributes:
        scores: float32 ``(N,)``, 0 to 1.
        boxes: float32 ``(N, 4)`` as x, y, width, height.
        landmarks: float32 ``(N, 5, 2)``.
    """

    scores: Array
    boxes: Array
    landmarks: Array

    def mirrored(self, width: int) -> "GridPredictions":
        """The same faces in the mirror image of an input of the given width."""
        boxes, landmarks = self.boxes.copy(), self.landmarks[:, MIRRORED_LANDMARKS]
        boxes[:, 0] = (width - 1) - boxes[:, 0] - boxes[:, 2]
        landmarks[..., 0] = (width - 1) - landmarks[..., 0]
        return GridPredictions(self.scores, boxes, landmarks)


class FaceDetector:
    """Detects faces with a detector network.

    If a face's score is close to the threshold, the mirror image is processed too, and the face's score is the mean of both
    results: a false detection seldom occurs in both.

    Args:
        network: the loaded detector network.
        height, width: input size of the network in pixels.
        score_threshold: minimum confidence, 0 to 1.
        iou_threshold: boxes overlapping more than this (intersection over union) are one face.
    """

    def __init__(
        self,
        network: Network,
        height: int,
        width: int,
        *,
        score_threshold: float = SCORE_THRESHOLD,
        iou_threshold: float = SAME_FACE,
    ) -> None:
        self.network, self.height, self.width = network, height, width
        self.score_threshold, self.iou_threshold = score_threshold, iou_threshold
        self._min, self._sure = doubtful_scores(score_threshold)
        expected = {f"{kind}{stride}" for kind in ("score", "box", "landmark") for stride in STRIDES}
        missing = expected - set(network.output_scales())
        if missing:
            raise ModelError(f"the detector lacks the output {min(missing)}: it is not a detector of this project")

    def detect(self, image: RGB) -> list[Face]:
        """Detect the faces in a uint8 ``(H, W, 3)`` RGB image; largest first, in pixels of the image."""
        fitted, mapping = letterbox(image, self.height, self.width)
        first = self.cells(self.network.run(int8_input(fitted[None])))
        faces = self.faces([first], mapping)
        if any(face.score < self._sure for face in faces):
            second = self.cells(self.network.run(int8_input(mirrored(fitted)[None]))).mirrored(self.width)
            faces = self.faces([first, second], mapping)
        return [face for face in faces if face.score >= self.score_threshold]

    def cells(self, outputs: dict[str, npt.NDArray[np.int8]]) -> GridPredictions:
        """Decode the cells of raw int8 outputs whose score is above or just below the threshold."""
        decoded = [self._decoded(outputs, stride) for stride in STRIDES]
        return GridPredictions(*(np.concatenate(parts) for parts in zip(*decoded, strict=True)))

    def faces(self, predictions: Sequence[GridPredictions], mapping: Letterbox) -> list[Face]:
        """Faces from the predictions for an image, or for an image and its mirror image; overlapping boxes are averaged."""
        scores, boxes, landmarks = (
            np.concatenate([getattr(prediction, name) for prediction in predictions])
            for name in ("scores", "boxes", "landmarks")
        )
        number = np.repeat(np.arange(len(predictions)), [len(prediction.scores) for prediction in predictions])
        faces = []
        for group in group_overlaps(boxes, scores, self.iou_threshold):
            best = [
                scores[group][number[group] == prediction].max(initial=0.0) for prediction in range(len(predictions))
            ]
            weights = scores[group] / scores[group].sum()
            corner, size = np.split(np.asarray(weights @ boxes[group], np.float32), 2)
            points = np.asarray(np.tensordot(weights, landmarks[group], 1), np.float32)
            box = np.concatenate([mapping.to_image(corner), size / np.float32(mapping.scale)])
            faces.append(Face(box, mapping.to_image(points), float(np.mean(best))))
        return sorted(faces, key=lambda face: -face.area)

    @cached_property
    def _geometry(self) -> dict[int, tuple[Array, int]]:
        """Cell centers ``(N, 2)`` and the minimum raw score, by stride."""
        scales = self.network.output_scales()
        return {
            stride: (
                cell_centers(self.height, self.width, stride).reshape(-1, 2),
                min_raw_score(self._min, *scales[f"score{stride}"]),
            )
            for stride in STRIDES
        }

    def _decoded(self, outputs: dict[str, npt.NDArray[np.int8]], stride: int) -> tuple[Array, Array, Array]:
        """Scores ``(N,)``, boxes ``(N, 4)`` and landmarks ``(N, 5, 2)`` of one grid's cells above the minimum score."""
        centers, minimum = self._geometry[stride]
        raw = outputs[f"score{stride}"].reshape(-1)
        passing = np.flatnonzero(raw.astype(np.int16) >= minimum)

        def values(kind: str) -> Array:
            scale, zero_point = self.network.output_scales()[f"{kind}{stride}"]
            output = outputs[f"{kind}{stride}"].reshape(len(centers), -1)[passing]
            return (output.astype(np.float32) - zero_point) * np.float32(scale)

        scores = np.asarray(1 / (1 + np.exp(-values("score")[:, 0])), np.float32)
        return scores, *decode_cells(centers[passing], values("box"), values("landmark"), stride)


def doubtful_scores(score_threshold: float) -> tuple[float, float]:
    """The scores between which a face is so close to the threshold that the mirror image decides: lowest and highest."""
    return 0.75 * score_threshold, 0.5 * (1 + score_threshold)


def min_raw_score(score: float, scale: float, zero_point: int) -> int:
    """The smallest raw output, a quantized logit, that stands for a confidence of at least `score`."""
    return int(np.ceil(float(np.log(score / (1 - score))) / scale)) + zero_point


def group_overlaps(boxes: Array, scores: Array, iou_threshold: float) -> list[npt.NDArray[np.intp]]:
    """Greedy non-maximum suppression that also returns the suppressed boxes.

    Returns:
        For each face the indices of its boxes, best score first: the best remaining box, and all that overlap it by more
        than `iou_threshold`. Their average is more stable than the best box alone (Bazarevsky et al., "BlazeFace", 2019).
        A box that lies almost completely inside the best box, or contains it, shows a part or the surroundings of the
        same face and is in no group.
    """
    left = np.argsort(-scores, kind="stable")
    groups = []
    while len(left):
        best, others = boxes[left[0]], boxes[left]
        same = intersection_over_union(best, others) > iou_threshold
        same[0] = True
        groups.append(left[same])
        left = left[~same & (_intersection(best, others) <= NESTED * np.minimum(_area(best), _area(others)))]
    return groups


def intersection_over_union(box: Array, others: Array) -> Array:
    """Intersection over union, ``(N,)``, of one box ``(4,)`` with others ``(N, 4)``, all as x, y, width, height."""
    shared = _intersection(box, others)
    return np.asarray(shared / np.maximum(_area(box) + _area(others) - shared, 1e-9), np.float32)


def _intersection(box: Array, others: Array) -> Array:
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=1))


def _area(boxes: Array) -> Array:
    return np.asarray(boxes[..., 2] * boxes[..., 3])
