"""Accuracy on photos that the gallery was not made from."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.writer import encode
from edge_siamese.gallery.templates.budget import sizes_of
from edge_siamese.gallery.templates.selection import Choice, with_selected
from edge_siamese_converter.template_selection.accuracy import STRATEGIES, Trial, accuracy_curve
from edge_siamese_converter.template_selection.curve import write_curve
from edge_siamese_converter.template_selection.photos import Photos

People = Callable[..., Photos]
COUNTS = {f"person {number}": 6 for number in range(8)} | {"once": 1}


def test_no_photo_is_on_two_sides(photos: People) -> None:
    everybody = photos(COUNTS)
    trial = Trial.of(everybody, 1e-3)
    assert len(trial.enrollment.people) == 6
    assert [len(indices) for indices in trial.enrollment.people.values()] == [3] * 6
    assert (len(trial.probes), len(trial.strangers)) == (18, 2 * 6 + 1)
    sides = [trial.probes, trial.strangers, *trial.enrollment.templates().values()]
    indices = [row.tobytes() for side in sides for row in side]
    assert len(indices) == len(set(indices)) == len(everybody.embeddings)
    assert np.array_equal(Trial.of(everybody, 1e-3).probes, trial.probes)


@pytest.mark.parametrize("counts", [{"anna": 5}, {"anna": 5, "ben": 5}, {"anna": 1, "ben": 1, "carla": 1}])
def test_too_few_people_are_refused(photos: People, counts: dict[str, int]) -> None:
    with pytest.raises(DataError, match="at least two people with two photos, and another person as a stranger"):
        Trial.of(photos(counts), 1e-3)


def test_what_is_measured_is_what_was_enrolled(photos: People, card: Any) -> None:
    trial = Trial.of(photos(COUNTS, spread=3), 1e-3)
    first = {name: Choice((0,), ()) for name in trial.enrollment.people}
    point = trial.measure("first", first)
    assert (point.rank1, point.named_rightly, point.named_wrongly, point.strangers_named) == (1, 1, 0, 0)
    assert point.threshold == 0.5
    gallery = with_selected(Gallery.empty(card), trial.enrollment.templates(), first)
    assert point.bytes == sizes_of(gallery)(6) == len(encode(gallery))


def test_the_curve_has_every_strategy_at_every_budget(photos: People) -> None:
    trial = Trial.of(photos(COUNTS, spread=60), 1e-3)
    curve = accuracy_curve(trial, points=4)
    by_strategy = {strategy: [p for p in curve if p.strategy == strategy] for strategy in STRATEGIES}
    (mean,) = by_strategy.pop("mean")
    assert (mean.templates, mean.bytes) == (6, by_strategy["greedy"][0].bytes)
    assert mean.rank1 >= by_strategy["greedy"][0].rank1
    assert {len(points) for points in by_strategy.values()} == {4}
    for points in by_strategy.values():
        assert points[0].templates == 6
        assert points[-1].templates == 18
        assert points[-1].rank1 == by_strategy["greedy"][-1].rank1
        assert points[-1].rank1 + 1e-9 >= points[-1].named_rightly
    assert by_strategy["greedy"][0].rank1 == by_strategy["k-medoids"][0].rank1


def test_the_curve_is_written_as_table_and_as_plot(photos: People, tmp_path: Any) -> None:
    trial = Trial.of(photos(COUNTS), 1e-3)
    curve = accuracy_curve(trial, points=2)
    write_curve(tmp_path / "curve.csv", curve, trial)
    lines = (tmp_path / "curve.csv").read_text().splitlines()
    assert lines[0].startswith("strategy,bytes,templates,threshold,rank1,named_rightly")
    assert len(lines) == 1 + len(curve)
    pytest.importorskip("matplotlib", reason="plots need the report extra")
    write_curve(tmp_path / "curve.svg", curve, trial)
    svg = (tmp_path / "curve.svg").read_text()
    assert "strangers named at the operating point" in svg
    assert "6 people, 18 other photos of them, 13 of strangers" in svg


@pytest.mark.parametrize("name", ["curve.png", "absent/curve.csv"])
def test_a_curve_that_cannot_be_written_is_refused(photos: People, tmp_path: Any, name: str) -> None:
    with pytest.raises(DataError, match=r"curve\.png: expected a name that ends in|there is no folder"):
        write_curve(tmp_path / name, [], Trial.of(photos(COUNTS), 1e-3))
