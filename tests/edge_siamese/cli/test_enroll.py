"""``edge-siamese enroll``"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_siamese import cameras
from edge_siamese.frames import Frame
from edge_siamese.gallery import Gallery
from tests.doubles import ListedSource

Command = Callable[..., Any]


def test_the_first_person_makes_the_gallery(command: Command, save_photo: Command, delegates: list[str]) -> None:
    photos = [str(save_photo(f"{captured}.png", "anna", captured)) for captured in range(7)]
    answer = command("enroll", "Anna", "--gallery", "new.esg", *photos, "--created", "2025-01-31T12:00:00Z")
    assert answer.out == "new.esg: Anna has 1 template from 7 photos; 1 person, 1 template\n"
    assert delegates == ["reference"]
    gallery = Gallery.open("new.esg")
    assert gallery.sequence == 1
    assert gallery.metadata["people"] == {"Anna": {"created": "2025-01-31T12:00:00Z"}}


def test_the_next_one_joins(command: Command, people_esg: Path, save_photo: Command) -> None:
    good, bad = save_photo("1.png", "carla", 1), save_photo("2.png", "carla", 2, faces=0)
    answer = command("enroll", "carla", str(good), str(bad), "--gallery", "people.esg", "--json")
    assert (answer.report["schema"], answer.report["used"]) == ("edge-siamese/enroll/1", 1)
    assert answer.report["skipped"][0]["photo"] == str(bad)
    assert Gallery.open(people_esg).names == ("anna", "ben", "carla")


@pytest.mark.parametrize("arguments", [(), ("1.png", "--camera", "0")])
def test_photos_or_a_camera(command: Command, arguments: tuple[str, ...], delegates: list[str]) -> None:
    answer = command("enroll", "anna", "--gallery", "new.esg", *arguments)
    assert answer.code == 2
    assert "give either photos or --camera" in answer.err
    assert delegates == []


def test_nothing_is_made_when_nobody_is_seen(command: Command, save_photo: Command, tmp_path: Path) -> None:
    photo = save_photo("1.png", "anna", 1, faces=0)
    assert command("enroll", "anna", str(photo), "--gallery", "new.esg").code == 2
    assert list(tmp_path.iterdir()) == [photo]


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch, pattern: Command) -> Callable[..., ListedSource]:
    """Puts a source of frames of anna, with the number of faces on each, in place of ``--camera``."""

    def put(*faces: int, live: bool = False, stills: bool = True) -> ListedSource:
        frames = [
            Frame(pattern("anna", index, count), index * 10_000_000, index, "") for index, count in enumerate(faces)
        ]
        source = ListedSource(frames, live=live, stills=stills)

        def open_source(spec: str) -> ListedSource:
            source.name = spec
            return source

        monkeypatch.setattr(cameras, "open_source", open_source)
        return source

    return put


def test_a_camera_gives_good_frames(command: Command, camera: Command) -> None:
    seen = camera(0, 1, 1, 2, 1, 1)
    answer = command("enroll", "anna", "--gallery", "new.esg", "--camera", "frames/", "--frames", "3")
    assert answer.out == "new.esg: anna has 1 template from 3 frames; 1 person, 1 template\n"
    assert (seen.name, seen.closed) == ("frames/", True)


def test_frames_of_a_video_are_taken_some_time_apart(command: Command, camera: Command) -> None:
    camera(*[1] * 60, stills=False)
    answer = command("enroll", "anna", "--gallery", "new.esg", "--camera", "clip.avi", "--interval", "0.2", "--json")
    assert answer.report["used"] == 3


def test_a_live_camera_that_sees_nobody_gives_up(command: Command, camera: Command) -> None:
    camera(*[0] * 5, live=True, stills=False)
    answer = command("enroll", "anna", "--gallery", "new.esg", "--camera", "0", "--timeout", "0")
    assert (answer.code, Path("new.esg").exists()) == (2, False)
    assert "after 0 s 0 of 10 good frames (rejected: no face 1)" in answer.err
