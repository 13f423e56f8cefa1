from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.dataset_embeddings import embed_dataset
from edge_siamese.engine import FaceEngine
from edge_siamese.evaluation.bootstrap import PersonBootstrap
from edge_siamese.evaluation.protocols import VerificationProtocol
from edge_siamese.evaluation.verification import VerificationMetrics
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.models import default_model
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese_benchmarks.comparison.accuracy import DistanceScores, measure_accuracy
from edge_siamese_benchmarks.comparison.contestants import Contestant, our_contestant, started


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four rendered people, two photos each, and one photo without a face."""
    folder = tmp_path_factory.mktemp("people")
    for seed in DEMO_SEEDS[:4]:
        (folder / str(seed)).mkdir()
        for number in range(2):
            scene = render_portrait(
                Person.from_seed(seed), View(yaw=8.0 * number), size=(240, 240), background_seed=number
            )
            cv2.imwrite(str(folder / str(seed) / f"{number}.png"), scene.image[..., ::-1])
    cv2.imwrite(str(folder / str(DEMO_SEEDS[0]) / "empty.png"), np.full((240, 240, 3), 90, np.uint8))
    return folder


def test_our_accuracy_is_that_of_evaluate(people: Path, tmp_path: Path) -> None:
    ours = our_contestant("embedder-small+detector-small")
    with IdentityDataset(people) as dataset:
        protocol = VerificationProtocol.of(dataset)
        with started([ours]) as (running, _):
            run = measure_accuracy(running, dataset, protocol, tmp_path, replicates=100)
        with FaceEngine.open(ours.files["embedder"], ours.files["detector"]) as engine:
            embedded = embed_dataset(dataset, engine, protocol.choose)
        pairs = protocol.compare(embedded)
    expected = VerificationMetrics.measure(pairs, PersonBootstrap(pairs.person_count, 100)).to_json()
    result = run.results[ours.name]
    assert result.verification is not None
    assert result.verification.to_json() == expected
    assert (result.photos, result.not_found) == (9, 1)
    assert (run.protocol, run.people, run.unreadable) == ("all-pairs", 4, 0)


def test_a_peer_that_fails_has_no_accuracy_and_the_others_have(
    people: Path, tmp_path: Path, fake_python: Callable[[str], Path]
) -> None:
    contestants = [
        Contestant("bad", "Bad", "x:Y", {}, "", python=fake_python("fault=nan,from=3")),
        Contestant("good", "Good", "x:Y", {}, "", python=fake_python("faces=1")),
        Contestant("detector", "Detector", "x:Y", {}, "", python=fake_python("embeds=0,faces=0")),
    ]
    with IdentityDataset(people) as dataset:
        protocol = VerificationProtocol.of(dataset)
        with started(contestants) as (running, _):
            run = measure_accuracy(running, dataset, protocol, tmp_path, replicates=100)
    assert sorted(run.results) == ["detector", "good"]
    assert running[0].error == "photo 3: embedding: expected finite numbers, found 4 of 4 that are not"
    assert run.results["detector"].verification is None
    assert run.results["detector"].not_found == 9
    assert run.results["good"].verification is not None


def test_scores_of_distances_fall_with_the_distance() -> None:
    vectors = np.array([[0.0, 0.0], [0.3, 0.4], [4.0, 0.0]])
    scores = DistanceScores(vectors).scores(np.arange(3), np.arange(3))
    assert scores[0].tolist() == [32767, int((4 - 0.5) / 4 * 32768), 0]
    np.testing.assert_array_equal(scores, scores.T)


def test_our_contestant_is_two_models() -> None:
    assert our_contestant("embedder+detector").name == "edge-siamese"
    assert our_contestant("embedder-tiny+detector").files["embedder"] == default_model("embedder-tiny").resolve()
    with pytest.raises(ValueError, match=r"ours: expected EMBEDDER\+DETECTOR, .*, found 'embedder'"):
        our_contestant("embedder")
