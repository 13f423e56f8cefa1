import numpy as np
import pytest

from edge_siamese.evaluation.annotations import AnnotatedImage
from edge_siamese.evaluation.detection import Comparison, compare, detection_metrics
from edge_siamese.faces import Face

BOXES = [(10.0, 10.0, 40.0, 50.0), (100.0, 10.0, 20.0, 24.0), (200.0, 10.0, 5.0, 6.0)]


def landmarks(box: tuple[float, ...]) -> np.ndarray:
    shape = np.array([(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)], np.float32)
    return np.array(box[:2], np.float32) + shape * np.array(box[2:], np.float32)


def truth(*boxes: tuple[float, ...]) -> AnnotatedImage:
    marks = np.array([landmarks(box) for box in boxes], np.float32).reshape(-1, 5, 2)
    return AnnotatedImage(np.zeros((60, 240, 3), np.uint8), np.array(boxes, np.float32).reshape(-1, 4), marks, "drawn")


def face(box: tuple[float, ...], moved: tuple[float, float] = (0.0, 0.0)) -> Face:
    return Face(np.array(box, np.float32), landmarks(box) + np.array(moved, np.float32), 0.9)


def test_boxes_on_faces_however_small_are_not_false() -> None:
    answer = compare(truth(*BOXES), [face(BOXES[0]), face(BOXES[2]), face((60, 40, 10, 10))])
    assert answer.found.tolist() == [True, False, True]
    assert (answer.boxes, answer.false_boxes) == (3, 1)


@pytest.mark.parametrize(("shift", "found"), [(17.0, True), (17.3, False)])
def test_a_face_is_found_from_an_overlap_of_four_tenths_on(shift: float, found: bool) -> None:
    # Two equal boxes 40 wide, one moved by s: the intersection over union is (40 - s) / (40 + s), 0.4 at 17.14.
    x, y, width, height = BOXES[0]
    answer = compare(truth(BOXES[0]), [face((x + shift, y, width, height))])
    assert answer.found.tolist() == [found]
    assert answer.false_boxes == int(not found)


def test_the_landmark_error_is_the_mean_distance_as_a_share_of_the_faces_width() -> None:
    answer = compare(truth(*BOXES[:2]), [face(BOXES[0], moved=(2.4, 3.2))])
    assert answer.landmark_errors[0] == pytest.approx(4.0 / 40.0)
    assert np.isnan(answer.landmark_errors[1])


def test_of_several_boxes_on_a_face_the_one_that_overlaps_most_says_the_landmarks() -> None:
    x, y, width, height = BOXES[0]
    worse = face((x + 5, y, width, height), moved=(30, 0))
    assert compare(truth(BOXES[0]), [worse, face(BOXES[0])]).landmark_errors[0] == pytest.approx(0)


def test_a_face_without_annotated_landmarks_has_no_error() -> None:
    unmarked = truth(BOXES[0])
    unmarked.landmarks[:] = np.nan
    answer = compare(unmarked, [face(BOXES[0])])
    assert answer.found.all()
    assert np.isnan(answer.landmark_errors).all()


def test_figures_sum_up_by_height_and_keep_negatives_apart() -> None:
    answers = [
        compare(truth(*BOXES), [face(BOXES[0], moved=(4, 0)), face((60, 40, 10, 10)), face((150, 40, 10, 10))]),
        compare(truth(BOXES[1]), [face(BOXES[1])]),
        compare(truth(), [face(BOXES[0]), face(BOXES[1])]),
        compare(truth(), []),
    ]
    metrics = detection_metrics(answers)
    assert {name: (share.count, share.trials) for name, share in metrics.recall.items()} == {
        ">=40": (1, 1), "20-40": (1, 2), "10-20": (0, 0),
    }  # fmt: skip
    assert metrics.false_per_image == 1.0  # two on two images with faces; those of the negatives count apart
    assert (metrics.negatives.count, metrics.negatives.trials) == (1, 2)
    report = metrics.to_json()
    assert report["recall"]["10-20"]["rate"] is None
    assert report["landmark_error"][">=40"]["mean"] == pytest.approx(0.1)
    assert report["landmark_error"]["10-20"] == {"faces": 0, "mean": None, "median": None, "p90": None}


def test_a_set_without_images_of_a_kind_has_no_rate_of_it() -> None:
    assert detection_metrics([]).false_per_image is None
    assert detection_metrics([]).negatives.rate is None


@pytest.mark.parametrize("height", [10.0, 20.0, 40.0])
def test_limits_of_the_height_classes_belong_to_the_class_above(height: float) -> None:
    one, no_error = np.array([height], np.float32), np.array([np.nan], np.float32)
    metrics = detection_metrics([Comparison(one, np.array([True]), no_error, 1, 0)])
    expected = {10.0: "10-20", 20.0: "20-40", 40.0: ">=40"}[height]
    assert [name for name, share in metrics.recall.items() if share.trials] == [expected]
