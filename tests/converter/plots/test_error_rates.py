import re
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese_converter.evaluation.scoring import every_pair
from edge_siamese_converter.evaluation.verification import Confusion, Verification
from edge_siamese_converter.plots.error_rates import confusion_matrix, decisions, det, rank_curve, roc, score_histogram


def pairs(distance: float) -> ScoredPairs:
    rng = np.random.default_rng(3)
    labels = np.repeat(np.arange(10), 5)
    index = every_pair(labels)
    is_genuine = labels[index[:, 0]] == labels[index[:, 1]]
    return ScoredPairs(index, rng.normal(np.where(is_genuine, 0, -distance)), labels)


@pytest.fixture(scope="module")
def two() -> tuple[dict[str, Any], dict[str, Any]]:
    good, bad = (Verification.measure(pairs(distance), replicates=10).to_json() for distance in (3, 1.5))
    return good, bad


def texts(svg: str) -> list[str]:
    return [text.strip() for text in re.findall(r"<text[^>]*>([^<]*)", svg)]


def test_every_curve_has_its_name_and_area(two: tuple[dict[str, Any], dict[str, Any]]) -> None:
    good, bad = two
    labels = texts(roc({"float": good, "int8": bad}).svg())
    assert {f"float, AUC {good['auc']:.4f}", f"int8, AUC {bad['auc']:.4f}", "chance"} <= set(labels)
    assert f"AUC {good['auc']:.4f}" in texts(roc({"": good}).svg())


def test_the_det_has_probit_axes_and_both_networks(two: tuple[dict[str, Any], dict[str, Any]]) -> None:
    labels = texts(det(*two, names=("int8", "float")).svg())
    assert {"int8", "float", "false match rate", "10%"} <= set(labels)
    assert "this embedder" not in labels
    assert "measured" in texts(det(two[0]).svg())


def test_the_histogram_reaches_as_far_as_the_scores_whatever_their_unit() -> None:
    wide = pairs(40)
    labels = texts(score_histogram(Verification.measure(wide, replicates=5).to_json(), -20.0).svg())
    assert "threshold -20.000" in labels
    assert "genuine, 100 pairs" in labels
    assert {"\N{MINUS SIGN}40", "0"} <= set(labels)


def test_the_four_decisions_are_counted() -> None:
    confusion = Confusion.of(pairs(3), -1.5)
    labels = texts(decisions(confusion.to_json()).svg())
    assert {f"{confusion.true_matches:,}", f"{confusion.false_matches:,}", "genuine pair", "no match"} <= set(labels)
    assert f"{confusion.fmr.rate:.1%}" in labels


def test_who_is_taken_for_whom_is_written_where_there_is_room() -> None:
    counts = np.array([[11, 2, 0], [0, 13, 0], [1, 0, 12]])
    names = ["Ada", "Ben", "A name that is much too long"]
    labels = texts(confusion_matrix(counts, names).svg())
    assert {"11", "13", "12", "Ada", "A name that is mu…"} <= set(labels)
    many = texts(confusion_matrix(np.eye(50, dtype=int), [f"n{place}" for place in range(50)]).svg())
    assert "1" not in many
    assert ("n0" in many, "n1" in many, "n48" in many) == (True, False, True)


def test_ranks_of_few_and_of_very_many_classes_are_drawn() -> None:
    assert {"float", "rank", "100%"} <= set(texts(rank_curve({"float": [0.5, 0.8, 1.0]}).svg()))
    assert {"rank", "1", "10", "100"} <= set(texts(rank_curve({"": np.linspace(0.3, 1, 400).tolist()}).svg()))


@pytest.mark.parametrize("count", [1, 2, 3, 7, 60, 61, 400])
def test_ranks_are_whole(count: int) -> None:
    figure = Figure(layout="constrained")
    rank_curve({"": np.linspace(0.3, 1, count).tolist()}).draw(figure)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    shown = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert shown
    assert all(tick == round(tick) for tick in shown)
    assert not axes.xaxis.get_minor_locator()()
