"""Every stage from the camera to the decision is timed, each on input that gives it work."""

from typing import Any

import numpy as np
import pytest

from edge_siamese.decision import Decision
from edge_siamese.rendering import Rendering
from edge_siamese_benchmarks.timing.latency import (
    CAMERA_TO_DECISION,
    DETECT_PARTS,
    IMAGE_SIZE,
    STAGES,
    latency_actions,
    sample_portrait,
)


@pytest.fixture(scope="module")
def portrait() -> Rendering:
    return sample_portrait()


def test_the_portrait_shows_one_face(portrait: Rendering) -> None:
    assert portrait.image.shape == (IMAGE_SIZE[1], IMAGE_SIZE[0], 3)
    assert portrait.landmarks.shape == (1, 5, 2)


def test_every_stage_runs(engine: Any, portrait: Rendering) -> None:
    results = {name: action() for name, action in latency_actions(engine, portrait, templates=7).items()}
    assert results.keys() == {*STAGES, *DETECT_PARTS, CAMERA_TO_DECISION}
    assert np.shape(results["capture"]) == portrait.image.shape  # type: ignore[arg-type]
    assert np.shape(results["align"]) == (112, 112, 3)  # type: ignore[arg-type]
    assert isinstance(results["decide"], Decision)
    assert results["decide"] == results[CAMERA_TO_DECISION]


def test_each_stage_runs_only_its_own_network(engine: Any, portrait: Rendering) -> None:
    actions = latency_actions(engine, portrait, templates=1)
    networks = engine.detector.network, engine.embedder.network
    counts = {}
    for name, action in actions.items():
        before = [network.runs for network in networks]
        action()
        counts[name] = [network.runs - runs for network, runs in zip(networks, before, strict=True)]
    assert counts == {name: [0, 0] for name in actions} | {
        "detect": [1, 0],
        "detect: network": [1, 0],
        "embed": [0, 1],
        CAMERA_TO_DECISION: [1, 1],
    }
