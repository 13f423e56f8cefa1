"""``verify``, ``evaluate`` and ``embed`` as a person types them, on rendered photos and the shipped models."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.rendering import Person, View, render_background, render_portrait

PEOPLE, PHOTOS = 4, 3


def answer(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def write_photo(path: Path, person: int, number: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    view = View.random(np.random.default_rng((person, number)), difficulty=0.4)
    image = render_portrait(Person.from_seed(3500 + person), view, background_seed=number).image
    cv2.imwrite(str(path), image[..., ::-1])
    return path


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    for person in range(PEOPLE):
        for number in range(PHOTOS):
            write_photo(folder / f"p{person}" / f"p{person}_{number + 1:04d}.png", person, number)
    return folder


def test_two_photos_of_one_person_are_compared(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = [dataset / "p0" / f"p0_000{number}.png" for number in (1, 2)]
    assert answer("verify", *photos, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "edge-siamese/verify/1"
    assert set(report["model"]) == {"embedder", "detector"}
    assert report["is_match"] == (report["score"] >= report["threshold"])
    assert report["operating_point"]["target_fmr"] <= 1e-3


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_photo_on_its_side_is_turned_and_it_is_said(
    dataset: Path, tmp_path: Path, quarters: int, capsys: pytest.CaptureFixture[str]
) -> None:
    upright = dataset / "p0" / "p0_0001.png"
    cv2.imwrite(str(tmp_path / "side.png"), np.rot90(cv2.imread(str(upright)), quarters))
    assert answer("verify", upright, tmp_path / "side.png", "--json") == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert report["is_match"]
    assert [face["turn"] for face in report["faces"]] == [0, 360 - 90 * quarters]
    assert f"side.png: the photo is not upright; it was turned by {360 - 90 * quarters} degrees" in captured.err


def test_a_far_face_is_not_said_to_be_somebody_else(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = cv2.imread(str(dataset / "p1" / "p1_0001.png"))
    cv2.imwrite(str(tmp_path / "far.png"), cv2.resize(photo, None, fx=0.14, fy=0.14, interpolation=cv2.INTER_AREA))
    assert answer("verify", dataset / "p0" / "p0_0001.png", tmp_path / "far.png") == 0
    assert "far.png: the face is too small" in capsys.readouterr().out


def test_different_people_can_be_an_exit_status(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = [dataset / "p0" / "p0_0001.png", dataset / "p1" / "p1_0001.png"]
    assert answer("verify", *photos, "--exit-status", "--target-fmr", "1e-5") == 3
    assert "different people: score" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "empty"), (b"\xff\xd8\xff\xe0 no image", "p.jpg"), (None, "p.jpg")],
)
def test_a_photo_that_cannot_be_read_is_named(
    tmp_path: Path, dataset: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "p.jpg").write_bytes(content)
    assert answer("verify", tmp_path / "p.jpg", dataset / "p0" / "p0_0001.png") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err
    assert "Traceback" not in captured.err


def test_a_photo_without_a_face_is_named(tmp_path: Path, dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200, 3), 128, np.uint8))
    assert answer("verify", dataset / "p0" / "p0_0001.png", tmp_path / "wall.png") == 2
    assert "wall.png: no face found" in capsys.readouterr().err


def test_a_model_that_is_none_of_ours_is_named(
    tmp_path: Path, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(100))
    photo = dataset / "p0" / "p0_0001.png"
    assert answer("verify", photo, photo, "--embedder", tmp_path / "m.tflite") == 2
    assert "m.tflite: a damaged model: it is truncated or altered" in capsys.readouterr().err


def test_a_rate_beyond_the_evidence_is_told(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = [dataset / "p0" / f"p0_000{number}.png" for number in (1, 2)]
    assert answer("verify", *photos, "--target-fmr", "1e-9", "--json") == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert (
        "a false match rate of 1e-09 was asked for; the strictest that the model has evidence for is 1e-05"
        in captured.err
    )
    assert (report["target_fmr"], report["sufficient"], report["operating_point"]["target_fmr"]) == (1e-9, False, 1e-5)


def test_what_was_not_used_is_named_and_listed(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in sorted(dataset.rglob("p[01]_*.png")):
        target = tmp_path / "top" / path.relative_to(dataset)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    top = tmp_path / "top"
    (top / "p0" / "copy.png").write_bytes((top / "p0" / "p0_0001.png").read_bytes())
    (top / "p1" / "p0s.png").write_bytes((top / "p0" / "p0_0001.png").read_bytes())
    (top / "p1" / "photo.heic").write_bytes(b"\0\0\0\x18ftypavif")
    (top / "p1" / "clip.mov").write_bytes(b"\0\0\0\x14ftypqt  ")
    (tmp_path / "cover.png").write_bytes((top / "p0" / "p0_0002.png").read_bytes())
    (top / "p2").mkdir()
    assert answer("evaluate", tmp_path, "--json", "--bootstrap", "0") == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert {entry["photo"] for entry in report["skipped"]} == {"p0/p0_0001.png", "top/p1/clip.mov", "cover.png", "p2/"}
    assert [entry["photo"] for entry in report["unreadable"]] == ["p1/photo.heic"]
    assert report["photos"] == 2 * PHOTOS + 2
    assert len(report["notes"]) == 2
    assert "the people are taken from the folder top" in captured.err
    assert "p0/copy.png and p1/p0s.png have the same embedding" in captured.err
    assert "p1/photo.heic: counted as a photo without a face" in captured.err
    assert "p0/p0_0001.png: not used: the same file as p0/copy.png, counted once" in captured.err


@pytest.mark.parametrize("replicates", ["99999999999", "-1"])
def test_replicates_are_bounded(dataset: Path, capsys: pytest.CaptureFixture[str], replicates: str) -> None:
    assert answer("evaluate", dataset, "--bootstrap", replicates) == 2
    assert "0<=x<=100000" in capsys.readouterr().err


def test_one_person_is_refused_before_anything_is_embedded(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a model was opened")

    monkeypatch.setattr("edge_siamese.engine.FaceEngine.open", never)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "p0").symlink_to(dataset / "p0")
    assert answer("evaluate", tmp_path / "one") == 2
    assert "needs genuine and impostor pairs, found 3 genuine and 0 impostor" in capsys.readouterr().err


KEYS = {
    "protocol", "genuine_pairs", "impostor_pairs", "accuracy", "auc", "eer", "tar_at_fmr", "faces_not_found", "threshold",
    "delegate",
}  # fmt: skip


def test_an_dataset_is_evaluated_over_all_pairs(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer("evaluate", dataset, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) >= KEYS
    assert report["protocol"] == "all-pairs"
    assert report["genuine_pairs"] == PEOPLE * PHOTOS * (PHOTOS - 1) // 2
    assert report["impostor_pairs"] == 54
    assert report["tar_at_fmr"] == {"0.001": None, "0.0001": None}
    assert report["operating_point"] is None
    assert "needs at least 2,995 impostor pairs, found 54" in report["operating_point_rejected"]
    assert report["auc"] > 0.8


def test_an_dataset_with_pairs_is_evaluated_by_its_folds(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["2\t2"]
    for fold in (0, 2):
        lines += [f"p{fold}\t1\t2", f"p{fold + 1}\t1\t3", f"p{fold}\t1\tp{fold + 1}\t1", f"p{fold}\t2\tp{fold + 1}\t3"]
    with zipfile.ZipFile(tmp_path / "dataset.zip", "w") as archive:
        for path in sorted(dataset.rglob("*.png")):
            archive.write(path, f"images/{path.relative_to(dataset)}")
        archive.writestr("pairs.txt", "\n".join(lines))
    assert answer("evaluate", tmp_path / "dataset.zip", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["protocol"], report["genuine_pairs"], report["impostor_pairs"]) == ("lfw-pairs", 4, 4)
    assert report["face_choice"] == "nearest the center"


def test_a_photo_without_a_face_counts_against_the_result(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for person in ("p0", "p1"):
        (tmp_path / person).mkdir()
        for path in (dataset / person).glob("*.png"):
            (tmp_path / person / path.name).write_bytes(path.read_bytes())
    cv2.imwrite(str(tmp_path / "p0" / "wall.png"), np.full((200, 200, 3), 128, np.uint8))
    (tmp_path / "p1" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    assert answer("evaluate", tmp_path) == 0
    captured = capsys.readouterr()
    assert "faces not found" in captured.out
    assert "2 (25.00%)" in captured.out
    assert "broken.jpg: counted as a photo without a face" in captured.err


@pytest.mark.parametrize("kind", ["absent", "empty", "file"])
def test_what_is_no_dataset_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    path = tmp_path / "dataset"
    if kind == "empty":
        path.mkdir()
    elif kind == "file":
        path.write_text("no zip")
    assert answer("evaluate", path) == 2
    assert "dataset: expected" in capsys.readouterr().err


def test_embeddings_are_written_as_plain_arrays(dataset: Path, tmp_path: Path) -> None:
    assert answer("embed", dataset, "-o", tmp_path / "faces.npz") == 0
    with np.load(tmp_path / "faces.npz", allow_pickle=False) as arrays:
        count = len(arrays["paths"])
        assert count >= PEOPLE * PHOTOS - 1
        assert arrays["embeddings"].shape == (count, 256)
        assert arrays["embeddings"].dtype == np.int8
        assert arrays["landmarks"].shape == (count, 5, 2)
        assert arrays["quality"].shape == (count,)
        assert 20 < arrays["quality"].min() <= arrays["quality"].max() <= 100
        assert len(str(arrays["embedder_digest"])) == 64
        assert set(arrays["face_index"]) <= {0, 1}


def test_embed_names_what_it_left_out(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff cut")
    (tmp_path / "b.png").write_bytes((dataset / "p0" / "p0_0001.png").read_bytes())
    (tmp_path / "c.mov").write_bytes(b"\0\0\0\x14ftypqt  ")
    assert answer("embed", tmp_path, "-o", tmp_path / "faces.npz", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["images"], report["faces"]) == (1, 1)
    assert [entry["photo"] for entry in report["unreadable"]] == ["a.jpg"]
    assert report["skipped"] == [{"photo": "c.mov", "reason": "is a video"}]
    assert answer("embed", tmp_path, "-o", tmp_path / "faces.npz") == 0
    assert "faces.npz: 1 face on 1 image, 1 image cannot be read" in capsys.readouterr().err


def test_embed_refuses_what_it_cannot_do_before_the_work(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer("embed", dataset, "-o", tmp_path / "nowhere" / "faces.npz") == 2
    assert "expected a file in a folder that exists" in capsys.readouterr().err
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff cut")
    assert answer("embed", tmp_path, "-o", tmp_path / "faces.npz") == 2
    assert "none of its images can be read" in capsys.readouterr().err
    assert not (tmp_path / "faces.npz").exists()


def test_a_image_without_faces_gives_empty_arrays(tmp_path: Path) -> None:
    (tmp_path / "walls").mkdir()
    cv2.imwrite(str(tmp_path / "walls" / "w.png"), render_background((64, 64), seed=1))
    assert answer("embed", tmp_path / "walls", "-o", tmp_path / "faces.npz") == 0
    with np.load(tmp_path / "faces.npz", allow_pickle=False) as arrays:
        assert arrays["boxes"].shape == (0, 4)
