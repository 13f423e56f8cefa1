from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.faces import Embedding, Face
from edge_siamese.frames import RGB
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese_benchmarks.accuracy.landmarks import compare_landmarks
from tests.doubles import AnalyzerDouble, embedder_card

PEOPLE, PHOTOS = 6, 4


class Seeing:
    """Finds one face in the middle of every image, or none in dark ones; a bad one has landmarks off the face."""

    threshold = 0.5

    def __init__(self, name: str, *, good: bool, min_light: int = 0) -> None:
        self.name, self.good, self.min_light = name, good, min_light

    def detect(self, image: RGB) -> list[Face]:
        if image[0, 0, 2] < self.min_light:
            return []
        marks = np.array([(20, 24), (40, 24), (30, 34), (22, 44), (38, 44)], np.float32)
        return [Face(np.array((10, 10, 40, 44), np.float32), marks if self.good else marks + 100, 0.9)]


class ColorAnalyzer(AnalyzerDouble):
    """An embedder that reads the person off the image's color, where the landmarks are on the image."""

    def detect(self, image: RGB) -> list[Face]:
        raise AssertionError("its own detector is not to be asked")

    def align(self, image: RGB, face: Face) -> RGB:
        crop = np.zeros((112, 112, 3), np.uint8)
        crop[...] = image[0, 0, 0 if face.landmarks.max() < 64 else 1]
        return crop

    def embed_crop(self, crop: RGB) -> Embedding:
        return self.embedding([90 if person == crop[0, 0, 0] // 10 else 5 for person in range(8)])


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Red tells the person, green misleads, blue is dark on one photo of the first person."""
    for person in range(PEOPLE):
        (tmp_path / f"P{person}").mkdir()
        for photo in range(PHOTOS):
            image = np.zeros((60, 60, 3), np.uint8)
            image[...] = (10 * person + 5, 10 * (photo % 3) + 5, 5 if person == photo == 0 else 200)
            image[-1, -1] = photo  # no two files are equal
            cv2.imwrite(str(tmp_path / f"P{person}" / f"P{person}_{photo:04d}.png"), image[..., ::-1])
    return tmp_path


def test_the_same_pairs_are_scored_with_each_detectors_faces(dataset: Path) -> None:
    detectors = [Seeing("own", good=True, min_light=50), Seeing("peer", good=False)]
    result = compare_landmarks(IdentityDataset(dataset), ColorAnalyzer(embedder_card(8)), detectors, replicates=50)
    report = result.to_json()
    assert (report["protocol"], report["people"], report["photos"]) == ("all-pairs", PEOPLE, 24)
    assert report["genuine_pairs"] == PEOPLE * 6
    own, peer = report["detectors"]
    assert own["not_found"] == ["P0/P0_0000.png"]
    assert peer["not_found"] == peer["off_center"] == []
    assert own["accuracy"] > 0.9
    assert peer["accuracy"] < 0.7
    (difference,) = report["differences"]
    assert (difference["of"], difference["less"]) == ("own", "peer")
    assert difference["accuracy"]["value"] == pytest.approx(own["accuracy"] - peer["accuracy"])
    low, high = difference["accuracy"]["person_interval_95"]
    assert 0 < low <= difference["accuracy"]["value"] <= high + 0.1


def test_with_a_list_of_pairs_the_list_is_scored(dataset: Path) -> None:
    lines = ["2\t3"]
    for fold in range(2):
        lines += [f"P{person}\t0\t{1 + fold}" for person in range(1, 4)]
        lines += [f"P{person}\t0\tP{person + 1}\t{1 + fold}" for person in range(1, 4)]
    (dataset / "pairs.txt").write_text("\n".join(lines))
    result = compare_landmarks(
        IdentityDataset(dataset), ColorAnalyzer(embedder_card(8)), [Seeing("own", good=True)] * 2, replicates=20
    )
    report = result.to_json()
    assert report["protocol"] == "lfw-pairs"
    assert (report["genuine_pairs"], report["impostor_pairs"]) == (6, 6)
    assert [detector["accuracy"] for detector in report["detectors"]] == [1.0, 1.0]
    assert report["differences"][0]["accuracy"]["value"] == 0
    header, own, _, difference = result.text().splitlines()
    assert header.startswith("faces of")
    assert own.split()[:6] == ["own", "at", "0.50", "24", "of", "24"]
    assert own.endswith("-")  # six impostor pairs say nothing of an FMR of 0.001
    assert difference.startswith("own less own: accuracy +0.00 points")
    assert difference.endswith("TAR too few impostor pairs to say")
