from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.evaluation.annotations import AnnotatedSet
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.rendering import Rendering
from edge_siamese_benchmarks.accuracy.detection import OwnDetector, measure_annotated


@dataclass
class Knowing:
    """Answers with the faces of the scenes it was told of, moved by a share of their width, from some height on."""

    scenes: list[Rendering]
    min_height: float = 0.0
    moved: float = 0.0
    name: str = "knowing"
    threshold: float = 0.5
    everywhere: list[Face] = field(default_factory=list)

    def detect(self, image: RGB) -> list[Face]:
        faces = list(self.everywhere)
        for scene in self.scenes:
            if np.array_equal(scene.image, image):
                faces += [
                    Face(box, marks + np.array((self.moved * box[2], 0), np.float32), 0.9)
                    for box, marks in zip(scene.boxes, scene.landmarks, strict=True)
                    if box[3] >= self.min_height
                ]
        return faces


CORNER = Face(np.array((0, 0, 12, 12), np.float32), np.zeros((5, 2), np.float32), 0.6)


def test_detectors_are_measured_on_the_same_images(annotated: Path, scenes: list[Rendering]) -> None:
    everything, large, wild = Knowing(scenes), Knowing(scenes, 80, 0.05), Knowing([], everywhere=[CORNER])
    progress: list[tuple[int, int]] = []
    result = measure_annotated(
        AnnotatedSet(annotated), "dev", [everything, large, wild], lambda *done: progress.append(done)
    )
    assert progress == [(done, 5) for done in range(1, 6)]
    best, half, none = result.to_json()["detectors"]
    assert best["recall"][">=40"]["count"] == best["recall"][">=40"]["of"] == 6
    assert best["landmark_error"][">=40"]["mean"] == pytest.approx(0, abs=1e-5)
    assert (best["false_boxes"], best["negatives_with_a_box"]["count"]) == (0, 0)
    assert half["recall"][">=40"]["count"] == 3
    assert half["landmark_error"][">=40"]["mean"] == pytest.approx(0.05, abs=1e-4)
    assert (none["false_boxes"], none["false_boxes_a_image"]) == (3, 1.0)
    assert none["negatives_with_a_box"]["rate"] == 1.0


def test_the_document_keeps_the_counts_of_every_image(annotated: Path, scenes: list[Rendering]) -> None:
    report = measure_annotated(AnnotatedSet(annotated), "dev", [Knowing(scenes, 80)]).to_json()
    assert [image["source"] for image in report["images"]] == ["rendered"] * 3 + ["negative"] * 2
    (measured,) = report["detectors"]
    assert len(measured["by_image"]) == 5
    by_heights = zip(report["images"], measured["by_image"], strict=True)
    assert all(answer["found"] == [height >= 80 for height in image["heights"]] for image, answer in by_heights)
    assert measured["by_image"][0]["landmark_errors"][0] is None
    assert measured["by_image"][4] == {"found": [], "landmark_errors": [], "boxes": 0, "false_boxes": 0}


def test_the_table_has_a_line_for_every_detector(annotated: Path, scenes: list[Rendering]) -> None:
    detectors = [Knowing(scenes), Knowing(scenes, 80, name="peer", threshold=0.7)]
    header, ours, peer = measure_annotated(AnnotatedSet(annotated), "dev", detectors).text().splitlines()
    assert "negatives (2)" in header
    assert ours.split()[:3] == ["knowing", "0.50", "100.0%"]
    assert peer.split()[:3] == ["peer", "0.70", "50.0%"]


def test_a_split_that_is_not_there_is_an_error(annotated: Path) -> None:
    with pytest.raises(DataError, match="expected images of the split 'test', found none"):
        measure_annotated(AnnotatedSet(annotated), "test", [Knowing([])])


def test_our_own_detector_has_its_default_threshold_or_another(engine: object) -> None:
    assert OwnDetector(engine).threshold == 0.6  # type: ignore[arg-type]
    assert OwnDetector(engine, 0.7).threshold == 0.7  # type: ignore[arg-type]
