import numpy as np
import pytest

from edge_siamese.gallery import search
from edge_siamese.gallery.search import TemplateSearch
from edge_siamese.matching import NO_SCORE, scores_q15

RNG = np.random.default_rng(3)


def rows(count: int, dimension: int = 32) -> np.ndarray:
    return RNG.integers(-128, 128, (count, dimension), np.int8)


@pytest.mark.parametrize("zero_point", [0, -7, 127])
@pytest.mark.parametrize("kept", [True, False], ids=["kept as floats", "compared in place"])
@pytest.mark.parametrize("probes", [0, 1, 5, 40])
def test_all_ways_of_searching_give_the_same_scores(
    zero_point: int, kept: bool, probes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not kept:
        monkeypatch.setattr(search, "_KEPT_NUMBERS", 0)
    templates, asked = rows(300), rows(probes)
    templates[7] = zero_point  # a zero vector
    found = TemplateSearch(templates, zero_point)
    expected = scores_q15(asked, templates, zero_point)
    assert np.array_equal(found.scores(asked), expected)
    assert (expected[:, 7] == NO_SCORE).all()


@pytest.mark.parametrize("zero_point", [0, -7, 127])
@pytest.mark.parametrize("dimension", [1, 256, 300])
@pytest.mark.parametrize("with_zero", [True, False])
def test_prepared_products_give_the_same_scores(zero_point: int, dimension: int, with_zero: bool) -> None:
    templates, asked = rows(150, dimension), rows(4, dimension)
    if with_zero:
        templates[9] = asked[2] = zero_point
    found = TemplateSearch(templates, zero_point)
    assert found.prepare(), "the installed runtime has no exact int8 products"
    assert np.array_equal(found.scores(asked), scores_q15(asked, templates, zero_point))


def test_many_templates_are_prepared_after_some_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_KEPT_NUMBERS", 0)
    templates, probe = rows(300), rows(1)
    found, prepared = TemplateSearch(templates, 0), []
    monkeypatch.setattr(TemplateSearch, "prepare", lambda self: prepared.append(self))
    for _ in range(search._PROBES_BEFORE_PREPARING):
        found.scores(probe)
    assert not prepared
    found.scores(probe)
    assert prepared


def test_a_runtime_without_exact_products_changes_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "open_dot_products", lambda matrix: None)
    monkeypatch.setattr(search, "_KEPT_NUMBERS", 0)
    templates, probe = rows(300), rows(1)
    found = TemplateSearch(templates, 3)
    assert not found.prepare()
    assert np.array_equal(found.scores(probe), scores_q15(probe, templates, 3))
