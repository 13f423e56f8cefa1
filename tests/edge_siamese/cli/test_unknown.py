"""Unknown faces from ``run`` to the gallery, on rendered people and the shipped models."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.cli.main import main
from edge_siamese.engine import FaceEngine
from edge_siamese.gallery import Gallery
from edge_siamese.image_io import write_image
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait

ANNA, STRANGER = (Person.from_seed(seed) for seed in DEMO_SEEDS[:2])


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one photo of Anna and three of a stranger."""
    folder = tmp_path_factory.mktemp("photos")
    write_image(folder / "1.png", render_portrait(ANNA, View(yaw=5.0)).image)
    for number, yaw in enumerate((-8.0, 0.0, 8.0), start=2):
        write_image(folder / f"{number}.png", render_portrait(STRANGER, View(yaw=yaw)).image)
    return folder


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A gallery with Anna."""
    path = tmp_path_factory.mktemp("gallery") / "people.esg"
    with FaceEngine.default() as engine:
        Gallery.empty(engine.embedder_card).enroll("Anna", [render_portrait(ANNA, View()).image], engine=engine).save(
            path
        )
    return path.read_bytes()


@pytest.fixture
def gallery(tmp_path: Path, people: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.esg").write_bytes(people)
    return tmp_path / "people.esg"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0)


def listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run("unknown", "list", folder, "--json") == 0
    people: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["people"]
    return people


def names_of(photos: Path, gallery: Path, capsys: pytest.CaptureFixture[str]) -> list[str | None]:
    capsys.readouterr()
    assert run("run", "--camera", photos, "--gallery", gallery, "--json") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [event["identity"] for event in events if event["event"] == "decision"]


def test_nothing_is_kept_by_default(
    photos: Path, gallery: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert names_of(photos, gallery, capsys) == ["Anna", None, None, None]
    assert [path.name for path in tmp_path.iterdir()] == ["people.esg"]


def test_a_stranger_is_reviewed_enrolled_and_then_named(
    photos: Path, gallery: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "strangers"
    assert run("run", "--camera", photos, "--gallery", gallery, "--keep-unknown", folder, "--keep-days", 3) == 0
    assert f"faces of strangers are kept in {folder} for 3 days" in capsys.readouterr().err
    (stranger,) = listed(folder, capsys)
    assert len(stranger["faces"]) == 3
    assert all(Path(face["image"]).is_file() for face in stranger["faces"])
    assert run("unknown", "enroll", folder, stranger["name"], "Ben", "--gallery", gallery) == 0
    assert "Ben is enrolled from 3 kept faces" in capsys.readouterr().out
    assert listed(folder, capsys) == []
    assert list(folder.iterdir()) == []
    assert names_of(photos, gallery, capsys) == ["Anna", "Ben", "Ben", "Ben"]


def test_a_stranger_who_was_enrolled_meanwhile_is_rejected_and_kept(
    photos: Path, gallery: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "strangers"
    run("run", "--camera", photos, "--gallery", gallery, "--keep-unknown", folder)
    assert run("enroll", "Ben", photos / "3.png", "--gallery", gallery) == 0
    before = gallery.read_bytes()
    (stranger,) = listed(folder, capsys)
    assert run("unknown", "enroll", folder, stranger["name"], "Benjamin", "--gallery", gallery) == 2
    assert "look like 'Ben'" in capsys.readouterr().err
    assert gallery.read_bytes() == before
    assert len(listed(folder, capsys)) == 1
    assert run("unknown", "delete", folder, "--all") == 0
    assert "3 faces deleted" in capsys.readouterr().out
    assert list(folder.iterdir()) == []


def test_names_and_folders_that_do_not_exist_end_with_a_sentence(
    gallery: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir(mode=0o700)
    assert run("unknown", "list", tmp_path / "none") == 2
    assert "expected a folder of unknown faces, found none" in capsys.readouterr().err
    assert run("unknown", "enroll", tmp_path / "empty", "unknown-000000", "Ben", "--gallery", gallery) == 2
    assert "no unknown person is called 'unknown-000000'" in capsys.readouterr().err
    assert run("unknown", "delete", tmp_path / "empty", "unknown-000000") == 2
    assert run("unknown", "delete", tmp_path / "empty") == 2
    assert run("unknown", "list", tmp_path / "empty") == 0
    assert "no unknown faces" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--keep-days", "3"], "--keep-days needs --keep-unknown"),
        (["--keep-unknown", "kept", "--keep-size", "1kB"], "expected 100,000 bytes or more"),
        (["--keep-unknown", "people.esg"], "people.esg: expected a folder for unknown faces"),
    ],
)
def test_options_that_cannot_be_kept_end_the_run(
    photos: Path, gallery: Path, options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("run", "--camera", photos, "--gallery", gallery, *options) == 2
    assert sentence in capsys.readouterr().err
