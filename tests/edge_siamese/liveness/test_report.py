import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError
from edge_siamese.frames import RGB
from edge_siamese.intervals import clopper_pearson
from edge_siamese.liveness.attempts import run_attempts
from edge_siamese.liveness.challenge import ChallengeLimits, Prompt
from edge_siamese.liveness.cues import measure_cues
from edge_siamese.liveness.report import Attempt, rates_of, read_attempts
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_background, render_crop, render_portrait
from tests.doubles import ListedSource


def attempts(kind: str, outcomes: str) -> list[Attempt]:
    names = {"a": "accepted", "r": "rejected", "n": "no_response"}
    return [
        Attempt(kind, str(number % 3), names[letter], "-", {"moire": 3.0 + number})
        for number, letter in enumerate(outcomes)
    ]


def test_rates_are_those_of_the_standard() -> None:
    genuine, worst, other = rates_of(
        [*attempts("print", "rrrar"), *attempts("genuine", "aaar"), *attempts("screen", "aarn")]
    )
    assert (genuine.kind, genuine.name, genuine.rate) == ("genuine", "BPCER", 0.25)
    assert (worst.kind, worst.name, worst.rate, worst.no_response) == ("screen", "APCER", 0.5, 1)
    assert (other.kind, other.rate, other.attempts, other.subjects) == ("print", 0.2, 5, 3)
    assert other.interval == clopper_pearson(1, 5)
    assert other.cues["moire"] == (3.0, 5.0, 7.0)


def test_attempts_are_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "pad.jsonl"
    written = attempts("print", "arn")
    path.write_text("".join(json.dumps(one.to_json()) + "\n" for one in written))
    assert read_attempts([path, path]) == written * 2


@pytest.mark.parametrize("line", ["hello", "{}", "[1]", '{"schema": "edge-siamese/pad/1", "outcome": "perhaps"}'])
def test_other_lines_are_named_by_their_number(line: str, tmp_path: Path) -> None:
    path = tmp_path / "pad.jsonl"
    path.write_text("\n" + line + "\n")
    with pytest.raises(DataError, match="line 2: expected an attempt"):
        read_attempts([path])


def test_the_report_command_names_the_worst_attack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pad.jsonl"
    every = [*attempts("print", "rrra"), *attempts("screen", "aaaa"), *attempts("genuine", "aaaa")]
    path.write_text("".join(json.dumps(one.to_json()) + "\n" for one in every))
    with pytest.raises(SystemExit) as left:
        main(["pad", "report", str(path)])
    assert left.value.code == 0
    assert "worst type of attack: screen, APCER 100.0%" in capsys.readouterr().out


def test_an_empty_file_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pad.jsonl").write_text("")
    with pytest.raises(SystemExit) as left:
        main(["pad", "report", str(tmp_path / "pad.jsonl")])
    assert left.value.code == 2
    assert "at least one attempt" in capsys.readouterr().err


@pytest.mark.parametrize(("follows", "outcome"), [(True, "accepted"), (False, "rejected")])
def test_rendered_people_before_the_camera(engine: FaceEngine, follows: bool, outcome: str) -> None:
    asked: list[Prompt] = []

    def frames() -> Iterator[RGB]:
        yaw = 0.0
        for _ in range(60):
            wanted = {Prompt.LEFT: 38.0, Prompt.RIGHT: -38.0}.get(asked[-1], 0.0) if asked and follows else 0.0
            yaw += float(np.clip(wanted - yaw, -8, 8))
            yield render_portrait(
                Person.from_seed(DEMO_SEEDS[0]), View(yaw=yaw), face_height=120.0, background_seed=1
            ).image

    limits = ChallengeLimits(turns=1, seconds=2.0)
    (result,) = run_attempts(
        ListedSource(frames()), engine, kind="genuine", subject="1", count=1, limits=limits, ask=asked.append
    )
    assert result.outcome == outcome
    assert set(result.cues) == {"moire", "saturation", "clipped", "misfit"}


def test_an_empty_room_is_no_response(engine: FaceEngine) -> None:
    empty = [render_background((320, 240), 3)] * 120
    (result,) = run_attempts(
        ListedSource(empty),
        engine,
        kind="print",
        subject="1",
        count=1,
        limits=ChallengeLimits(seconds=1.0),
        ask=lambda _: None,
    )
    assert (result.outcome, result.cues) == ("no_response", {"misfit": 0.0})


def test_a_grid_of_pixels_raises_the_moire_cue() -> None:
    crop = render_crop(Person.from_seed(DEMO_SEEDS[0]), View())
    grid = crop.copy()
    grid[::3] = np.clip(grid[::3] * 0.7, 0, 255).astype(np.uint8)
    assert measure_cues(grid).moire > 2 * measure_cues(crop).moire


def test_a_reflection_raises_the_share_of_clipped_pixels_and_gray_has_no_saturation() -> None:
    crop = render_crop(Person.from_seed(DEMO_SEEDS[0]), View())
    glossy = crop.copy()
    cv2.circle(glossy, (56, 40), 20, (255, 255, 255), -1)
    assert measure_cues(glossy).clipped > measure_cues(crop).clipped + 0.05
    gray = np.repeat(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    assert measure_cues(gray).saturation == 0.0
