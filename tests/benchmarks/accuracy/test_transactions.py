import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.decision import Decision, Outcome, Reason, undecided
from edge_siamese.face_result import FaceResult
from edge_siamese.faces import Face
from edge_siamese.frames import Frame
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese_benchmarks.accuracy.transactions import TransactionResult, Visit, moved

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 30, 3)).astype(np.uint8)
MATCH = Decision(Outcome.MATCH, Reason.OK, "Ada", 20_000, None, 10_000)


def result(sequence: int, decision: Decision, *, face: bool = True) -> FaceResult:
    frame = Frame(IMAGE, sequence, sequence, "visits")
    found = Face(np.zeros(4, np.float32), np.zeros((5, 2), np.float32), 1.0) if face else None
    return FaceResult(frame, found, 0, 1, decision, False, 0)


def test_a_moved_photo_is_the_same_every_time_and_another_at_every_step() -> None:
    assert moved(IMAGE, 1, 2).shape == (320, 320, 3)
    np.testing.assert_array_equal(moved(IMAGE, 1, 2), moved(IMAGE, 1, 2))
    assert np.abs(moved(IMAGE, 1, 2).astype(int) - moved(IMAGE, 1, 3)).mean() > 1


def test_the_time_to_the_decision_begins_with_the_first_face() -> None:
    visit = Visit()
    for sequence, decision in ((5, None), (6, undecided(Reason.MORE_VIEWS)), (8, MATCH), (9, MATCH)):
        visit.add(result(sequence, decision or undecided(Reason.NO_FACE), face=decision is not None))
    assert (visit.names, visit.decided_after) == ({"Ada"}, 3)


def test_rates_have_exact_intervals() -> None:
    report = TransactionResult("run", 10, 9, 0, 20, 0, 1, 100, 20, (1, 1, 7)).to_json()
    assert report["named_rightly"] == 0.9
    assert report["fpir_interval"] == [0.0, pytest.approx(1 - 0.025 ** (1 / 20), rel=1e-6)]
    assert report["faces_per_embedding"] == 5.0
    assert report["seconds_to_decision"] == {"median": 0.1, "p90": 0.7}


def test_visits_go_through_the_loop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for person in range(3):
        (tmp_path / f"p{person}").mkdir()
        for number in range(3):
            view = View.random(np.random.default_rng((person, number)), difficulty=0.4)
            portrait = render_portrait(Person.from_seed(3600 + person), view, background_seed=number)
            cv2.imwrite(str(tmp_path / f"p{person}" / f"{number}.png"), portrait.image[..., ::-1])
    with pytest.raises(SystemExit) as ended:
        main(
            ["bench", "transactions", str(tmp_path), "--people", "2", "--photos", "2", "--frames", "10", "--target-fpir", "0.01",
             "--visits", "4", "--json"]
        )  # fmt: skip
    assert not ended.value.code
    report = json.loads(capsys.readouterr().out)
    sparse, every = report["results"]
    assert (sparse["policy"], every["policy"]) == ("run", "every face")
    assert sparse["enrolled_visits"] + sparse["stranger_visits"] == 4
    assert sparse["named_rightly"] == every["named_rightly"] == 1.0
    assert every["faces_per_embedding"] < 1.2
    assert sparse["faces_per_embedding"] > 3
