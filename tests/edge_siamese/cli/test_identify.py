"""``edge-siamese identify``"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.gallery import Gallery

Command = Callable[..., Any]


@pytest.fixture
def calibrated(people_esg: Path, operating_point: Command) -> Path:
    """The gallery with operating points for FMR 0.001 and 0.01."""
    gallery = Gallery.open(people_esg)
    for rate, threshold in ((0.001, 20000), (0.01, 16384)):
        gallery = gallery.with_operating_point(operating_point(rate, threshold))
    gallery.save(people_esg)
    return people_esg


def test_every_face_is_named_or_unknown(command: Command, calibrated: Path, save_photo: Command) -> None:
    photos = [save_photo("a.png", "anna", 7, 2), save_photo("e.png", "eve", 1), save_photo("n.png", "eve", 2, faces=0)]
    answer = command("identify", *map(str, photos), "--gallery", "people.esg", "--target-fpir", "0.02", "--json")
    assert answer.code == 0
    report = answer.report
    assert report["schema"] == "edge-siamese/identify/1"
    said = [(Path(r["photo"]).name, r["face"], r["decision"], r["reason"], r["identity"]) for r in report["results"]]
    assert said == [
        ("a.png", 0, "match", "ok", "anna"),
        ("a.png", 1, "match", "ok", "anna"),
        ("e.png", 0, "unknown", "below_threshold", None),
        ("n.png", None, "undecided", "no_face", None),
    ]
    first, *_, none = report["results"]
    assert first["score"] >= first["threshold"] == 0.5
    assert 0 < first["margin"] <= 2
    assert first["box"] == [8.0, 8.0, 100.0, 100.0]
    assert (none["score"], none["box"], none["candidates"]) == (None, None, [])


def test_as_many_candidates_as_asked_for(command: Command, calibrated: Path, save_photo: Command) -> None:
    photo = str(save_photo("a.png", "anna", 7))
    arguments = ("identify", photo, "--gallery", "people.esg", "--top-k")
    assert [len(command(*arguments, k, "--json").report["results"][0]["candidates"]) for k in "123"] == [1, 2, 2]
    lines = command(*arguments, "2").out.splitlines()
    assert lines[1].split()[1:3] == ["0", "anna"]
    assert f"{photo} face 0: 1. anna 0." in lines[2]
    assert f"{photo} face 0: 2. ben " in lines[3]


def test_the_operating_point_is_said(command: Command, calibrated: Path, save_photo: Command) -> None:
    photo = str(save_photo("a.png", "anna", 7))
    answer = command("identify", photo, "--gallery", "people.esg", "--target-fpir", "0.02", "--json")
    assert answer.err == (
        "edge-siamese: operating point of the gallery: FMR 0.01 for one comparison, threshold 0.5000\n"
    )
    used = answer.report["operating_point"]
    assert (used["of"], used["target_fmr"], used["required_fmr"], used["sufficient"]) == ("gallery", 0.01, 0.01, True)


def test_a_weaker_point_than_asked_is_said_to_be_one(command: Command, calibrated: Path, save_photo: Command) -> None:
    photo = str(save_photo("a.png", "anna", 7))
    answer = command("identify", photo, "--gallery", "people.esg", "--json")
    assert "FMR 0.001 for one comparison, threshold 0.6104" in answer.err
    assert "weaker than the FMR 0.0005 that an FPIR of 0.001 with 2 people takes: the FPIR is up to 0.002" in answer.err
    assert answer.report["operating_point"]["sufficient"] is False


def test_the_models_point_serves_a_gallery_without_one(
    command: Command, people_esg: Path, save_photo: Command, engine: Any, operating_point: Command
) -> None:
    photo = str(save_photo("a.png", "anna", 7))
    engine.embedder_card = replace(engine.embedder_card, operating_points=())
    answer = command("identify", photo, "--gallery", "people.esg")
    assert answer.code == 2
    assert "gallery calibrate" in answer.err
    engine.embedder_card = replace(engine.embedder_card, operating_points=(operating_point(0.0001, 16384),))
    answer = command("identify", photo, "--gallery", "people.esg")
    assert (answer.code, "operating point of the model: FMR 0.0001" in answer.err) == (0, True)


@pytest.mark.parametrize(
    ("people", "code"), [(("anna", "ben"), 0), (("anna", "eve"), 3), (("nobody",), 3), (("anna", "nobody"), 3)]
)
def test_exit_status(
    command: Command, calibrated: Path, save_photo: Command, people: tuple[str, ...], code: int
) -> None:
    photos = [str(save_photo(f"{name}.png", name, 7, int(name != "nobody"))) for name in people]
    assert command("identify", *photos, "--gallery", "people.esg").code == 0
    assert command("identify", *photos, "--gallery", "people.esg", "--exit-status").code == code


def test_a_photo_that_cannot_be_read_is_named_and_the_others_are_answered(
    command: Command, calibrated: Path, save_photo: Command
) -> None:
    photos = [str(save_photo(f"{name}.png", name, 7)) for name in ("anna", "ben")]
    Path("broken.jpg").write_bytes(b"\xff\xd8\xff cut")
    asked = (photos[0], "broken.jpg", "absent.png", photos[1])
    answer = command("identify", *asked, "--gallery", "people.esg", "--exit-status", "--json")
    assert answer.code == 2
    assert [result["photo"] for result in answer.report["results"]] == photos
    failed = {each["photo"]: each["reason"] for each in answer.report["failed"]}
    assert list(failed) == ["broken.jpg", "absent.png"]
    assert failed["absent.png"].startswith("absent.png: cannot be read")
    assert "edge-siamese: broken.jpg: " in answer.err
    plain = command("identify", *photos, "absent.png", "--gallery", "people.esg")
    assert (plain.code, len(plain.out.splitlines())) == (2, 3)


def test_without_any_photo_that_can_be_read_there_is_no_table(command: Command, calibrated: Path) -> None:
    answer = command("identify", "absent.png", "--gallery", "people.esg")
    assert (answer.code, answer.out) == (2, "")


def test_the_gallery_of_another_embedder(command: Command, calibrated: Path, save_photo: Command, engine: Any) -> None:
    engine.embedder_card = replace(engine.embedder_card, digest="cd" * 32)
    answer = command("identify", str(save_photo("a.png", "anna", 7)), "--gallery", "people.esg")
    assert answer.code == 2
    assert f"{'ab' * 16}, the embedder here is {'cd' * 16}" in answer.err


def test_somebody_overdue_is_not_named(command: Command, calibrated: Path, save_photo: Command) -> None:
    gallery = Gallery.open(calibrated)
    points = gallery.operating_points
    about = {"retain_until": "2020-01-01"}
    kept = gallery.with_people({"anna": gallery.templates_of("anna")}, limit=None, about=about)
    replace(kept, operating_points=points).save(calibrated)
    photo = str(save_photo("a.png", "anna", 7))
    answer = command("identify", photo, "--gallery", "people.esg", "--top-k", "2", "--json")
    (result,) = answer.report["results"]
    assert (result["decision"], result["reason"], result["identity"]) == ("undecided", "overdue", None)
    assert [candidate["identity"] for candidate in result["candidates"]] == ["ben"]
    said = command("identify", photo, "--gallery", "people.esg", "--exit-status")
    assert said.code == 3
    assert "undecided (overdue)" in said.out
    assert "anna" not in said.out.replace(photo, "")
