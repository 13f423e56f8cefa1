"""``bench accuracy``: its table, and verification with the latency of the same runs."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese_benchmarks.cli.accuracy import _accuracy_table


def test_the_threshold_is_printed_as_people_see_it() -> None:
    point = OperatingPoint(1e-3, 16_384, 9e-4, 5000, 20, 0.1, "00" * 32)
    result = {
        "shown_as": "stills", "target_fpir": 0.001, "operating_point": point.to_json(), "named_rightly": 0.9,
        "enrolled_images": 309, "named_wrongly": 0.0, "strangers_named": 0.006, "stranger_images": 169,
    }  # fmt: skip
    _, row = _accuracy_table([result]).splitlines()
    assert row.split()[:3] == ["stills", "0.001", "0.500"]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four rendered people, three photos each, and one photo without a face."""
    folder = tmp_path_factory.mktemp("people")
    for seed in DEMO_SEEDS[:4]:
        (folder / str(seed)).mkdir()
        for number in range(3):
            scene = render_portrait(Person.from_seed(seed), View(), size=(240, 240), background_seed=number)
            cv2.imwrite(str(folder / str(seed) / f"{number}.png"), scene.image[..., ::-1])
    cv2.imwrite(str(folder / str(DEMO_SEEDS[0]) / "wall.png"), np.full((240, 240, 3), 90, np.uint8))
    return folder


def run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "accuracy", *arguments])
    output = capsys.readouterr()
    return int(ended.value.code or 0), output.out, output.err


@pytest.mark.parametrize("delegate", ["xnnpack", "reference"])
def test_accuracy_and_latency_come_from_one_engine(
    delegate: str, people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = ["--embedder", "embedder-small", "--detector", "detector-small", "--delegate", delegate]
    code, out, _ = run([str(people), *models, "--json"], capsys)
    assert code == 0
    report = json.loads(out)
    assert (report["delegate"], report["threads"], report["protocol"]) == (delegate, 1, "all-pairs")
    assert (report["photos"], report["faces_not_found"]) == (13, 1)
    assert report["latency"]["detect"]["samples"] == 13 - 8
    assert report["latency"]["embed"]["samples"] == 12 - 8
    assert report["golden_cosines"]["embedder"] == pytest.approx(1, abs=1e-9 if delegate == "reference" else 0.02)
    with pytest.raises(SystemExit):
        main(["evaluate", str(people), *models, "--json", "--bootstrap", "1000"])
    evaluated = json.loads(capsys.readouterr().out)
    assert report["accuracy"] == evaluated["accuracy"]
    assert report["eer"] == evaluated["eer"]


def test_listed_pairs_are_used_unless_all_pairs_are_asked_for(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "listed"
    shutil.copytree(people, folder)
    first, second = (str(seed) for seed in DEMO_SEEDS[:2])
    lines = ["1\t1", f"{first}\t1\t2", f"{first}\t1\t{second}\t1"]
    for person in (first, second):
        for number in (1, 2):
            shutil.copy(folder / person / f"{number - 1}.png", folder / person / f"{person}_{number:04}.png")
            (folder / person / f"{number - 1}.png").unlink()
    (folder / "pairs.txt").write_text("\n".join(lines) + "\n")
    models = ["--embedder", "embedder-small", "--detector", "detector-small", "--json"]
    assert json.loads(run([str(folder), *models], capsys)[1])["protocol"] == "lfw-pairs"
    assert json.loads(run([str(folder), *models, "--protocol", "all-pairs"], capsys)[1])["protocol"] == "all-pairs"


def test_text_names_the_delegate_and_the_metrics(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run([str(people), "--embedder", "embedder-small", "--detector", "detector-small"], capsys)
    assert code == 0
    assert "delegate xnnpack, threads 1" in out
    assert "all-pairs: 13 photos of 4 people, 1 without a face" in out
    assert "too few pairs" in out


def test_options_of_the_open_set_need_it(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run([str(people), "--target-fpir", "0.01"], capsys)
    assert code == 2
    assert "--target-fpir is for --protocol open-set: expected that, found verification" in err


def test_one_person_cannot_be_verified(people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(people / str(DEMO_SEEDS[1]), tmp_path / "alone" / "one")
    code, _, err = run([str(tmp_path / "alone")], capsys)
    assert code == 2
    assert "verification needs genuine and impostor pairs" in err
