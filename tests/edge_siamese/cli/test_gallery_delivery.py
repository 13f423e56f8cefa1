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
