"""The quality's report counts photos with a face only, and puts every component beside the score."""

import numpy as np
import pytest

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.errors import DataError
from edge_siamese.evaluation.error_reject import SHARES
from edge_siamese.identity_dataset import Photo
from edge_siamese.quality.gate import Quality
from edge_siamese.quality.score import COMPONENTS, QualityFormula
from edge_siamese_benchmarks.accuracy.quality import QualityReport, evaluate_quality

PEOPLE, PHOTOS = 12, 4
FORMULA = QualityFormula(
    {"sharpness": 4.0, "contrast": 40.0, "brightness": 130.0, "confidence": 0.9},
    dict.fromkeys(COMPONENTS, 0.0) | {"sharpness": 0.5},
)


def embedded(blurred: int, without: int = 1) -> DatasetEmbeddings:
    """People whose first photo is soft and, for the first `blurred` of them, looks like nobody; the last photos
    of the last `without` show no face."""
    rng = np.random.default_rng(0)
    centers = rng.integers(-100, 101, (PEOPLE, 64))
    embeddings = np.repeat(centers, PHOTOS, axis=0) + rng.integers(-20, 21, (PEOPLE * PHOTOS, 64))
    sharpness = np.full(PEOPLE * PHOTOS, 5.0)
    for person in range(blurred):
        embeddings[person * PHOTOS] = rng.integers(-100, 101, 64)
        sharpness[person * PHOTOS] = 0.7
    found = np.ones(PEOPLE * PHOTOS, bool)
    found[len(found) - without :] = False
    qualities = [Quality(112, float(value), 130.0, 40.0, 0.0, 0.0, 0.9) for value in sharpness]
    photos = [Photo(f"p{row // PHOTOS:02}", f"p{row // PHOTOS:02}/{row}.png") for row in range(PEOPLE * PHOTOS)]
    return DatasetEmbeddings(
        photos=photos,
        embeddings=np.clip(embeddings, -128, 127).astype(np.int8),
        found=found,
        centered=found,
        unreadable={},
        zero_point=0,
        embedder="e" * 64,
        faces=[None] * len(photos),
        qualities=[quality if there else None for quality, there in zip(qualities, found, strict=True)],
    )


@pytest.fixture
def report() -> QualityReport:
    return evaluate_quality(embedded(blurred=2), FORMULA, (1e-2, 1e-3, 1e-6))


def test_discarding_the_soft_photos_leaves_no_error(report: QualityReport) -> None:
    at = report.at_fmr[0]
    assert at.quality.fnmr[0] == pytest.approx(2 * 3 / (PEOPLE * 6 - 3))
    assert at.quality.fnmr[1:].tolist() == [0.0] * (len(SHARES) - 1)
    assert at.quality.pairs[:2].tolist() == [PEOPLE * 6 - 3, PEOPLE * 6 - 3 - 6]
    assert at.components["sharpness"].relative_area == at.quality.relative_area == at.oracle.relative_area
    assert at.components["yaw"].relative_area == pytest.approx(1.0)


def test_photos_without_a_face_are_counted_apart(report: QualityReport) -> None:
    assert (report.photos, report.not_found, report.rejected) == (PEOPLE * PHOTOS - 1, 1, {})
    assert report.percentiles[-1] == 100.0


def test_a_rate_beyond_the_impostor_pairs_is_left_out(report: QualityReport) -> None:
    assert [at.fmr for at in report.at_fmr] == [1e-2, 1e-3]
    with pytest.raises(DataError, match="needs 1,000,000 impostor pairs, found 1,012"):
        evaluate_quality(embedded(blurred=2), FORMULA, (1e-6,))


def test_the_gates_refusals_are_counted() -> None:
    blurred = embedded(blurred=0)
    blurred.qualities[0] = Quality(112, 0.1, 130.0, 40.0, 0.0, 0.0, 0.9)
    blurred.qualities[1] = Quality(10, 4.0, 130.0, 40.0, 0.0, 0.0, 0.9)
    assert evaluate_quality(blurred, FORMULA, (1e-2,)).rejected == {"blurred": 1, "too_small": 1}


def test_it_is_told_in_a_table_and_in_json(report: QualityReport) -> None:
    lines = report.text().splitlines()
    assert lines[0] == "47 photos with a face, 1 without"
    assert lines[1].startswith('rejected by the gate: none; too poor for "unknown": ')
    first = lines.index("")
    assert lines[first + 1].startswith("FNMR at FMR 0.01, discarding")
    assert [line.split()[0] for line in lines[first + 2 : first + 4 + len(COMPONENTS)]] == [
        "quality",
        *COMPONENTS,
        "oracle",
    ]
    fields = report.to_json()
    assert fields["shares"] == SHARES
    assert set(fields["at_fmr"][0]["curves"]) == {"quality", *COMPONENTS, "oracle"}
    assert len(fields["at_fmr"][0]["curves"]["yaw"]["fnmr"]) == len(SHARES)
