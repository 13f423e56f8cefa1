"""``edge-siamese gallery build | add``"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.gallery import Gallery
from tests.doubles import embedder_card
from tests.doubles.analyzer import PATTERN_DIMENSION

Command = Callable[..., Any]


def test_the_same_photos_give_the_same_bytes(
    command: Command, people_esg: Path, delegates: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert delegates == ["xnnpack"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1738324800")
    assert command("gallery", "build", "people", "-o", "again.esg").code == 0
    assert Path("again.esg").read_bytes() == people_esg.read_bytes()


def test_what_was_built_is_reported(command: Command, people_esg: Path, save_photo: Command) -> None:
    save_photo("people/ben/3.png", "ben", 3, faces=0)
    answer = command("gallery", "build", "people", "-o", "people.esg", "--consent", "on paper", "--json")
    report = answer.report
    assert report["schema"] == "edge-siamese/gallery-build/1"
    assert report["model"]["embedder"] == "ab" * 32
    assert (report["photos"], report["skipped"]) == (5, [{"photo": "ben/3.png", "reason": "shows no face"}])
    assert report["sequence"] == 2
    assert answer.err == "edge-siamese: ben/3.png: not used: shows no face\n"
    assert Gallery.open(people_esg).metadata["consent"] == "on paper"


def test_people_without_a_face_need_skip(command: Command, people_esg: Path, save_photo: Command) -> None:
    save_photo("people/carla/1.png", "carla", 1, faces=0)
    before = people_esg.read_bytes()
    answer = command("gallery", "build", "people", "-o", "people.esg")
    assert (answer.code, people_esg.read_bytes()) == (2, before)
    assert "no photo of carla can be used" in answer.err
    answer = command("gallery", "build", "people", "-o", "people.esg", "--skip")
    assert answer.out.splitlines() == [
        "people.esg: 2 people, 2 templates from 4 of 5 photos",
        "left out: carla: carla/1.png: shows no face",
    ]


def test_the_sequence_can_be_set_but_not_turned_back(command: Command, people_esg: Path) -> None:
    assert command("gallery", "build", "people", "-o", "people.esg", "--sequence", "70").code == 0
    answer = command("gallery", "build", "people", "-o", "people.esg", "--sequence", "70")
    assert answer.code == 2
    assert "--sequence must be above 70" in answer.err
    assert Gallery.open(people_esg).sequence == 70


@pytest.mark.parametrize(
    ("output", "sentence"), [("letter.txt", "it is not replaced"), ("absent/people.esg", "there is no folder")]
)
def test_a_bad_output_is_refused_before_any_work(
    command: Command, people_esg: Path, delegates: list[str], output: str, sentence: str
) -> None:
    Path("letter.txt").write_text("dear somebody")
    answer = command("gallery", "build", "people", "-o", output)
    assert answer.code == 2
    assert sentence in answer.err
    assert delegates == ["xnnpack"]
    assert Path("letter.txt").read_text() == "dear somebody"


def test_a_folder_without_people_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = command("gallery", "build", "empty", "-o", "people.esg")
    assert (answer.code, Path("people.esg").exists()) == (2, False)
    assert "expected photos as <person>/<photo>" in answer.err


def test_add_a_person_and_more_of_one(command: Command, people_esg: Path, save_photo: Command) -> None:
    photo = str(save_photo("3.png", "carla", 1))
    report = command("gallery", "add", "people.esg", "Carla", photo, "--consent", "e-mail", "--json").report
    assert (report["name"], report["kept"], report["identities"]) == ("Carla", 1, 3)
    more = [str(save_photo(f"{captured}.png", "anna", captured)) for captured in range(3, 9)]
    answer = command("gallery", "add", "people.esg", "anna", *more)
    assert answer.out == "people.esg: anna is enrolled from 6 photos and has 2 templates; 3 people, 4 templates\n"
    gallery = Gallery.open(people_esg)
    assert gallery.names == ("Carla", "anna", "ben")
    assert gallery.metadata["people"]["Carla"]["consent"] == "e-mail"
    assert gallery.sequence == 3
    answer = command("gallery", "add", "people.esg", "anna", more[0], "--templates-per-person", "2")
    assert answer.out == "people.esg: anna is enrolled from 1 photo and has 2 templates; 3 people, 4 templates\n"


def test_add_says_that_operating_points_are_dropped(
    command: Command, people_esg: Path, save_photo: Command, operating_point: Command
) -> None:
    Gallery.open(people_esg).with_operating_point(operating_point(0.01, 13107)).save(people_esg)
    answer = command("gallery", "add", "people.esg", "carla", str(save_photo("3.png", "carla", 1)))
    assert "its operating points were measured on other templates and are dropped" in answer.err
    assert Gallery.open(people_esg).operating_points == ()


@pytest.mark.parametrize(("name", "faces"), [("carla", 0), ("car\nla", 1)])
def test_add_changes_nothing_on_an_error(
    command: Command, people_esg: Path, save_photo: Command, name: str, faces: int
) -> None:
    before = people_esg.read_bytes()
    answer = command("gallery", "add", "people.esg", name, str(save_photo("3.png", "carla", 1, faces)))
    assert (answer.code, people_esg.read_bytes()) == (2, before)


def test_add_refuses_the_gallery_of_another_embedder(
    command: Command, people_esg: Path, save_photo: Command, engine: Any
) -> None:
    engine.embedder_card = replace(engine.embedder_card, digest="cd" * 32)
    answer = command("gallery", "add", "people.esg", "carla", str(save_photo("3.png", "carla", 1)))
    assert answer.code == 2
    assert f"made with the embedder {'ab' * 16}, the embedder here is {'cd' * 16}" in answer.err


def test_a_budget_is_kept_and_said(command: Command, people_folder: Command) -> None:
    people_folder("people", {"anna": tuple(range(9)), "ben": tuple(range(4))})
    answer = command("gallery", "build", "people", "-o", "small.esg", "--budget", "1kB")
    assert answer.code == 0
    size = Path("small.esg").stat().st_size
    assert answer.out.splitlines()[1] == f"{size:,} of 1,000 bytes"
    assert 900 < size <= 1000
    counts = Gallery.open("small.esg")
    assert [len(counts.templates_of(name)) for name in ("anna", "ben")] == [5, 4]


@pytest.mark.parametrize(
    ("budget", "sentence"), [("8 sacks", "expected one such as 8000, 8kB or 8KiB"), ("100", "a budget of at least 4")]
)
def test_a_budget_that_cannot_be_is_refused(
    command: Command, people_folder: Command, budget: str, sentence: str
) -> None:
    people_folder("people", {"anna": (1,), "ben": (1,)})
    answer = command("gallery", "build", "people", "-o", "small.esg", "--budget", budget)
    assert (answer.code, Path("small.esg").exists()) == (2, False)
    assert sentence in answer.err


def test_strategy_and_outliers_are_options(command: Command, people_folder: Command, save_photo: Command) -> None:
    people_folder("people", {"anna": (1, 2, 3), "ben": (1,)})
    save_photo("people/anna/4.png", "ben", 4)
    answer = command(
        "gallery", "build", "people", "-o", "a.esg", "--reject-outliers", "--strategy", "k-medoids", "--json"
    )
    assert [skipped["photo"] for skipped in answer.report["skipped"]] == ["anna/4.png"]
    assert answer.report["bytes"] == Path("a.esg").stat().st_size
    assert answer.report["templates"] == 4


def test_people_who_look_alike_are_named(command: Command, people_esg: Path, save_photo: Command) -> None:
    save_photo("people/anne/1.png", "anna", 3)
    answer = command("gallery", "build", "people", "-o", "people.esg", "--json")
    assert [pair["names"] for pair in answer.report["look_alikes"]] == [["anna", "anne"]]
    assert "edge-siamese: 'anna' and 'anne' look alike (score 0." in answer.err


def test_a_person_with_photos_of_different_people_is_refused(
    command: Command, people_esg: Path, save_photo: Command
) -> None:
    save_photo("people/ben/3.png", "carla", 1)
    before = people_esg.read_bytes()
    answer = command("gallery", "build", "people", "-o", "people.esg")
    assert (answer.code, people_esg.read_bytes()) == (2, before)
    assert "photos of 'ben' seem to show 2 different people: ben/1.png, ben/2.png | ben/3.png" in answer.err
    answer = command("gallery", "build", "people", "-o", "people.esg", "--skip", "--json")
    assert [person["name"] for person in answer.report["people_skipped"]] == ["ben"]
    assert command("gallery", "build", "people", "-o", "people.esg", "--allow-different-faces").code == 0


def test_an_embedder_without_operating_points_is_told(
    command: Command, people_folder: Command, save_photo: Command, engine: Any
) -> None:
    people_folder("people", {"anna": (1,), "ben": (1,)})
    save_photo("people/ben/2.png", "carla", 1)
    engine.embedder_card = embedder_card(PATTERN_DIMENSION)
    answer = command("gallery", "build", "people", "-o", "people.esg")
    assert answer.code == 0
    assert "no operating point: whether photos show one person and who looks alike is not checked" in answer.err


def test_photos_of_somebody_else_are_not_added(command: Command, people_esg: Path, save_photo: Command) -> None:
    photo, before = str(save_photo("3.png", "carla", 1)), people_esg.read_bytes()
    answer = command("gallery", "add", "people.esg", "anna", photo)
    assert (answer.code, people_esg.read_bytes()) == (2, before)
    assert "the photos do not look like 'anna' in people.esg" in answer.err


def test_names_and_folders_are_checked_before_any_work(
    command: Command, save_photo: Command, delegates: list[str]
) -> None:
    save_photo("people/ada/1.png", "anna", 1)
    save_photo("people/Ada/1.png", "anna", 2)
    answer = command("gallery", "build", "people", "-o", "people.esg")
    assert (answer.code, delegates) == (2, [])
    assert "people: the names 'Ada' and 'ada' look the same; rename one of them" in answer.err


def test_folders_of_one_name_are_told(command: Command, save_photo: Command) -> None:
    save_photo("people/Zo\u00e9/1.png", "anna", 1)
    save_photo("people/Zoe\u0301/1.png", "anna", 2)
    answer = command("gallery", "build", "people", "-o", "people.esg")
    assert answer.out == "people.esg: 1 person, 1 template from 2 of 2 photos\n"
    assert "2 folders are named Zo\u00e9, spelled with different characters; they are taken as one" in answer.err
    save_photo("people/Zo\u00e9 /2.png", "anna", 3)
    answer = command("gallery", "build", "people", "-o", "people.esg")
    assert answer.out == "people.esg: 1 person, 1 template from 3 of 3 photos\n"
    assert "the name 'Zo\\xe9 ' is kept as 'Zo\u00e9'" in answer.err
    assert "several folders name 'Zo\u00e9'; their photos are taken together" in answer.err


def test_add_needs_photos(command: Command, people_esg: Path, delegates: list[str]) -> None:
    assert command("gallery", "add", "people.esg", "carla").code == 2
    assert delegates == ["xnnpack"]
