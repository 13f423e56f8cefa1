"""``edge-siamese gallery describe | erase | export | merge | split | audit``"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.gallery import Gallery

Command = Callable[..., Any]


def test_consent_and_last_day_are_set(command: Command, people_esg: Path) -> None:
    answer = command("gallery", "describe", "people.esg", "--person", "ben", "--retain-until", "2999-12-31")
    assert (answer.code, answer.out) == (0, "people.esg: ben: retain until 2999-12-31\n")
    answer = command("gallery", "describe", "people.esg", "--consent", "folder 7", "--json")
    assert answer.report["about"] == {"consent": "folder 7"}
    metadata = Gallery.open(people_esg).metadata
    assert (metadata["consent"], metadata["people"]) == ("folder 7", {"ben": {"retain_until": "2999-12-31"}})
    assert command("gallery", "describe", "people.esg").code == 2
    assert (
        "nobody is called 'bem'"
        in command("gallery", "describe", "people.esg", "--person", "bem", "--consent", "x").err
    )


def test_a_person_is_erased_with_a_proof(command: Command, people_esg: Path) -> None:
    command("gallery", "split", "people.esg", "anna", "-o", "anna.esg")
    report = command("gallery", "erase", "ben", "people.esg", "anna.esg", "--json").report
    assert (report["found"], [file["path"] for file in report["files"]]) == (0, ["people.esg"])
    assert report["without"] == ["anna.esg"]
    assert b"ben" not in people_esg.read_bytes()
    answer = command("gallery", "erase", "anna", "people.esg")
    assert answer.out.splitlines()[0].startswith("anna: erased; ")


def test_a_person_is_exported(command: Command, people_esg: Path) -> None:
    assert command("gallery", "export", "people.esg", "ben", "-o", "ben.json").out == "ben.json: ben, 1 template\n"
    document = json.loads(Path("ben.json").read_text())
    assert (document["schema"], document["name"]) == ("edge-siamese/gallery-person/1", "ben")


def test_a_gallery_is_split_and_merged(command: Command, people_esg: Path) -> None:
    assert command("gallery", "split", "people.esg", "ben", "-o", "ben.esg").out == "ben.esg: 1 person, 1 template\n"
    report = command("gallery", "merge", "people.esg", "ben.esg", "-o", "all.esg", "--json").report
    assert report["identities"] == 2


def test_an_audit_log_is_checked(command: Command, people_esg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_SIAMESE_TRUST_AUDIT_LOG", "audit.jsonl")
    command("gallery", "remove", "people.esg", "ben")
    answer = command("gallery", "audit", "audit.jsonl")
    assert (answer.code, answer.out.startswith("audit.jsonl: 1 entry, last hash ")) == (0, True)
    Path("audit.jsonl").write_text(Path("audit.jsonl").read_text().replace("write", "wrote"))
    assert "line 1: the entry was changed" in command("gallery", "audit", "audit.jsonl").err


def test_a_gallery_is_migrated_from_kept_crops(command: Command, people_esg: Path, people_folder: Command) -> None:
    people_folder("photos", {"anna": (1, 2), "ben": (1,)})
    assert command("gallery", "crops", "photos", "-o", "crops").out == "crops: 3 crops of 2 people\n"
    answer = command("gallery", "migrate", "people.esg", "crops", "-o", "new.esg")
    assert (answer.code, answer.out) == (0, "new.esg: 2 people, 2 templates\n")
    answer = command("gallery", "migrate", "people.esg", "photos", "-o", "other.esg", "--json")
    assert (answer.code, Path("other.esg").exists()) == (2, False)


def test_a_gallery_is_reduced_to_4_bits(command: Command, people_esg: Path, people_folder: Command) -> None:
    answer = command("gallery", "reduce", "people.esg", "-o", "small.esg")
    assert (answer.code, answer.out) == (0, "small.esg: 2 people, 2 templates of 4 bits\n")
    whole, small = Gallery.open("people.esg"), Gallery.open("small.esg")
    saved = people_esg.stat().st_size - Path("small.esg").stat().st_size
    assert saved == whole.templates.size // 2
    assert command("gallery", "check", "small.esg").code == 0
    assert command("gallery", "reduce", "small.esg", "-o", "again.esg", "--json").report["bits"] == 4
    np.testing.assert_array_equal(Gallery.open("again.esg").templates, small.templates)
    people_folder("photos", {"carl": (1,)})
    command("gallery", "add", "small.esg", "carl", *map(str, Path("photos/carl").iterdir()))
    assert Gallery.open("small.esg").names == ("anna", "ben", "carl")
