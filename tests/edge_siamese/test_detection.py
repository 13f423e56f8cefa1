from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.detection import STRIDES, FaceDetector, cell_centres, group_overlaps, letterbox
from edge_siamese.errors import ModelError

SIZE = 64


@dataclass
class OneFace:
    """A network that sees one face: 24 x 32 pixels around (20, 30) of its 64 x 64 input, at stride 8."""

    delegate: str = "fake"

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
        centre = cell_centres(SIZE, SIZE, 8)[3, 2]
        box = [(20 - centre[0]) / 8, (30 - centre[1]) / 8, np.log(24 / 8), np.log(32 / 8)]
        outputs["score8"][0, 3, 2] = 40
        outputs["box8"][0, 3, 2] = np.round(np.array(box) / 0.02) + 3
        outputs["landmark8"][0, 3, 2] = np.round((np.tile((20, 30), 5) - np.tile(centre, 5)) / 8 / 0.05) - 7
        return outputs


def detector(**settings: float) -> FaceDetector:
    return FaceDetector(OneFace(), SIZE, SIZE, **settings)


def test_a_face_comes_back_in_the_pictures_own_pixels() -> None:
    (face,) = detector().detect(np.zeros((2 * SIZE, 2 * SIZE, 3), np.uint8))
    assert face.box == pytest.approx([2 * (20 - 12) + 0.5, 2 * (30 - 16) + 0.5, 48, 64], abs=1.5)
    assert face.landmarks == pytest.approx(np.tile((40.5, 60.5), (5, 1)), abs=1)
    assert face.score == pytest.approx(1 / (1 + np.exp(-4)))


def test_the_score_threshold_is_what_it_says() -> None:
    picture = np.zeros((SIZE, SIZE, 3), np.uint8)
    assert detector(score_threshold=0.98).detect(picture)
    assert not detector(score_threshold=0.99).detect(picture)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 500), (240, 320), (999, 3)])
def test_letterboxing_keeps_proportions_and_maps_back(height: int, width: int) -> None:
    fitted, mapping = letterbox(np.full((height, width, 3), 255, np.uint8), SIZE, SIZE)
    assert fitted.shape == (SIZE, SIZE, 3)
    corner = mapping.to_picture(np.array([mapping.scale * (width - 0.5), mapping.scale * (height - 0.5)]) - 0.5)
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
