"""``edge-siamese data`` on folders of noise."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese_converter.data.manifests import read_manifest
from edge_siamese_converter.data.pair_lists import read_pairs
from edge_siamese_converter.data.prepared import load_prepared
from edge_siamese_converter.data.tfrecords import read_image_pairs


def answer(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["data", *map(str, arguments)])
    return int(ended.value.code or 0)


def printed_json(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    assert answer(*arguments, "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten people of three images, one image that cannot be read, and pairs of two folds beside."""
    folder = tmp_path_factory.mktemp("data") / "people"
    rng = np.random.default_rng(0)
    for person in range(10):
        (folder / f"p{person}").mkdir(parents=True)
        for number in range(1, 4):
            image = rng.integers(0, 256, (24, 20, 3), np.uint8)
            cv2.imwrite(str(folder / f"p{person}" / f"p{person}_{number:04d}.png"), image)
    (folder / "p3" / "broken.png").write_bytes(b"nothing")
    folds = ["p0\t1\t2", "p1\t1\tp2\t1", "p4\t2\t3", "p5\t1\tp4\t1"]
    (folder.parent / "pairs.txt").write_text("\n".join(["2\t1", *folds]))
    return folder


@pytest.fixture(scope="module")
def prepared(people: Path) -> Path:
    path = people.parent / "people.npz"
    assert answer("prepare", people, "-o", path, "--size", "16x12", "--channels", 1) == 0
    return path


def test_prepared_images_are_described_and_what_was_skipped_is_named(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = printed_json(capsys, "prepare", people, "-o", tmp_path / "a.npz", "--size", "16x12", "--channels", 1)
    assert report["schema"] == "edge-siamese/data-prepare/1"
    assert (report["images"], report["classes"], report["shape"]) == (30, 10, [16, 12, 1])
    assert list(report["skipped"]) == ["p3/broken.png"]
    assert report["sha256"] == load_prepared(tmp_path / "a.npz").digest


def test_people_read_what_was_skipped_and_how_much_is_there(
    people: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer("prepare", people, "-o", tmp_path / "a.npz", "--max-images", 2) == 0
    printed = capsys.readouterr()
    assert "a.npz: 20 images of 10 classes, 11 skipped" in printed.out
    assert "p3/broken.png: skipped: not a JPEG" in printed.err
    assert "p0/p0_0003.png: skipped: one more than 2 images of p0" in printed.err


def test_a_split_is_written_as_a_manifest_that_splits_again(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = printed_json(capsys, "split", prepared, "-o", tmp_path / "s.json", "--test", 0.3, "--validation", 0.2)
    (written,) = report["splits"]
    assert [written[side]["classes"] for side in ("training", "validation", "test")] == [5, 2, 3]
    split = read_manifest(tmp_path / "s.json").apply(load_prepared(prepared))
    assert {name: side.digest for name, side in split.sides().items()} == {
        name: written[name]["sha256"] for name in ("training", "validation", "test")
    }


def test_folds_are_written_one_by_one(prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("split", prepared, "-o", tmp_path / "s.json", "--folds", 3) == 0
    assert "s-2.json" in capsys.readouterr().out
    evaluated = [one.name for fold in (1, 2, 3) for one in read_manifest(tmp_path / f"s-{fold}.json").test]
    assert sorted(evaluated) == sorted(load_prepared(prepared).names)


def test_the_people_of_official_folds_and_named_ones_are_evaluated_on(
    people: Path, prepared: Path, tmp_path: Path
) -> None:
    assert answer("split", people, "-o", tmp_path / "f.json", "--test-folds", 1, "--size", 16) == 0
    assert {one.name for one in read_manifest(tmp_path / "f.json").test} == {"p0", "p1", "p2"}
    assert answer("split", prepared, "-o", tmp_path / "c.json", "--test-class", "p7", "--test-class", "p8") == 0
    assert {one.name for one in read_manifest(tmp_path / "c.json").test} == {"p7", "p8"}


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_pairs_are_of_one_side_of_a_split(
    prepared: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer("split", prepared, "-o", tmp_path / "s.json") == 0
    capsys.readouterr()
    output = tmp_path / f"pairs{suffix}"
    report = printed_json(capsys, "pairs", prepared, "-o", output, "--split", tmp_path / "s.json", "--side", "test")
    test = {one.path for one in read_manifest(tmp_path / "s.json").test}
    images = load_prepared(prepared)
    pairs = read_pairs(output, images)
    assert {images.paths[row] for row in pairs.index.ravel()} <= test
    assert len(pairs) == report["pairs"] == 2 * report["genuine"] == 2 * 3 * 3


def test_pairs_with_their_images_follow_the_samplers_options(prepared: Path, tmp_path: Path) -> None:
    output = tmp_path / "pairs.tfrecord"
    assert (
        answer("pairs", prepared, "-o", output, "--sampler", "fixed-count", "--set", "genuine=7", "--set", "impostor=4")
        == 0
    )
    first, second, is_genuine = read_image_pairs(output)
    assert first.shape == second.shape == (11, 16, 12, 1)
    assert int(is_genuine.sum()) == 7


def test_augmentation_is_shown_as_a_grid(prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "grid.png"
    report = printed_json(
        capsys, "preview", prepared, "-o", output, "--images", 3, "--copies", 2, "--set", "rotation-degrees=45"
    )
    assert len(report["images"]) == 3
    assert cv2.imread(str(output)).shape == (4 + 3 * (128 + 4), 4 + 3 * (96 + 4) + 8, 3)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["prepare", "{people}", "-o", "a.zip"], "ends with .npz"),
        (["prepare", "{people}", "-o", "a.npz", "--size", "16*12"], "expected a height and width"),
        (["prepare", "{people}", "-o", "a.npz", "--size", "2"], "--size"),
        (["prepare", "{people}", "-o", "a.npz", "--channels", "2"], "--channels"),
        (["prepare", "{people}", "-o", "a.npz", "--crop-factor", "0.5"], "crop_factor is for align"),
        (["prepare", "{prepared}", "-o", "a.npz", "--size", "16"], "is already prepared"),
        (["prepare", "-o", "a.npz"], "has to be given"),
        (["prepare", "missing", "-o", "a.npz"], "found nothing there"),
        (["split", "{prepared}", "-o", "s.json", "--folds", "2", "--test-class", "p1"], "exclude each other"),
        (["split", "{prepared}", "-o", "s.json", "--test-folds", "x"], "expected numbers such as 4,5"),
        (["split", "{prepared}", "-o", "s.json", "--test-folds", "9"], "has the folds 1 to 2"),
        (["split", "{prepared}", "-o", "s.json", "--test-class", "nobody"], "no class or group"),
        (["split", "{prepared}", "-o", "s.json", "--test", "0.9"], "training needs at least 2 classes"),
        (["pairs", "{prepared}", "-o", "p.txt"], "expected a .csv, .npz or .tfrecord"),
        (["pairs", "{prepared}", "-o", "p.csv", "--sampler", "al-genuine"], "did you mean"),
        (["pairs", "{prepared}", "-o", "p.csv", "--sampler", "by-class"], "draws batches, not pairs"),
        (["pairs", "{prepared}", "-o", "p.csv", "--set", "per_class"], "expected KEY=VALUE"),
        (["pairs", "{prepared}", "-o", "p.csv", "--set", "rubbish=1"], "unknown option 'rubbish'"),
        (["preview", "{prepared}", "-o", "g.png", "--augmentation", "blur"], "unknown augmentation"),
    ],
)
def test_what_does_not_go_together_ends_with_a_sentence_and_no_file(
    people: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], arguments: list[str], what: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert answer(*(argument.format(people=people, prepared=prepared) for argument in arguments)) == 2
    assert what in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []
