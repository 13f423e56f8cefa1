"""``bench detection`` with the shipped models on rendered images."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.image_io import write_image
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese_benchmarks.peers import detectors


class CornerPeer:
    """A peer that sees a face in the corner of everything."""

    name = "corner"

    def __init__(self, path: Path, threshold: float) -> None:
        self.threshold = threshold

    def detect(self, image: RGB) -> list[Face]:
        return [Face(np.array((0, 0, 20, 20), np.float32), np.zeros((5, 2), np.float32), 0.9)]


@pytest.fixture(autouse=True)
def _known_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(detectors.DETECTORS, "corner", CornerPeer)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    for person in range(3):
        for photo in range(2):
            view = View(yaw=10.0 * photo)
            portrait = render_portrait(Person.from_seed(DEMO_SEEDS[person]), view, background_seed=photo)
            write_image(folder / f"P{person}" / f"{photo}.png", portrait.image)
    return folder


def answer(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "detection", *(str(argument) for argument in arguments)])
    return int(ended.value.code or 0)


def printed_json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_shipped_detector_and_a_peer_side_by_side(annotated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(annotated, "--peer", "corner=x", "--threshold", 0.5, "--threshold", 0.9, "--json") == 0
    report = printed_json(capsys)
    assert report["schema"] == "edge-siamese/bench-detection/1"
    assert set(report) == {"schema", "version", "model", "delegate", "annotated"}
    ours, strict, peer = report["annotated"]["detectors"]
    assert [one["threshold"] for one in (ours, strict, peer)] == [0.5, 0.9, 0.5]
    assert ours["recall"][">=40"]["of"] == 6
    assert ours["recall"][">=40"]["count"] >= 5
    assert ours["recall"][">=40"]["count"] >= strict["recall"][">=40"]["count"]
    assert ours["landmark_error"][">=40"]["mean"] < 0.1
    assert (peer["name"], peer["recall"][">=40"]["count"], peer["false_boxes"]) == ("corner", 0, 3)
    assert peer["negatives_with_a_box"]["rate"] == 1.0


def test_sweep_and_verification_in_one_run(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("--sweep", people, "--frame", "128x128", "--verify", people, "--json") == 0
    report = printed_json(capsys)
    assert report["sweep"]["reference"] == "edge-siamese"
    (swept,) = report["sweep"]["detectors"]
    assert [size["height"] for size in swept["by_size"]] == [12, 16, 24, 32, 48, 64, 96, 115]
    assert swept["by_size"][-3]["count"] == 6
    assert (report["verification"]["protocol"], report["verification"]["photos"]) == ("all-pairs", 6)
    assert report["verification"]["differences"] == []


def test_errors_by_yaw_against_the_last_detector(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("--yaw", people, "--json") == 0
    report = printed_json(capsys)["yaw"]
    (ours,) = report["detectors"]
    assert (report["reference"], report["photos"], ours["not_found"]) == ("edge-siamese", 6, [])
    assert sum(one["found"] for one in ours["by_yaw"]) == 6
    assert ours["by_yaw"][0]["crop_displacement"]["p90"] < 1e-6
    assert answer("--yaw", people) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("6 photos, faces and yaw as edge-siamese sees them, 0 left out")


def test_tables_for_people(annotated: Path, people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(annotated, "--sweep", people, "--frame", "64x64") == 0
    tables = capsys.readouterr().out.split("\n\n")
    assert tables[0].splitlines()[1].startswith("edge-siamese")
    assert tables[1].startswith("6 photos, frames of 64 x 64 pixels, faces as edge-siamese sees them, 0 left out")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "nothing to measure on"),
        (("--sweep", "x", "--frame", "big"), "expected WIDTHxHEIGHT of 32 to 4096 pixels each, found 'big'"),
        (("--sweep", "x", "--frame", "16x240"), "expected WIDTHxHEIGHT"),
        (("nowhere.zip",), "expected a folder, zip or tar of images, found nothing there"),
    ],
)
def test_what_cannot_be_measured_ends_with_a_sentence(
    arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(*arguments) == 2
    assert sentence in capsys.readouterr().err


def test_an_unknown_peer_is_named(annotated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(annotated, "--peer", "haar=x") == 2
    assert "peer: expected yunet=FILE or corner=FILE, found 'haar=x'" in capsys.readouterr().err
