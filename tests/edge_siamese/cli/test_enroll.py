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
    assert answer.out == "new.esg: Anna is enrolled from 7 photos and has 1 template; 1 person, 1 template\n"
    assert delegates == ["xnnpack"]
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
    assert answer.out == "new.esg: anna is enrolled from 3 frames and has 1 template; 1 person, 1 template\n"
    assert (seen.name, seen.closed) == ("frames/", True)


def test_frames_of_a_video_are_taken_some_time_apart(command: Command, camera: Command) -> None:
    camera(*[1] * 60, stills=False)
    answer = command("enroll", "anna", "--gallery", "new.esg", "--camera", "clip.avi", "--interval", "0.2", "--json")
    assert answer.report["used"] == 3


def test_a_live_camera_that_sees_nobody_gives_up(command: Command, camera: Command) -> None:
    camera(*[0] * 5, live=True, stills=False)
    answer = command("enroll", "anna", "--gallery", "new.esg", "--camera", "0", "--timeout", "0")
    assert (answer.code, Path("new.esg").exists()) == (2, False)
    assert "after 0 s 0 of 10 good frames (rejected: none)" in answer.err


def test_different_people_in_front_of_the_camera_are_rejected(
    command: Command, monkeypatch: pytest.MonkeyPatch, pattern: Command
) -> None:
    passing = [pattern(person, 1) for person in ("anna", "ben", "carla", "dora")]
    monkeypatch.setattr(cameras, "open_source", lambda spec: ListedSource(passing))
    answer = command("enroll", "anna", "--gallery", "new.esg", "--camera", "clip.avi", "--interval", "0")
    assert (answer.code, Path("new.esg").exists()) == (2, False)
    assert (
        "seem to show 4 different people: frame 0 | frame 1 | frame 2 | frame 3; --allow-different-faces" in answer.err
    )


def test_photos_of_different_people_are_rejected_unless_allowed(command: Command, save_photo: Command) -> None:
    photos = [str(save_photo(f"{person}.png", person, 1)) for person in ("anna", "ben")]
    answer = command("enroll", "Mix", *photos, "--gallery", "new.esg")
    assert (answer.code, Path("new.esg").exists()) == (2, False)
    assert f"photos of 'Mix' seem to show 2 different people: {photos[0]} | {photos[1]}" in answer.err
    assert command("enroll", "Mix", *photos, "--gallery", "new.esg", "--allow-different-faces").code == 0


def test_somebody_enrolled_is_not_enrolled_under_another_name(
    command: Command, people_esg: Path, save_photo: Command
) -> None:
    photo, before = str(save_photo("3.png", "anna", 3)), people_esg.read_bytes()
    answer = command("enroll", "dora", photo, "--gallery", "people.esg")
    assert (answer.code, people_esg.read_bytes()) == (2, before)
    assert "the photos of 'dora' look like 'anna', who is in people.esg (score 0." in answer.err
    answer = command("enroll", "dora", photo, "--gallery", "people.esg", "--allow-look-alike", "--json")
    assert answer.report["look_alike"]["names"] == ["dora", "anna"]
    assert "'dora' and 'anna' look alike" in answer.err


def test_the_number_of_faces_is_reported(command: Command, people_esg: Path, save_photo: Command) -> None:
    group = str(save_photo("2.png", "carla", 2, faces=3))
    answer = command("enroll", "carla", group, "--gallery", "people.esg")
    assert answer.code == 2
    assert (
        f"none of the photos can be used: {group}: shows 3 faces, and no photo of this person alone says" in answer.err
    )
    answer = command("enroll", "carla", group, "--gallery", "people.esg", "--largest-face", "--json")
    assert answer.report["several_faces"] == [{"photo": group, "faces": 3}]
    assert answer.err == f"edge-siamese: {group}: 3 faces found, the largest is used\n"


def test_the_same_photo_counts_once(command: Command, save_photo: Command) -> None:
    photo = str(save_photo("1.png", "anna", 1))
    answer = command("enroll", "anna", photo, photo, photo, "--gallery", "new.esg", "--json")
    assert answer.report["used"] == 1
    assert answer.err.count(f"{photo}: not used: the same photo as {photo}, which counts once") == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("a\u200bb", "1.png"), "has the invisible character U+200B"),
        (("anna", "absent.png"), "absent.png: expected a photo, found nothing there"),
        (("anna", "folder"), "folder: expected a photo, found a folder; 'edge-siamese gallery build' takes folders"),
        (("anna", "1.png", "--retain-until", "2020-01-01"), "or a later day, found 2020-01-01"),
        (("anna", "1.png", "--created", "now"), "created: expected a time such as"),
        (("anna", "--camera", ""), "--camera: expected"),
    ],
)
def test_arguments_are_checked_before_any_work(
    command: Command, save_photo: Command, delegates: list[str], arguments: tuple[str, ...], sentence: str
) -> None:
    save_photo("1.png", "anna", 1)
    Path("folder").mkdir()
    answer = command("enroll", *arguments, "--gallery", "new.esg")
    assert (answer.code, delegates) == (2, [])
    assert sentence in answer.err


@pytest.mark.parametrize(
    ("gallery", "sentence"),
    [
        ("absent/new.esg", "absent/new.esg: there is no folder"),
        ("letter.esg", "letter.esg: not a gallery"),
        ("folder", "folder: a folder, which is not changed"),
    ],
)
def test_the_gallery_is_checked_before_anybody_stands_before_the_camera(
    command: Command, monkeypatch: pytest.MonkeyPatch, gallery: str, sentence: str
) -> None:
    Path("letter.esg").write_text("dear somebody")
    Path("folder").mkdir()
    monkeypatch.setattr(cameras, "open_source", lambda spec: pytest.fail("the camera was opened"))
    answer = command("enroll", "anna", "--gallery", gallery, "--camera", "0")
    assert answer.code == 2
    assert sentence in answer.err


def test_a_name_like_another_is_rejected_before_anybody_stands_before_the_camera(
    command: Command, people_esg: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cameras, "open_source", lambda spec: pytest.fail("the camera was opened"))
    answer = command("enroll", "Anna", "--gallery", "people.esg", "--camera", "0")
    assert answer.code == 2
    assert "people.esg: 'Anna' looks the same as 'anna', which is in the gallery" in answer.err


def test_a_changed_spelling_is_reported(command: Command, save_photo: Command) -> None:
    answer = command("enroll", " Zoe\u0301", str(save_photo("1.png", "zoe", 1)), "--gallery", "new.esg")
    assert answer.err == ("edge-siamese: the name ' Zoe\\u0301' is kept as 'Zo\u00e9' (Unicode NFC, single spaces)\n")
    answer = command(
        "enroll", "ZO\u00c9", str(save_photo("2.png", "zoe", 2)), "--gallery", "new.esg", "--allow-look-alike"
    )
    assert answer.code == 2
    assert "'ZO\u00c9' looks the same as 'Zo\u00e9', which is in the gallery" in answer.err
