"""Misses against size and blur, measured on rendered people."""

import json
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.cli.main import main
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError
from edge_siamese_converter.tasks.quality import limits
from edge_siamese_converter.tasks.quality.limits import GateMeasurement, measure_limits

from .conftest import PEOPLE, PHOTOS


@pytest.fixture(scope="module")
def measured(crops: np.ndarray) -> GateMeasurement:
    with pytest.MonkeyPatch.context() as patch, FaceEngine.default() as engine:
        patch.setattr(limits, "SIDES", (112.0, 40.0, 14.0))
        patch.setattr(limits, "BLURS", (0.0, 6.0))
        return measure_limits(crops, np.arange(len(crops)) // PHOTOS, np.full(len(crops), 200.0), engine, 12_000)


def test_every_photo_is_measured_at_every_level(measured: GateMeasurement) -> None:
    assert measured.people == PEOPLE
    assert [row.level for row in measured.by_side] == [112, 40, 14]
    assert {row.probes for row in (*measured.by_side, *measured.by_blur)} == {PEOPLE * PHOTOS}
    found = sum(row.probes - row.no_face for row in (*measured.by_side, *measured.by_blur))
    assert sum(row.probes for row in measured.by_sharpness) == found


def test_the_gate_measures_what_was_done_to_the_photos(measured: GateMeasurement) -> None:
    for row in measured.by_side[:2]:
        assert row.measured[1] == pytest.approx(row.level, rel=0.15)
    sharp, blurred = measured.by_blur
    assert sharp.measured[1] > 2 * blurred.measured[1]


def test_small_and_blurred_faces_are_missed_more_often(measured: GateMeasurement) -> None:
    assert measured.by_side[0].missed < measured.by_side[-1].missed
    assert measured.by_blur[0].missed < measured.by_blur[-1].missed


def test_small_crops_and_single_photos_are_no_evidence(crops: np.ndarray) -> None:
    with (
        FaceEngine.default() as engine,
        pytest.raises(DataError, match="2 or more people with 2 or more photos, found 0"),
    ):
        measure_limits(crops, np.arange(len(crops)) // PHOTOS, np.full(len(crops), 60.0), engine, 12_000)


def test_a_level_without_faces_has_no_rates() -> None:
    row = limits._summary(7.0, [None, None], "sharpness")
    assert (row.probes, row.no_face, np.isnan(row.missed)) == (2, 2, True)
    body = GateMeasurement(1, 2, (row,), (), ()).to_json()
    assert json.loads(json.dumps(body, allow_nan=False))["by_side"][0]["missed"] is None


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_prints_three_tables(
    folder: Path,
    as_json: bool,
    measured: GateMeasurement,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "measure_limits", lambda *_: measured)  # not a second time
    with pytest.raises(SystemExit) as ended:
        main(["quality-limits", str(folder), *(["--json"] if as_json else [])])
    assert not ended.value.code
    out = capsys.readouterr().out
    if as_json:
        assert json.loads(out)["people"] == PEOPLE
        assert json.loads(out)["operating_point"]["target_fmr"] <= 1e-3
    else:
        assert [block.split("  ")[0] for block in out.split("\n\n")] == [
            "side, pixels", "blur, sigma in the crop", "sharpness from",
        ]  # fmt: skip
