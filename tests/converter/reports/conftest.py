"""A run that is finished, without having been trained."""

import numpy as np
import pytest

from edge_siamese_converter.evaluation.evaluate import Threshold, evaluate
from edge_siamese_converter.evaluation.scoring import by_similarity, score_pairs
from edge_siamese_converter.reports.run_report import DataAccount, Parity, Portion, Published, RunArrays, RunReport

NAMES = ["<b>Ada</b>", *(f"person {number}" for number in range(1, 8))]


def _embeddings() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(8), 5)
    vectors = rng.normal(size=(8, 16))[labels] + 0.9 * rng.normal(size=(40, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), np.rint(100 * vectors).astype(np.int8), labels


@pytest.fixture(scope="session")
def arrays() -> RunArrays:
    vectors, quantized, labels = _embeddings()
    index = np.stack(np.triu_indices(40, 1), axis=1)
    scores, int8_scores = (
        score_pairs(by_similarity(each.astype(np.float32)), index, labels).scores.astype(np.float32)
        for each in (vectors, quantized)
    )
    thumbnails = np.random.default_rng(1).integers(0, 256, (40, 12, 10, 1)).astype(np.uint8)
    paths = [f"{NAMES[number]}/{row}.png" for row, number in enumerate(labels)]
    return RunArrays(
        vectors, labels, NAMES, paths, thumbnails, index, scores, int8_embeddings=quantized, int8_scores=int8_scores
    )


@pytest.fixture(scope="session")
def report(arrays: RunArrays) -> RunReport:
    threshold = Threshold(0.3, "six validation people")
    floating, quantized = (
        evaluate(
            arrays.score(int8=int8), arrays.labels, NAMES, pairs=arrays.scored_pairs(int8=int8), threshold=threshold,
            replicates=10,
        )[0]
        for int8 in (False, True)
    )  # fmt: skip
    return RunReport(
        title="a recipe on <some> people",
        summary="One sentence.",
        recipe='name = "a recipe"\n[network]\nname = "hani"',
        command="edge-siamese train --recipe a",
        environment={"Python": "3.11"},
        network={"parameters": "188,299"},
        data=DataAccount(
            source="folders in faces.zip",
            portions=(Portion(name="training", classes=9, images=90), Portion(name="test", classes=8, images=40)),
            digest="ab" * 32,
            skipped={"x/1.png": "damaged & empty"},
        ),
        protocol="All pairs of people it never saw.",
        curves=tuple({"epoch": float(epoch), "loss": 1 / epoch, "auc": 0.9} for epoch in (1, 2, 3)),
        best_epoch=2,
        float_metrics=floating,
        int8_metrics=quantized,
        parity=Parity(cosine_mean=0.999, cosine_p1=0.99, auc_loss=0.001, allowed_auc_loss=0.002),
        published=Published(source="somebody", metrics={"auc": 0.7, "eer": 0.01}),
    )
