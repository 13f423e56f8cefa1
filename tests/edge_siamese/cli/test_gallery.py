"""``edge-siamese gallery show | check | remove``"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.gallery import Gallery

Command = Callable[..., Any]


def test_show_says_who_is_there(command: Command, people_esg: Path) -> None:
    answer = command("gallery", "show", "people.esg")
    assert answer.code == 0
    assert answer.out.startswith("people.esg: 2 people, 2 templates, embedder abab")
    assert "created: 2025-01-31T12:00:00Z" in answer.out
    assert answer.out.splitlines()[-2:] == ["anna          1", "ben           1"]


def test_show_as_json(command: Command, people_esg: Path, operating_point: Command) -> None:
    Gallery.open(people_esg).with_operating_point(operating_point(0.01, 16384)).save(people_esg)
    assert "operating point: FMR 0.01 at threshold 0.5000" in command("gallery", "show", "people.esg").out
    report = command("gallery", "show", "people.esg", "--json").report
    assert report["schema"] == "edge-siamese/gallery-show/1"
    assert (report["identities"], report["templates"], report["sequence"]) == (2, 2, 2)
    assert [(person["name"], person["templates"]) for person in report["people"]] == [("anna", 1), ("ben", 1)]
    assert report["operating_points"][0]["target_fmr"] == 0.01
    assert report["about"] == {"created": "2025-01-31T12:00:00Z"}


def test_check_passes_a_whole_gallery_and_refuses_a_damaged_one(command: Command, people_esg: Path) -> None:
    assert command("gallery", "check", "people.esg").out == "people.esg: whole: 2 people, 2 templates\n"
    assert command("gallery", "check", "people.esg", "--json").report["ok"] is True
    data = bytearray(people_esg.read_bytes())
    data[200] ^= 1
    people_esg.write_bytes(data)
    answer = command("gallery", "check", "people.esg")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("edge-siamese: people.esg: a damaged gallery: payload CRC-32: expected ")


def test_check_names_who_is_kept_too_long(command: Command, people_esg: Path, save_photo: Command) -> None:
    photo = str(save_photo("3.png", "carla", 1))
    command("gallery", "add", "people.esg", "carla", photo, "--retain-until", "2020-01-01")
    answer = command("gallery", "check", "people.esg")
    assert (answer.code, answer.err) == (0, "edge-siamese: people.esg: carla is kept beyond the last day\n")


def test_check_refuses_a_file_that_is_no_embedder(command: Command, people_esg: Path) -> None:
    answer = command("gallery", "check", "people.esg", "--embedder", "people.esg")
    assert answer.code == 2
    assert "expected a .tflite file" in answer.err


def test_remove_takes_a_person_out(command: Command, people_esg: Path) -> None:
    answer = command("gallery", "remove", "people.esg", "ben", "--json")
    assert (answer.report["removed"], answer.report["identities"], answer.report["sequence"]) == ("ben", 1, 2)
    assert Gallery.open(people_esg).names == ("anna",)


def test_removing_somebody_unknown_changes_nothing(command: Command, people_esg: Path) -> None:
    before = people_esg.read_bytes()
    answer = command("gallery", "remove", "people.esg", "bn")
    assert (answer.code, people_esg.read_bytes()) == (2, before)
    assert answer.err == "edge-siamese: people.esg: nobody is called 'bn'; did you mean 'ben'?\n"


@pytest.mark.parametrize("action", [("show",), ("check",), ("remove", "anna")])
def test_a_gallery_that_is_not_there(command: Command, delegates: list[str], action: tuple[str, ...]) -> None:
    answer = command("gallery", action[0], "absent.esg", *action[1:])
    assert answer.code == 2
    assert answer.err == "edge-siamese: absent.esg: cannot be read (No such file or directory)\n"
    assert delegates == []
