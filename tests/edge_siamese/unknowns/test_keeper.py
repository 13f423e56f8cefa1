"""What the loop keeps, with embeddings along the axes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.decision import Outcome
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.gallery import Gallery
from edge_siamese.operating_point import OperatingPoint
from edge_siamese.rendering import Person, View, render_portrait
from edge_siamese.unknowns.keeper import UnknownKeeper
from edge_siamese.unknowns.store import KeepLimits, UnknownFaces
from edge_siamese.verifier import Verifier
from tests.doubles import ListedSource, ScriptedAnalyzer, embedder_card

CARD = embedder_card(3)
POINT = OperatingPoint(1e-3, 16_000, 9e-4, 5000, 20, 0.1, "00")
GALLERY = Gallery.empty(CARD).with_people({"Ada": np.array([[100, 0, 0]], np.int8)})
SEEDS = {"Ada": 1, "Bob": 2, "Can": 5}
VECTORS = {"Ada": (100, 0, 0), "Bob": (0, 100, 0), "Can": (0, 0, 100)}


def start(
    folder: Path, shown: Sequence[tuple[str, int]], warn: list[str]
) -> tuple[Verifier, UnknownKeeper, UnknownFaces]:
    """The loop over a video that shows people, each for a number of frames, and what keeps its unknown faces."""
    engine, store = ScriptedAnalyzer(CARD), UnknownFaces(folder)
    frames: list[RGB] = []
    for name, count in shown:
        image = render_portrait(Person.from_seed(SEEDS[name]), View(), background_seed=SEEDS[name])
        face = Face(image.boxes[0], image.landmarks[0], 0.95)
        frames += [engine.put(image.image, face, VECTORS[name])] * count
    verifier = Verifier(ListedSource(frames), engine, GALLERY, operating_point=POINT)
    store.create()
    return verifier, UnknownKeeper(store, engine, KeepLimits(), stills=False, warn=warn.append), store


def watch(folder: Path, shown: Sequence[tuple[str, int]], warn: list[str]) -> UnknownFaces:
    verifier, keeper, store = start(folder, shown, warn)
    for result in verifier:
        keeper.add(result, POINT.threshold_q15)
    return store


def test_strangers_are_kept_and_enrolled_people_are_not(tmp_path: Path) -> None:
    store = watch(tmp_path / "unknown", [("Ada", 6), ("Bob", 6), ("Can", 6), ("Bob", 6)], warn=[])
    kept = {tuple(faces[0].embedding.tolist()): len(faces) for faces in store.people().values()}
    assert set(kept) == {VECTORS["Bob"], VECTORS["Can"]}
    assert kept[VECTORS["Bob"]] >= 2


def test_a_track_that_gets_a_name_leaves_no_face(tmp_path: Path) -> None:
    verifier, keeper, store = start(tmp_path / "unknown", [("Bob", 6)], [])
    results = list(verifier)
    for result in results:
        keeper.add(result, POINT.threshold_q15)
    assert len(store.people()) == 1
    named = replace(results[-1].decision, outcome=Outcome.MATCH, identity="Ada")
    keeper.add(replace(results[-1], decision=named), POINT.threshold_q15)
    assert store.people() == {}


def test_a_folder_that_fails_does_not_stop_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    warnings: list[str] = []
    monkeypatch.setattr(UnknownFaces, "add", full)
    store = watch(tmp_path / "unknown", [("Bob", 6), ("Can", 6)], warnings)
    assert store.people() == {}
    (sentence,) = warnings
    assert "No space left on device" in sentence
