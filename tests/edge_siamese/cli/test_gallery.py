"""``edge-siamese gallery show | check | remove``"""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.gallery import Gallery
from edge_siamese.models import default_model

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


def test_check_passes_a_whole_gallery_and_rejects_a_damaged_one(command: Command, people_esg: Path) -> None:
    assert command("gallery", "check", "people.esg").out == "people.esg: whole: 2 people, 2 templates\n"
    assert command("gallery", "check", "people.esg", "--json").report["ok"] is True
    data = bytearray(people_esg.read_bytes())
    data[200] ^= 1
    people_esg.write_bytes(data)
    answer = command("gallery", "check", "people.esg")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(
        "edge-siamese: people.esg: a damaged gallery: one byte of the section templates changed"
    )
    (finding,) = command("gallery", "check", "people.esg", "--json").report["findings"]
    assert (finding["verdict"], finding["code"]) == ("damaged", "PAYLOAD_CRC")


def test_show_takes_the_format_as_a_word(command: Command, people_esg: Path) -> None:
    as_json = command("gallery", "show", "people.esg", "--format", "json")
    assert as_json.report == command("gallery", "show", "people.esg", "--json").report
    human = command("gallery", "show", "people.esg", "--format", "human")
    assert human.out == command("gallery", "show", "people.esg").out


@pytest.fixture
def overdue_esg(people_esg: Path) -> Path:
    """The gallery with ben kept beyond the last day, as time makes it."""
    gallery = Gallery.open(people_esg)
    entry = {"consent": "on paper, folder 7", "retain_until": "2020-01-01"}
    gallery.with_people({"ben": gallery.templates_of("ben")}, limit=None, about=entry).save(people_esg)
    return people_esg


@pytest.mark.usefixtures("overdue_esg")
def test_check_names_who_is_kept_too_long(command: Command) -> None:
    answer = command("gallery", "check", "people.esg")
    assert answer.code == 0
    assert "edge-siamese: people.esg: 'ben' is kept beyond the last day, 2020-01-01\n" in answer.err
    report = command("gallery", "check", "people.esg", "--json").report
    assert (report["ok"], report["overdue"]) == (True, ["ben"])
    assert [finding["verdict"] for finding in report["findings"]] == ["overdue"]


@pytest.mark.usefixtures("overdue_esg")
def test_show_prints_consent_and_retention(command: Command) -> None:
    lines = command("gallery", "show", "people.esg").out.splitlines()
    assert lines[-3].split() == ["name", "templates", "consent", "retain", "until"]
    assert lines[-1].split() == ["ben", "2", "on", "paper,", "folder", "7", "2020-01-01", "overdue"]
    people = command("gallery", "show", "people.esg", "--json").report["people"]
    assert [(person["overdue"], person.get("consent"), person.get("retain_until")) for person in people] == [
        (False, None, None),
        (True, "on paper, folder 7", "2020-01-01"),
    ]


def test_check_names_look_alikes(
    command: Command, people_esg: Path, save_photo: Command, operating_point: Command
) -> None:
    photo = str(save_photo("3.png", "anna", 3))
    command("gallery", "add", "people.esg", "anne", photo, "--allow-look-alike")
    answer = command("gallery", "check", "people.esg")
    assert (answer.code, answer.err.count("look-alikes are not checked")) == (0, 1)
    Gallery.open(people_esg).with_operating_point(operating_point(0.001, 13107)).save(people_esg)
    answer = command("gallery", "check", "people.esg")
    assert answer.code == 0
    assert answer.err.startswith("edge-siamese: people.esg: 'anna' and 'anne' look alike (score 0.")
    report = command("gallery", "check", "people.esg", "--json").report
    assert [pair["names"] for pair in report["look_alikes"]] == [["anna", "anne"]]
    assert report["look_alikes_checked"] is True


def test_check_rejects_a_gallery_of_another_embedder(command: Command, people_esg: Path) -> None:
    answer = command("gallery", "check", "people.esg", "--embedder", str(default_model("embedder")), "--json")
    assert answer.code == 2
    assert [finding["verdict"] for finding in answer.report["findings"]] == ["other_embedder"]


@pytest.mark.parametrize(
    ("spoil", "verdict"),
    [
        (lambda data: b"dear somebody", "not_a_gallery"),
        (lambda data: b"", "not_a_gallery"),
        (lambda data: data[:100], "damaged"),
        (lambda data: newer(data), "newer_version"),
        (None, "unreadable"),
    ],
)
def test_check_has_one_result_for_each_fault(command: Command, people_esg: Path, spoil: Any, verdict: str) -> None:
    data = people_esg.read_bytes()
    people_esg.unlink()
    if spoil:
        people_esg.write_bytes(spoil(data))
    answer = command("gallery", "check", "people.esg", "--json")
    (finding,) = answer.report["findings"]
    assert (answer.code, answer.report["ok"], finding["verdict"]) == (2, False, verdict)
    assert finding["sentence"].startswith("people.esg: ")
    said = command("gallery", "check", "people.esg")
    assert (said.code, said.out, said.err) == (2, "", f"edge-siamese: {finding['sentence']}\n")


def newer(data: bytes) -> bytes:
    """The gallery, with format version 2."""
    header = data[:4] + (2).to_bytes(2, "little") + data[6:60]
    return header + zlib.crc32(header).to_bytes(4, "little") + data[64:]


def test_check_rejects_a_file_that_is_no_embedder(command: Command, people_esg: Path) -> None:
    answer = command("gallery", "check", "people.esg", "--embedder", "people.esg")
    assert answer.code == 2
    assert "expected a .tflite file" in answer.err


def test_remove_takes_a_person_out(command: Command, people_esg: Path) -> None:
    answer = command("gallery", "remove", "people.esg", "ben", "--json")
    assert (answer.report["removed"], answer.report["identities"], answer.report["sequence"]) == ("ben", 1, 2)
    assert Gallery.open(people_esg).names == ("anna",)


def test_removing_the_last_person_leaves_an_empty_gallery(command: Command, people_esg: Path) -> None:
    command("gallery", "remove", "people.esg", "ben")
    answer = command("gallery", "remove", "people.esg", "anna")
    assert answer.out == "people.esg: anna is removed; nobody is left\n"
    assert command("gallery", "check", "people.esg").code == 0
    assert command("gallery", "show", "people.esg").out.startswith("people.esg: 0 people, 0 templates")
    assert command("gallery", "remove", "people.esg", "anna").code == 2


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
