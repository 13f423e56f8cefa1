"""``edge-siamese gallery calibrate``"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.gallery import Gallery

Command = Callable[..., Any]


@pytest.fixture
def others(people_folder: Command) -> Path:
    folder: Path = people_folder("others", {f"stranger {number}": (1, 2, 3) for number in range(20)} | {"anna": (2, 3)})
    return folder


def test_the_points_are_stored_in_the_gallery(command: Command, people_esg: Path, others: Path) -> None:
    (others / "anna" / "sound.bin").write_bytes(b"\0\1\2\3")
    answer = command(
        "gallery", "calibrate", "people.esg", "others", "--target-fmr", "0.05", "--target-fmr", "0.1", "--json"
    )
    report = answer.report
    assert [(file["photo"], bool(file["reason"])) for file in report["skipped"]] == [("anna/sound.bin", True)]
    assert report["notes"] == []
    assert (report["impostor_pairs"], report["genuine_pairs"], report["enrolled_from"]) == (120, 2, 0)
    assert [point["target_fmr"] for point in report["operating_points"]] == [0.05, 0.1]
    stored = Gallery.open(people_esg)
    assert [point.to_json() for point in stored.operating_points] == report["operating_points"]
    assert stored.sequence == 2


def test_it_measures_with_the_delegate_that_will_run(
    command: Command, people_esg: Path, others: Path, delegates: list[str]
) -> None:
    command("gallery", "calibrate", "people.esg", "others", "--target-fmr", "0.05")
    command("gallery", "calibrate", "people.esg", "others", "--target-fmr", "0.05", "--delegate", "reference")
    assert delegates[1:] == ["xnnpack", "reference"]


def test_the_result_is_said_in_words(command: Command, people_esg: Path, others: Path, save_photo: Command) -> None:
    save_photo("others/stranger 1/4.png", "stranger", 4, faces=0)
    answer = command("gallery", "calibrate", "people.esg", "others", "--target-fmr", "0.05")
    assert answer.out.startswith("people.esg: FMR 0.05: threshold 0.")
    assert "120 comparisons with 20 strangers), FNMR 0.0000 of 2" in answer.out
    assert answer.err.splitlines() == [
        "edge-siamese: stranger 1/4.png: not used: shows no face",
        "edge-siamese: FNMR is of the photos of people in the gallery: those that it was made from would make it too low",
    ]


@pytest.mark.parametrize("target", ["0", "1", "-0.1"])
def test_a_rate_that_is_none_is_bad_usage(command: Command, people_esg: Path, others: Path, target: str) -> None:
    assert command("gallery", "calibrate", "people.esg", "others", "--target-fmr", target).code == 2


def test_too_few_strangers_leave_the_gallery_as_it_is(command: Command, people_esg: Path, others: Path) -> None:
    before = people_esg.read_bytes()
    answer = command("gallery", "calibrate", "people.esg", "others", "--target-fmr", "0.05", "--target-fmr", "0.001")
    assert (answer.code, people_esg.read_bytes()) == (2, before)
    assert "an FMR of 0.001 needs at least 2,995 impostor pairs, found 120: " in answer.err
    assert "1,438 more photos of strangers" in answer.err


def test_a_gallery_changed_meanwhile_is_not_overwritten(
    command: Command, people_esg: Path, others: Path, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    detect, changed = engine.detect, []

    def detect_and_change(image: Any) -> Any:
        if not changed:
            changed.append(Gallery.open(people_esg).without("ben").save(people_esg))
        return detect(image)

    monkeypatch.setattr(engine, "detect", detect_and_change)
    answer = command("gallery", "calibrate", "people.esg", "others", "--target-fmr", "0.05")
    assert answer.code == 2
    assert "it was changed while it was measured" in answer.err
    assert Gallery.open(people_esg).names == ("anna",)
