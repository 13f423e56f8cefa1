"""``edge-siamese gallery install | rollback``"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge_siamese.gallery import Gallery

Command = Callable[..., Any]


def test_a_gallery_is_installed_and_rolled_back(command: Command, people_esg: Path) -> None:
    answer = command("gallery", "install", "people.esg", "slots")
    assert (answer.code, answer.out) == (0, "slots/a.esg: sequence 1 installed: 2 people, 2 templates\n")
    assert "was installed already" in command("gallery", "install", "people.esg", "slots").out
    Gallery.open(people_esg).without("ben").save(people_esg)
    report = command("gallery", "install", "people.esg", "slots", "--json").report
    assert (report["sequence"], report["previous"], report["changed"]) == (2, 1, True)
    assert command("gallery", "show", "slots").out.startswith("slots: 1 person, 1 template")
    assert command("gallery", "check", "slots").code == 0
    assert command("gallery", "rollback", "slots").out == "slots/a.esg: sequence 1 used again: 2 people, 2 templates\n"
    answer = command("gallery", "install", "people.esg", "slots")
    assert (answer.code, "it was rolled back before" in answer.err) == (2, True)
    assert command("gallery", "rollback", "slots").code == 2


def test_faces_are_identified_with_the_slot_in_use(command: Command, people_esg: Path, save_photo: Command) -> None:
    photo = str(save_photo("1.png", "anna", 3))
    command("gallery", "install", "people.esg", "slots")
    assert "anna" in command("identify", photo, "--gallery", "slots").out
    answer = command("enroll", "carl", photo, "--gallery", "slots")
    assert (answer.code, "a folder, which is not changed" in answer.err) == (2, True)


def test_a_patch_is_made_applied_and_installed(command: Command, people_esg: Path) -> None:
    command("gallery", "install", "people.esg", "slots")
    Path("old.esg").write_bytes(people_esg.read_bytes())
    Gallery.open(people_esg).without("ben").save(people_esg)
    answer = command("gallery", "diff", "old.esg", "people.esg", "-o", "update.esp")
    assert (answer.code, answer.out.startswith("update.esp: ")) == (0, True)
    assert command("gallery", "patch", "old.esg", "update.esp", "-o", "new.esg").out == (
        "new.esg: sequence 2: 1 person, 1 template\n"
    )
    assert Path("new.esg").read_bytes() == people_esg.read_bytes()
    assert command("gallery", "install", "update.esp", "slots").code == 0
    answer = command("gallery", "patch", "people.esg", "update.esp", "-o", "other.esg")
    assert (answer.code, "a patch of another gallery" in answer.err, Path("other.esg").exists()) == (2, True, False)
    answer = command("gallery", "patch", "old.esg", "people.esg", "-o", "other.esg")
    assert (answer.code, "not a patch" in answer.err) == (2, True)
