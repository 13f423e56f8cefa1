import json
from collections.abc import Callable

import numpy as np
import pytest

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.evaluation.bootstrap import PersonBootstrap
from edge_siamese.evaluation.comparisons import compare_all
from edge_siamese.evaluation.evaluator import VerificationEvaluator
from edge_siamese.intervals import upper_bound
from edge_siamese.operating_point import OperatingPoint

MakeEmbeddings = Callable[..., DatasetEmbeddings]
CARD = (
    OperatingPoint(1e-2, 9000, 9e-3, 50_000, 300, 0.1, "d"),
    OperatingPoint(1e-3, 12_000, 9e-4, 50_000, 300, 0.2, "d"),
)


def evaluator(
    embedded: DatasetEmbeddings, target_fmr: float = 1e-2, card: tuple[OperatingPoint, ...] = CARD
) -> VerificationEvaluator:
    comparisons = compare_all(embedded)
    return VerificationEvaluator(embedded, comparisons, target_fmr, PersonBootstrap(comparisons.person_count, 40), card)


def test_the_document_is_json_and_counts_every_pair(make_embeddings: MakeEmbeddings) -> None:
    embedded = make_embeddings([4] * 15, noise=1.2, without_face=[7])
    report = json.loads(json.dumps(evaluator(embedded).report(), allow_nan=False))
    assert (report["genuine_pairs"], report["impostor_pairs"]) == (90, 1680)
    scores = report["scores"]
    assert sum(scores["genuine"]) + scores["genuine_without_face"] == 90
    assert sum(scores["impostor"]) + scores["impostor_without_face"] == 1680
    assert scores["genuine_without_face"] == 3
    for table in report["slices"]:
        assert sum(row["fmr"]["of"] for row in table["rows"]) == 1680
    assert report["intervals"]["interval_95"] == "Clopper-Pearson, pairs taken as independent"


def test_thresholds_are_of_the_accuracy_this_data_and_the_card(make_embeddings: MakeEmbeddings) -> None:
    report = evaluator(make_embeddings([4] * 15, noise=1.2)).report()
    assert [(entry["source"], entry["target_fmr"]) for entry in report["thresholds"]] == [
        ("accuracy", None), ("this data", 1e-2), ("model card", 1e-2), ("model card", 1e-3),
    ]  # fmt: skip
    point, measured = report["operating_point"], report["thresholds"][1]
    assert measured["fmr"]["of"] == point["impostor_pairs"] == 1680
    assert upper_bound(measured["fmr"]["count"], 1680) == pytest.approx(point["fmr_upper_95"])
    assert point["fmr_upper_95"] <= 1e-2
    assert measured["fnmr"]["rate"] == pytest.approx(point["fnmr"])
    assert report["decision_threshold"]["source"] == "this data"


def test_without_enough_impostors_the_cards_threshold_decides(make_embeddings: MakeEmbeddings) -> None:
    measured = evaluator(make_embeddings([4] * 8), target_fmr=1e-3)
    report = measured.report()
    assert report["operating_point"] is None
    assert "needs at least 2,995 impostor pairs, found 448" in report["operating_point_rejected"]
    assert report["decision_threshold"] == {"source": "model card", "target_fmr": 1e-3, "score": 12_000 / 32768}


def test_without_a_card_the_accuracys_threshold_decides(make_embeddings: MakeEmbeddings) -> None:
    report = evaluator(make_embeddings([4] * 8), target_fmr=1e-3, card=()).report()
    assert report["decision_threshold"] == {"source": "accuracy", "target_fmr": None, "score": report["threshold"]}


def test_another_embedder_is_measured_on_the_same_pairs(make_embeddings: MakeEmbeddings) -> None:
    embedded = make_embeddings([4] * 15, noise=1.2)

    def worse(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return embedded.scores(rows, columns) // 2 + (7919 * np.add.outer(rows, columns) % 9000).astype(np.int16)

    found = evaluator(embedded).against_baseline(compare_all(embedded, worse))
    assert found["difference"]["accuracy"]["value"] > 0
    assert found["eer"] > evaluator(embedded).report()["eer"]
    assert len(found["det"]["fmr"]) == len(found["det"]["fnmr"])
