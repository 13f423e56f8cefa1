import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from edge_siamese.cli.gallery_risk import risk
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.risk import find_lambs, gallery_risk, person_risk
from edge_siamese.operating_point import OperatingPoint
from tests.doubles import embedder_card

RNG = np.random.default_rng(5)
CENTERS = RNG.integers(-100, 101, (30, 64)).astype(np.int8)


def gallery(extra: dict[str, np.ndarray] | None = None) -> Gallery:
    people = {f"p{row:02}": CENTERS[row][None] for row in range(30)}
    return Gallery.empty(embedder_card(64)).with_people(people | (extra or {}), limit=None)


def noisy(row: int, noise: int) -> np.ndarray:
    return np.clip(CENTERS[row].astype(int) + RNG.integers(-noise, noise + 1, 64), -128, 127).astype(np.int8)[None]


def with_points(made: Gallery, point: Callable[..., OperatingPoint]) -> Gallery:
    return made.with_operating_point(point(1e-5, 31000)).with_operating_point(point(2e-4, 24000))


def test_a_person_under_two_names_and_a_look_alike_are_distinguished(
    operating_point: Callable[..., OperatingPoint],
) -> None:
    made = gallery({"twice": noisy(3, 5), "twin": noisy(4, 60)})
    found = gallery_risk(with_points(made, operating_point), None)
    assert [(pair.first, pair.second) for pair in found.duplicates] == [("p03", "twice")]
    assert [(pair.first, pair.second) for pair in found.look_alikes] == [("p04", "twin")]
    assert found.ceiling == found.duplicates[0]
    assert len(found.sentences) == 2
    assert "probably one person" in found.sentences[0]


def test_without_a_risk_the_highest_pair_is_still_reported(operating_point: Callable[..., OperatingPoint]) -> None:
    made = with_points(gallery(), operating_point)
    found = gallery_risk(made, None)
    assert (found.duplicates, found.look_alikes, found.lambs) == ([], [], [])
    scores = made.scores_of(made.templates).astype(int)
    np.fill_diagonal(scores, -32768)
    assert found.ceiling is not None
    assert found.ceiling.score == scores.max()


def test_a_person_near_the_middle_of_all_is_a_lamb() -> None:
    center = CENTERS.astype(int).sum(axis=0)
    middle = (100 * center / np.abs(center).max()).astype(np.int8)[None]
    assert [lamb.name for lamb in find_lambs(gallery({"lamb": middle}))] == ["lamb"]
    assert find_lambs(gallery()) == []
    few = Gallery.empty(embedder_card(64)).with_people({"a": CENTERS[:1], "b": CENTERS[1:2]})
    assert find_lambs(few) == []


def test_a_new_person_is_compared_before_enrollment(operating_point: Callable[..., OperatingPoint]) -> None:
    made = with_points(gallery(), operating_point)
    other, same = person_risk(made, "new", noisy(7, 5), None)
    assert other is not None
    assert (other.second, same) == ("p07", True)
    assert person_risk(made, "p07", noisy(7, 5), None) == (None, False)
    assert person_risk(gallery(), "new", noisy(7, 5), None) == (None, False)


def test_the_command_reports_and_can_fail(operating_point: Callable[..., OperatingPoint], tmp_path: Path) -> None:
    path = tmp_path / "a.esg"
    with_points(gallery({"twice": noisy(3, 5)}), operating_point).save(path)
    answer = CliRunner().invoke(risk, [str(path), "--exit-status"])
    assert answer.exit_code == 3, answer.output
    assert "'p03' and 'twice' are probably one person" in answer.stdout
    report = json.loads(CliRunner().invoke(risk, [str(path), "--json"]).stdout)
    assert report["duplicates"][0]["names"] == ["p03", "twice"]
    Gallery.empty(embedder_card(64)).save(tmp_path / "empty.esg")
    answer = CliRunner().invoke(risk, [str(tmp_path / "empty.esg")])
    assert (answer.exit_code, "no risk found among 0 people" in answer.stdout) == (0, True), answer.output
