"""Every photo is accounted for."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edge_siamese.gallery import Gallery
from edge_siamese.gallery.templates.representatives import Strategy
from edge_siamese.gallery.templates.selection import SelectionOptions
from edge_siamese_converter.plots.projections import tsne
from edge_siamese_converter.template_selection.photos import Photos
from edge_siamese_converter.template_selection.selection import account, choose

People = Callable[..., Photos]


def test_every_photo_has_one_status(photos: People, card: Any) -> None:
    everybody = photos({"anna": 9, "ben": 1})
    everybody.embeddings[4] = -everybody.embeddings[3]  # nothing like anna
    options = SelectionOptions(limit=3, reject_outliers=True)
    choices = choose(everybody, Gallery.empty(card), options)
    anna, ben = (account(everybody, name, choices[name]) for name in ("anna", "ben"))
    assert sorted(statuses.photo for statuses in anna.photos) == sorted(everybody.paths[:9])
    assert [statuses.status for statuses in anna.photos[:3]] == ["chosen"] * 3
    assert [statuses.photo for statuses in anna.photos if statuses.status == "rejected"] == ["anna/4.jpg"]
    assert anna.photos[0].why.startswith("the most typical, mean score 0.")
    assert anna.photos[1].why.startswith("raises the coverage from 0.")
    assert "stands for it, score 0." in next(
        statuses.why for statuses in anna.photos if statuses.status == "represented"
    )
    assert [statuses.why for statuses in ben.photos] == ["the only one"]


def test_what_makes_up_a_mean_is_told(photos: People, card: Any) -> None:
    everybody = photos({"anna": 9, "ben": 1})
    everybody.embeddings[4] = -everybody.embeddings[3]  # nothing like anna
    choices = choose(everybody, Gallery.empty(card), SelectionOptions(Strategy.MEAN, reject_outliers=True))
    anna, ben = (account(everybody, name, choices[name]) for name in ("anna", "ben"))
    assert [statuses.status for statuses in anna.photos] == ["averaged"] * 8 + ["rejected"]
    assert anna.photos[8].photo == "anna/4.jpg"
    scores = [float(statuses.why.split()[1]) for statuses in anna.photos[:8]]
    assert scores == sorted(scores, reverse=True)
    assert anna.coverage == pytest.approx(np.mean(scores), abs=1e-3)
    assert [(statuses.status, statuses.why) for statuses in ben.photos] == [("averaged", "score 1.000 with the mean")]


def test_an_outlier_that_is_kept_is_a_suspect(photos: People, card: Any) -> None:
    everybody = photos({"anna": 6})
    everybody.embeddings[4] = -everybody.embeddings[3]
    for strategy in (Strategy.MEAN, Strategy.GREEDY, Strategy.FARTHEST_FIRST):
        choices = choose(everybody, Gallery.empty(card), SelectionOptions(strategy, limit=2))
        statuses = account(everybody, "anna", choices["anna"]).photos
        assert [photo.photo for photo in statuses if photo.suspect] == ["anna/4.jpg"]


def test_the_tsne_medoid_is_one_for_everybody_and_no_outlier(photos: People, card: Any) -> None:
    pytest.importorskip("sklearn", reason="t-SNE needs the converter extra")
    everybody = photos({"anna": 8, "ben": 7, "carla": 6}, spread=10)
    everybody.embeddings[4] = everybody.embeddings[9]  # anna's fifth is ben
    choices = choose(everybody, Gallery.empty(card), SelectionOptions(reject_outliers=True), tsne=True)
    assert [len(choice.chosen) for choice in choices.values()] == [1, 1, 1]
    assert choices["anna"].rejected == (4,)
    assert 4 not in choices["anna"].chosen
    plane = tsne(everybody.embeddings.astype(np.float32) - card.zero_point)
    indices = [row for row in range(8) if row != 4]
    sums = np.linalg.norm(plane[indices, None] - plane[indices], axis=2).sum(axis=1)
    assert choices["anna"].chosen == (indices[int(sums.argmin())],)
