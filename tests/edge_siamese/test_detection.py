from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.detection import STRIDES, FaceDetector, cell_centers, group_overlaps, letterbox
from edge_siamese.errors import ModelError

SIZE = 64


IMAGE = np.zeros((SIZE, SIZE, 3), np.uint8)
IMAGE[:, 0] = 255


@dataclass
class OneFace:
    """A network that sees one face on `IMAGE`: 24 x 32 pixels around (20, 30), at stride 8.

    Attributes:
        logit, mirror_logit: what it answers to the image and to its mirror image.
        predictions: how often it was asked.
    """

    logit: float = 4.0
    mirror_logit: float = 4.0
    delegate: str = "fake"
    predictions: int = 0

    def output_scales(self) -> dict[str, tuple[float, int]]:
        scales = {"score": (0.1, 0), "box": (0.02, 3), "landmark": (0.05, -7)}
        return {f"{kind}{stride}": scale for kind, scale in scales.items() for stride in STRIDES}

    def run(self, image: npt.NDArray[np.int8]) -> dict[str, npt.NDArray[np.int8]]:
        assert image.shape == (1, SIZE, SIZE, 3)
        assert image.dtype == np.int8
        outputs = {}
        for stride in STRIDES:
            cells = SIZE // stride
            for kind, channels in (("score", 1), ("box", 4), ("landmark", 10)):
                outputs[f"{kind}{stride}"] = np.full((1, cells, cells, channels), -100, np.int8)
        self.predictions += 1
        mirrored = image[0, 0, 0, 0] < image[0, 0, -1, 0]
        logit, x, column = (self.mirror_logit, SIZE - 1 - 20, 5) if mirrored else (self.logit, 20, 2)
        center = cell_centers(SIZE, SIZE, 8)[3, column]
        box = [(x - center[0]) / 8, (30 - center[1]) / 8, np.log(24 / 8), np.log(32 / 8)]
        marks = np.tile((x, 30), 5)
        marks[[0, 2]] = x - 5, x + 5  # the eyes, as they lie in the image seen
        outputs["score8"][0, 3, column] = round(logit / 0.1)
        outputs["box8"][0, 3, column] = np.round(np.array(box) / 0.02) + 3
        outputs["landmark8"][0, 3, column] = np.round((marks - np.tile(center, 5)) / 8 / 0.05) - 7
        return outputs


def detector(network: OneFace | None = None, **settings: float) -> FaceDetector:
    return FaceDetector(network or OneFace(), SIZE, SIZE, **settings)


def probability(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def test_a_face_comes_back_in_the_images_own_pixels() -> None:
    (face,) = detector().detect(np.repeat(np.repeat(IMAGE, 2, axis=0), 2, axis=1))
    assert face.box == pytest.approx([2 * (20 - 12) + 0.5, 2 * (30 - 16) + 0.5, 48, 64], abs=1.5)
    across = np.array([30.5, 50.5, 40.5, 40.5, 40.5])
    assert face.landmarks == pytest.approx(np.column_stack([across, np.full(5, 60.5)]), abs=1)
    assert face.score == pytest.approx(probability(4))


@pytest.mark.parametrize("logit", [4.0, 2.0])
def test_the_score_threshold_is_what_it_says(logit: float) -> None:
    network = OneFace(logit, logit)
    assert detector(network, score_threshold=probability(logit) - 0.002).detect(IMAGE)
    assert not detector(network, score_threshold=probability(logit) + 0.002).detect(IMAGE)


@pytest.mark.parametrize(("logit", "predictions"), [(4.0, 1), (1.3, 2), (0.5, 2), (0.0, 2), (-1.0, 1)])
def test_only_what_is_in_doubt_is_looked_at_twice(logit: float, predictions: int) -> None:
    network = OneFace(logit, logit)
    detector(network).detect(IMAGE)
    assert network.predictions == predictions


@pytest.mark.parametrize(("logit", "mirror_logit"), [(1.0, -9.0), (1.0, -0.2), (0.0, 0.5)])
def test_a_doubtful_face_that_the_mirror_does_not_show_is_none(logit: float, mirror_logit: float) -> None:
    assert not detector(OneFace(logit, mirror_logit)).detect(IMAGE)


@pytest.mark.parametrize(("logit", "mirror_logit"), [(1.0, 2.0), (0.0, 2.0)])
def test_a_doubtful_face_that_the_mirror_confirms_is_the_mean_of_both_looks(logit: float, mirror_logit: float) -> None:
    (face,) = detector(OneFace(logit, mirror_logit)).detect(IMAGE)
    assert face.score == pytest.approx((probability(logit) + probability(mirror_logit)) / 2)
    assert face.box == pytest.approx([20 - 12, 30 - 16, 24, 32], abs=1)
    assert face.landmarks == pytest.approx(np.array([(15, 30), (25, 30), (20, 30), (20, 30), (20, 30)]), abs=0.5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 500), (240, 320), (999, 3)])
def test_letterboxing_keeps_proportions_and_maps_back(height: int, width: int) -> None:
    fitted, mapping = letterbox(np.full((height, width, 3), 255, np.uint8), SIZE, SIZE)
    assert fitted.shape == (SIZE, SIZE, 3)
    corner = mapping.to_image(np.array([mapping.scale * (width - 0.5), mapping.scale * (height - 0.5)]) - 0.5)
    assert corner == pytest.approx([width - 1, height - 1], abs=1e-3)


def test_overlapping_boxes_are_one_face_the_best_score_first() -> None:
    boxes = np.array([(0, 0, 10, 10), (1, 1, 10, 10), (30, 0, 10, 10), (5, 5, 0, 0)], np.float32)
    groups = group_overlaps(boxes, np.array([0.6, 0.9, 0.7, 0.1], np.float32), 0.4)
    assert [list(group) for group in groups] == [[1, 0], [2], [3]]
    assert group_overlaps(boxes[:0], np.zeros(0, np.float32), 0.4) == []


@pytest.mark.parametrize(("inner", "outer"), [(0.7, 0.9), (0.9, 0.7)])
def test_a_part_of_a_face_or_its_surroundings_are_no_other_face(inner: float, outer: float) -> None:
    boxes = np.array([(10, 10, 8, 8), (0, 0, 40, 40)], np.float32)
    groups = group_overlaps(boxes, np.array([inner, outer], np.float32), 0.4)
    assert [list(group) for group in groups] == [[int(outer > inner)]]


def test_a_face_half_behind_another_is_one_of_its_own() -> None:
    boxes = np.array([(0, 0, 40, 40), (30, 0, 20, 20)], np.float32)
    groups = group_overlaps(boxes, np.array([0.9, 0.7], np.float32), 0.4)
    assert [list(group) for group in groups] == [[0], [1]]


def test_a_network_without_the_grids_is_refused() -> None:
    network = OneFace()
    network.output_scales = lambda: {"output_0": (1.0, 0)}  # type: ignore[method-assign]
    with pytest.raises(ModelError, match="lacks the output box16"):
        FaceDetector(network, SIZE, SIZE)
