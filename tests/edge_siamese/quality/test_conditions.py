"""The condition measure: its arithmetic, what it recognizes on rendered faces, and its file."""

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.alignment import align
from edge_siamese.decision import Reason
from edge_siamese.errors import DataError
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.models import default_model
from edge_siamese.quality.conditions import (
    FEATURES,
    MEASURED,
    Condition,
    ConditionMeasure,
    condition_features,
    read_conditions,
    reason_of,
    shipped_conditions,
)
from edge_siamese.quality.gate import Quality, QualityLimits, measure, measure_crop
from edge_siamese.quality.glasses import GlassesRule
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese.rendering.conditions import CONDITIONS
from edge_siamese.tflite.model_card import read_card

LIMITS = QualityLimits()
PEOPLE = range(3600, 3620)


def portrait(seed: int) -> tuple[RGB, Face]:
    rendering = render_portrait(Person.from_seed(seed), View())
    return rendering.image, Face(rendering.boxes[0], rendering.landmarks[0], 1.0)


def recognized(name: str | None) -> list[frozenset[Condition]]:
    found = []
    for seed in PEOPLE:
        image, face = portrait(seed)
        drawn = CONDITIONS[name](image, face.landmarks, np.random.default_rng(seed)) if name else image
        found.append(measure(drawn, face).conditions)
    return found


def features_one_by_one(crop: RGB) -> list[int]:
    """The description of the module, literally."""
    log = [round(16 * float(np.log2(value + 1))) for value in range(256)]
    gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(int)
    maps = np.zeros((5, 14, 14), int)
    for row in range(14):
        for column in range(14):
            rows, columns = range(8 * row, 8 * row + 8), range(8 * column, 8 * column + 8)
            red, green, blue = (log[int(crop[np.ix_(rows, columns)][..., c].sum(dtype=int)) // 64] for c in range(3))
            across = sum(abs(gray[y, x + 1] - gray[y, x]) for y in rows for x in columns if x < 111)
            down = sum(abs(gray[y + 1, x] - gray[y, x]) for y in rows for x in columns if y < 111)
            maps[:, row, column] = (
                green,
                red - green,
                blue - green,
                log[min(255, across // 4)],
                log[min(255, down // 4)],
            )
    medians = [sorted(maps[number, 2:13, 2:12].ravel())[55] for number in range(3)]
    maps[3:] -= medians[0]
    maps[:3] -= np.array(medians)[:, None, None]
    whole = np.concatenate([maps[:3], np.abs(maps[:3]), maps[3:]])
    return [int(value) for value in (whole[..., :7] + whole[..., :6:-1]).ravel()]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_features_are_those_of_the_description(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (112, 112, 3), np.uint8)
    image, face = portrait(3600 + seed)
    for crop in (noise, align(image, face.landmarks), np.zeros_like(noise), np.full_like(noise, 255)):
        assert condition_features(crop).tolist() == features_one_by_one(crop)


def test_the_mirror_image_has_nearly_the_same_features() -> None:
    image, face = portrait(3600)
    crop = align(image, face.landmarks)
    mirrored = condition_features(np.ascontiguousarray(crop[:, ::-1])).astype(int)
    colors = 6 * FEATURES // 8
    assert np.array_equal(mirrored[:colors], condition_features(crop)[:colors])


def test_brightness_and_color_casts_hardly_change_the_features() -> None:
    image, face = portrait(3600)
    crop = align(image, face.landmarks)
    cast = np.clip(crop * np.array([0.8, 0.6, 0.5]), 0, 255).astype(np.uint8)
    assert np.abs(condition_features(cast).astype(int) - condition_features(crop)).mean() < 4


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("mask blue", Condition.MASK),
        ("mask white pleated", Condition.MASK),
        ("mask black", Condition.MASK),
        ("sunglasses black", Condition.SUNGLASSES),
        ("sunglasses square", Condition.SUNGLASSES),
        ("infrared spot", Condition.INFRARED),
        ("dark x0.1", Condition.DARK),
        ("dark x0.05", Condition.DARK),
    ],
)
def test_conditions_are_recognized_on_rendered_faces(name: str, condition: Condition) -> None:
    assert np.mean([condition in found for found in recognized(name)]) >= 0.9


@pytest.mark.parametrize("name", [None, "frames round thin", "dark x0.2"])
def test_plain_faces_have_no_condition(name: str | None) -> None:
    plain = [found - {Condition.DARK} for found in recognized(name)]
    assert sum(bool(found) for found in plain) <= 1


def test_a_condition_is_a_doubt_and_an_enrollment_rejection_and_no_rejection() -> None:
    image, face = portrait(3601)
    quality = measure(CONDITIONS["mask blue"](image, face.landmarks, np.random.default_rng(1)), face)
    assert quality.rejection(LIMITS) is None
    assert quality.doubt(LIMITS) is Reason.OCCLUDED
    assert quality.template_rejection(LIMITS) is Reason.OCCLUDED
    plain = measure(image, face)
    assert (plain.doubt(LIMITS), plain.template_rejection(LIMITS)) == (None, None)
    assert quality.shared_reason(plain) is None
    assert quality.shared_reason(quality) is Reason.OCCLUDED


def test_conditions_that_are_not_shared_do_not_prevent_a_comparison() -> None:
    masked, lit = (Quality(112, 4, 130, 40, 0, 0, 0.9, suspected=frozenset({each})) for each in ("mask", "infrared"))  # type: ignore[arg-type]
    assert masked.shared_reason(lit) is None


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        (set(), None),
        ({Condition.SUNGLASSES}, Reason.OCCLUDED),
        ({Condition.MASK, Condition.INFRARED}, Reason.INFRARED),
        ({Condition.DARK, Condition.MASK}, Reason.DARK),
    ],
)
def test_the_reason_names_the_light_first(conditions: set[Condition], reason: Reason | None) -> None:
    assert reason_of(frozenset(conditions)) is reason


def test_conditions_can_be_left_out_of_the_measurement() -> None:
    image, face = portrait(3602)
    dark = (image * 0.1).astype(np.uint8)
    crop = align(dark, face.landmarks)
    assert measure_crop(crop, face).conditions == {Condition.DARK}
    assert measure_crop(crop, face, conditions=False).conditions == frozenset()


def test_the_glasses_rules_are_those_of_the_shipped_embedder() -> None:
    digest = read_card(default_model("embedder")).digest
    rule = shipped_conditions().glasses_rule(digest)
    assert rule is not None, (
        "the embedder changed: repeat edge-siamese fit-conditions FACES -o edge_siamese/models/conditions.json"
    )
    assert rule is shipped_conditions().glasses_rule(digest[:32])
    assert shipped_conditions().glasses_rule("") is None
    assert shipped_conditions().glasses_rule("ab" * 32) is None


class TestFile:
    fields = ConditionMeasure(
        np.ones((len(MEASURED), FEATURES), np.int8),
        np.arange(len(MEASURED), dtype=np.int32),
        np.arange(len(MEASURED), dtype=np.int32) - 1,
        {"ab": GlassesRule(np.ones(4, np.int8), 100, 200)},
        {"crops": "cd"},
    ).to_json()

    def test_it_is_read_as_written(self, tmp_path: Path) -> None:
        (tmp_path / "c.json").write_text(json.dumps(self.fields))
        measure = read_conditions(tmp_path / "c.json")
        assert measure.to_json() == self.fields
        assert measure.found(np.zeros(FEATURES, np.int16)) == ({MEASURED[0]}, set(MEASURED[:2]))

    @pytest.mark.parametrize(
        ("change", "found"),
        [
            ({"schema": "edge-siamese/quality/1"}, "schema"),
            ({"conditions": {}}, "mask"),
            (
                {"conditions": {str(name): {"level": 1.5, "pair_level": 1, "weights": ""} for name in MEASURED}},
                "weights",
            ),
            ({"glasses": {"ab": {"direction": "AAAA", "level_q15": 1, "raise_q15": 30000}}}, "raise 30000"),
            ({"glasses": {"ab": {"direction": "*", "level_q15": 1, "raise_q15": 1}}}, "glasses rule"),
            ({"origin": None}, "items"),
        ],
    )
    def test_another_file_is_named(self, tmp_path: Path, change: dict[str, Any], found: str) -> None:
        (tmp_path / "c.json").write_text(json.dumps(self.fields | change))
        with pytest.raises(DataError, match=rf"c\.json: expected a condition measure .*{found}"):
            read_conditions(tmp_path / "c.json")

    def test_wrong_lengths_and_levels_are_rejected(self) -> None:
        entry = {"level": 1, "pair_level": 1, "weights": base64.b64encode(b"\1\2").decode()}
        with pytest.raises(DataError, match="number of weights 2, expected 784"):
            ConditionMeasure.from_json(self.fields | {"conditions": {str(name): entry for name in MEASURED}})

    @pytest.mark.parametrize(("content", "found"), [(None, "cannot be read"), ("not json", "Expecting value")])
    def test_a_file_that_is_none_is_one_sentence(self, tmp_path: Path, content: str | None, found: str) -> None:
        if content is not None:
            (tmp_path / "c.json").write_text(content)
        with pytest.raises(DataError, match=rf"c\.json: {found}"):
            read_conditions(tmp_path / "c.json")
