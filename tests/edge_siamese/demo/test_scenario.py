from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.demo.result import evaluate
from edge_siamese.demo.scenario import DemoScenario, empty_folder, photo_scenario
from edge_siamese.errors import DataError


def event(place: int, identity: str | None, track: int | None = 1) -> dict[str, object]:
    return {
        "event": "decision",
        "sequence": place,
        "track": track,
        "identity": identity,
        "source": "clip",
        "score": 0.5,
    }


def scenario(truth: dict[int | str, str | None]) -> DemoScenario:
    return DemoScenario(Path("a"), Path("e"), Path("clip.avi"), truth, ("Ada", "Ben"), rendered=True)


def test_right_names_wrong_names_and_named_strangers_are_told_apart() -> None:
    truth: dict[int | str, str | None] = {0: "Ada", 1: "Ben", 2: "stranger 1", 3: None}
    events = [event(0, "Ada"), event(1, "Ada"), event(2, "Ben"), event(2, None), event(3, None, track=None)]
    result = evaluate(scenario(truth), events)
    assert result.recognized == ["Ada"]
    assert [answer.place for answer in result.wrong] == [1, 2]
    assert result.strangers_named == 1
    assert len(result.answers) == 4


def test_other_events_are_no_answers() -> None:
    assert evaluate(scenario({}), [{"event": "started"}, {"event": "stopped"}]).answers == ()


def test_own_photos_are_split_into_enrolled_and_shown(tmp_path: Path) -> None:
    for person in ("a", "b", "c", "d", "once"):
        (tmp_path / "photos" / person).mkdir(parents=True)
        for number in range(1 if person == "once" else 3):
            cv2.imwrite(
                str(tmp_path / "photos" / person / f"{number}.jpg"), np.full((20, 20, 3), 40 * number, np.uint8)
            )
    result = photo_scenario(tmp_path / "photos", tmp_path / "demo")
    assert result.names == ("a", "b", "c")
    assert sorted(path.name for path in (result.enrolled / "a").iterdir()) == ["0.png", "1.png"]
    assert {place: name for place, name in result.truth.items() if name in ("a", "d")} == {
        "a/2.png": "a", "d/0.png": "d", "d/1.png": "d", "d/2.png": "d"
    }  # fmt: skip


def test_one_person_is_too_few(tmp_path: Path) -> None:
    (tmp_path / "photos" / "a").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "photos" / "a" / "1.png"), np.zeros((20, 20, 3), np.uint8))
    with pytest.raises(DataError, match="needs 2 or more people with 2 or more photos, found 0"):
        photo_scenario(tmp_path / "photos", tmp_path / "demo")


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(DataError, match="it holds other files"):
        empty_folder(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    empty_folder(folder)
    (folder / "report.html").write_text("old")
    empty_folder(folder)
    assert not (folder / "report.html").exists()
