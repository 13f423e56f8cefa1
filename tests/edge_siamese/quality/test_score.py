"""The quality falls with every defect, and with nothing else."""

import json
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.errors import DataError
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.models import default_model
from edge_siamese.quality.gate import Quality, measure
from edge_siamese.quality.score import COMPONENTS, QualityFormula, read_formula, shipped_formula
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese.tflite.model_card import read_card

TYPICAL = {"sharpness": 4.0, "contrast": 40.0, "brightness": 135.0, "confidence": 0.95}
FORMULA = QualityFormula(TYPICAL, {name: 0.1 * (1 + index) for index, name in enumerate(COMPONENTS)})
FLAWLESS = Quality(side=112, sharpness=4.0, brightness=135.0, contrast=40.0, yaw=0.0, roll=0.0, confidence=0.95)
SEEDS = (3, 11, 25)


def portrait(seed: int, view: View | None = None) -> tuple[RGB, Face]:
    rendering = render_portrait(Person.from_seed(seed), view or View(), face_height=150.0)
    return rendering.image, Face(rendering.boxes[0], rendering.landmarks[0], 0.97)


def falling(values: list[float]) -> bool:
    return all(later < earlier for earlier, later in pairwise(values))


def test_a_flawless_face_has_a_hundred() -> None:
    assert FORMULA.score(FLAWLESS) == 100.0
    better = replace(FLAWLESS, side=500, sharpness=9.0, contrast=80.0, confidence=0.999)
    assert FORMULA.score(better) == 100.0


@pytest.mark.parametrize(
    ("component", "spoiled", "defect"),
    [
        ("size", {"side": 28}, 2.0),
        ("sharpness", {"sharpness": 0.5}, 3.0),
        ("contrast", {"contrast": 20.0}, 1.0),
        ("darkness", {"brightness": 135.0 / 16}, 4.0),
        ("brightness", {"brightness": 225.0}, 2.0),
        ("yaw", {"yaw": 0.7}, 0.7),
        ("roll", {"roll": 90.0}, 2.0),
        ("detection", {"confidence": 0.5}, math.log(19)),
    ],
)
def test_each_defect_is_what_the_formula_says(component: str, spoiled: dict[str, float], defect: float) -> None:
    quality = replace(FLAWLESS, **spoiled)
    assert FORMULA.defects(quality) == pytest.approx(dict.fromkeys(COMPONENTS, 0.0) | {component: defect})
    assert FORMULA.score(quality) == pytest.approx(100 * math.exp(-FORMULA.weights[component] * defect))


def test_defects_multiply() -> None:
    dim, soft = replace(FLAWLESS, brightness=60.0), replace(FLAWLESS, sharpness=1.0)
    both = replace(dim, sharpness=1.0)
    assert FORMULA.score(both) == pytest.approx(FORMULA.score(dim) * FORMULA.score(soft) / 100)


@given(
    st.builds(
        Quality,
        side=st.floats(0, 5000),
        sharpness=st.floats(0, 100),
        brightness=st.floats(0, 255),
        contrast=st.floats(0, 128),
        yaw=st.one_of(st.floats(0, 20), st.just(math.inf)),
        roll=st.floats(0, 180),
        confidence=st.floats(0, 1),
    ),
    st.floats(0, 1),
)
def test_it_stays_between_0_and_100_and_never_rises_with_a_defect(quality: Quality, share: float) -> None:
    score = FORMULA.score(quality)
    assert 0 <= score <= 100
    dim = quality.brightness <= TYPICAL["brightness"]
    for worse in (
        replace(quality, side=quality.side * share),
        replace(quality, sharpness=quality.sharpness * share),
        replace(quality, contrast=quality.contrast * share),
        replace(quality, yaw=quality.yaw + share),
        replace(quality, roll=quality.roll + share),
        replace(quality, confidence=quality.confidence * share),
        replace(
            quality, brightness=quality.brightness * share if dim else 255.0 - (255.0 - quality.brightness) * share
        ),
    ):
        assert FORMULA.score(worse) <= score + 1e-9


class TestShipped:
    """With the detector's score held fixed, so that only what is seen counts."""

    @pytest.mark.parametrize("seed", SEEDS)
    def test_blur_lowers_it(self, seed: int) -> None:
        image, face = portrait(seed)
        blurred = [np.asarray(cv2.GaussianBlur(image, (0, 0), width), np.uint8) for width in (1.5, 3, 6, 12)]
        assert falling([measure(shown, face).score for shown in blurred])

    @pytest.mark.parametrize("seed", SEEDS)
    def test_darkness_lowers_it(self, seed: int) -> None:
        image, face = portrait(seed)
        assert falling([measure((image * gain).astype(np.uint8), face).score for gain in (0.6, 0.3, 0.15, 0.05)])

    @pytest.mark.parametrize("seed", SEEDS)
    def test_smallness_lowers_it(self, seed: int) -> None:
        image, face = portrait(seed)
        scores = []
        for factor in (0.5, 0.3, 0.2, 0.12):
            small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            moved = replace(face, landmarks=(face.landmarks + 0.5) * np.float32(factor) - np.float32(0.5))
            scores.append(measure(np.asarray(small, np.uint8), moved).score)
        assert falling(scores)

    @pytest.mark.parametrize("seed", SEEDS)
    @pytest.mark.parametrize("side", [-1, 1])
    def test_turning_away_lowers_it(self, seed: int, side: int) -> None:
        assert falling([measure(*portrait(seed, View(yaw=side * degrees))).score for degrees in (0, 12, 24, 36, 48)])

    def test_a_tilted_head_lowers_it(self) -> None:
        assert falling([measure(*portrait(3, View(roll=degrees))).score for degrees in (0, 15, 30, 45)])

    def test_a_less_certain_detector_lowers_it(self) -> None:
        image, face = portrait(3)
        assert falling([measure(image, replace(face, score=score)).score for score in (0.97, 0.9, 0.7, 0.5)])

    def test_it_was_fitted_with_the_shipped_models(self) -> None:
        origin = shipped_formula().origin
        for task in ("embedder", "detector"):
            assert origin[task] == read_card(default_model(task)).digest, (
                "the models changed: repeat edge-siamese fit-quality FACES -o edge_siamese/models/quality.json"
            )


class TestFile:
    def write(self, path: Path, **changes: Any) -> Path:
        path.write_text(json.dumps(FORMULA.to_json() | changes))
        return path

    def test_what_is_written_is_read_again(self, tmp_path: Path) -> None:
        assert read_formula(self.write(tmp_path / "q.json")) == FORMULA

    @pytest.mark.parametrize(
        "changes",
        [
            {"schema": "edge-siamese/quality/2"},
            {"references": {"sharpness": 4.0}},
            {"weights": dict.fromkeys(COMPONENTS, -0.1)},
            {"weights": dict.fromkeys(COMPONENTS, float("nan"))},
            {"weights": None},
            {"origin": 3},
        ],
    )
    def test_what_is_wrong_is_refused_with_the_path(self, tmp_path: Path, changes: dict[str, Any]) -> None:
        with pytest.raises(DataError, match=r"q\.json: expected a quality formula"):
            read_formula(self.write(tmp_path / "q.json", **changes))

    def test_what_is_no_json_or_not_there_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "text.json").write_text("no JSON")
        for name in ("text.json", "absent.json"):
            with pytest.raises(DataError, match=name):
                read_formula(tmp_path / name)
