"""Every step of a verification is timed, each on input that gives it work."""

from typing import Any

import numpy as np
import pytest

from edge_siamese.rendering import Rendering
from edge_siamese_benchmarks.timing.latency import IMAGE_SIZE, sample_portrait, stages


@pytest.fixture(scope="module")
def portrait() -> Rendering:
    return sample_portrait()


def test_the_portrait_shows_one_face(portrait: Rendering) -> None:
    assert portrait.image.shape == (IMAGE_SIZE[1], IMAGE_SIZE[0], 3)
    assert portrait.landmarks.shape == (1, 5, 2)


def test_every_step_runs(engine: Any, portrait: Rendering) -> None:
    steps = {stage.name: stage.action() for stage in stages(engine, portrait, templates=7)}
    assert list(steps) == [
        "read photo",
        "detect: prepare",
        "detect: network",
        "detect: decode",
        "align",
        "embed",
        "match 7",
        "detect to match",
    ]
    assert np.shape(steps["read photo"]) == portrait.image.shape
    assert np.shape(steps["align"]) == (112, 112, 3)
    assert steps["match 7"] == steps["detect to match"]


def test_each_step_runs_only_its_own_network(engine: Any, portrait: Rendering) -> None:
    timed = {stage.name: stage.action for stage in stages(engine, portrait, templates=1)}
    networks = engine.detector.network, engine.embedder.network
    counts = {}
    for name, action in timed.items():
        before = [network.runs for network in networks]
        action()
        counts[name] = [network.runs - runs for network, runs in zip(networks, before, strict=True)]
    assert counts == {name: [0, 0] for name in timed} | {
        "detect: network": [1, 0],
        "embed": [0, 1],
        "detect to match": [1, 1],
    }
