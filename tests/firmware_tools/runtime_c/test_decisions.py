"""Scores, thresholds and decisions in C are those of Python, to the last bit."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.decision import Decision, Reason, decide_scores, doubted
from edge_siamese.faces import Embedding, Face
from edge_siamese.fusion import ScoreFusion
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.container.writer import encode
from edge_siamese.matching import scores_q15
from edge_siamese.operating_point import OperatingPoint, choose_operating_point
from edge_siamese.quality.glasses import MAX_RAISE_Q15, GlassesRule
from edge_siamese.sequential import FixedThreshold
from edge_siamese.tracking import Track
from edge_siamese_firmware.runtime_c.model_points import model_points

from .galleries import DIGEST, random_gallery
from .twin import Twin

_RATES = (1e-5, 1e-4, 0.000333, 0.001, 0.003, 0.01)
_SCORES = st.integers(-32768, 32767)
_DOUBTS = st.sampled_from([None, Reason.BLURRED, Reason.TOO_SMALL])


def _open(twin: Twin, gallery: Gallery) -> None:
    data = encode(gallery)
    assert twin.open(data, DIGEST, gallery.dimension, gallery.zero_point).name == "OK"


def _gallery_of(templates: np.ndarray[tuple[int, int], np.dtype[np.int8]], zero_point: int) -> Gallery:
    empty = Gallery((), (), templates[:0], np.empty(0, np.uint32), zero_point, DIGEST)
    return empty.with_people({"a": templates}, limit=None)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 3, 16, 256]), st.integers(-128, 127), st.integers(0, 3))
def test_scores(twin: Twin, seed: int, dimension: int, zero_point: int, kind: int) -> None:
    rng = np.random.default_rng(seed)
    low, high = (
        (-128, 128),
        (zero_point, zero_point + 1),
        (-128, -127),
        (max(zero_point - 2, -128), min(zero_point + 3, 128)),
    )[kind]
    probe, template = rng.integers(low, high, (2, dimension)).astype(np.int8)
    _open(twin, _gallery_of(template[None], zero_point))
    expected = int(scores_q15(probe[None], template[None], zero_point)[0, 0])
    assert twin.observe(probe, None, 0).score_q15 == expected


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 16, 256]), st.integers(-120, 120), st.integers(1, 128))
def test_scores_of_4_bits(twin: Twin, seed: int, dimension: int, zero_point: int, reach: int) -> None:
    rng = np.random.default_rng(seed)
    probe = rng.integers(-128, 128, dimension).astype(np.int8)
    templates = np.clip(zero_point + rng.integers(-reach, reach, (2, dimension)), -128, 127).astype(np.int8)
    templates[1] = np.clip(probe.astype(int) + templates[1] // 8, -128, 127)
    gallery = _gallery_of(templates, zero_point).with_four_bits()
    rule = GlassesRule(probe, 20000, 100)
    for rows in (gallery.templates, rng.integers(-8, 8, (1, dimension)).astype(np.int8) + np.int8(zero_point)):
        packed = replace(gallery, templates=rows, identity_index=np.zeros(len(rows), np.uint32))
        _open(twin, packed)
        expected = scores_q15(probe[None], rows, zero_point)
        assert twin.observe(probe, None, 0).score_q15 == expected.max()
        _open(twin, packed)
        twin.use_glasses(rule)
        worn = rule.lowered(expected, rule.present(probe[None], zero_point), rule.present(rows, zero_point))
        assert twin.observe(probe, None, 0).score_q15 == worn.max()


@settings(max_examples=400, deadline=None)
@given(st.lists(st.integers(-5, 5) | _SCORES, max_size=6), st.integers(-5, 5) | _SCORES, _DOUBTS, st.integers(0, 32000))
def test_decisions(twin: Twin, scores: Sequence[int], threshold: int, doubt: Reason | None, near: int) -> None:
    close = [*scores, near, min(near + 1638, 32767), min(near + 1637, 32767)]
    for each, limit in ((scores, threshold), (close, near), (close[-2:], near), (close[::-2], near + 1)):
        names = [str(number) for number in range(len(each))]
        expected = doubted(decide_scores(names, np.array(each, np.int64), limit), doubt)
        assert twin.decide(each, limit, doubt) == expected


def _observed(gallery: Gallery, looks: list[tuple[int, Reason | None]], rng: np.random.Generator) -> list[np.ndarray]:  # type: ignore[type-arg]
    """Embeddings near a template of the gallery, or anywhere."""
    embeddings = []
    for person, _ in looks:
        base = gallery.templates[person % len(gallery.templates)].astype(int)
        noisy = base + rng.integers(-40, 41, gallery.dimension)
        embeddings.append(np.clip(noisy, -128, 127).astype(np.int8))
    return embeddings


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(0, 30), _DOUBTS), min_size=1, max_size=12),
    st.integers(10000, 32000),
    st.none() | st.tuples(st.integers(-32768, 20000), st.integers(0, MAX_RAISE_Q15)),
)
def test_fusion_over_looks(
    twin: Twin,
    seed: int,
    people: int,
    looks: list[tuple[int, Reason | None]],
    threshold: int,
    glasses: tuple[int, int] | None,
) -> None:
    gallery = random_gallery(seed, people)
    _open(twin, gallery)
    if glasses:
        rule = GlassesRule(np.random.default_rng(seed).integers(-128, 128, gallery.dimension).astype(np.int8), *glasses)
        wearing = rule.present(gallery.templates, gallery.zero_point)
        vars(gallery)["_glasses"] = (rule, wearing)  # the cached property of a shipped embedder's gallery
        twin.use_glasses(rule)
    fusion = ScoreFusion(gallery, FixedThreshold(threshold))
    face = Face(np.zeros(4, np.float32), np.zeros((5, 2), np.float32), 0.9)
    track = Track(1, face, 0)
    for embedding, (_, doubt) in zip(_observed(gallery, looks, np.random.default_rng(seed)), looks, strict=True):
        fusion.observe(track, Embedding(embedding, gallery.zero_point, DIGEST.hex(), ()), 50.0, doubt)
        assert twin.observe(embedding, doubt, threshold) == fusion.decide(track)


def _point(rate: float, threshold: int) -> OperatingPoint:
    return OperatingPoint(rate, threshold, rate, 10**6, 99, 0.25, "5a" * 32)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 60),
    st.sets(st.sampled_from(_RATES), max_size=6),
    st.sampled_from([1e-3, 0.01, 0.3, 1e-6]) | st.floats(1e-9, 0.999),
)
def test_the_operating_point(twin: Twin, people: int, rates: set[float], target_fpir: float) -> None:
    gallery = random_gallery(7, people, dimension=4, rates=tuple(sorted(rates)))
    _open(twin, gallery)
    model = [_point(rate, 1000 * number) for number, rate in enumerate(_RATES, 1)]
    points = gallery.operating_points or model
    expected = choose_operating_point(points, gallery.required_fmr(target_fpir)).threshold_q15
    assert twin.threshold(model_points(model, target_fpir), target_fpir) == expected


@settings(max_examples=500, deadline=None)
@given(st.floats(1e-12, 0.999), st.integers(1, 2**16), st.integers(-3, 3))
def test_rates_at_the_limit(twin: Twin, target_fpir: float, people: int, steps: int) -> None:
    """The rate of a point is the required one, or a few of its smallest steps away."""
    gallery = random_gallery(0, people % 7 + 1, dimension=1)
    required = gallery.required_fmr(target_fpir) if steps % 2 else target_fpir / len(gallery.names)
    limit = required * (1 + 1e-9)
    for _ in range(abs(steps)):
        limit = float(np.nextafter(limit, 2.0 if steps > 0 else 0.0))
    loose = min(limit, 0.9999)
    gallery = replace(gallery, operating_points=(_point(loose / 2, 1), _point(loose, 2)))
    _open(twin, gallery)
    expected = choose_operating_point(gallery.operating_points, gallery.required_fmr(target_fpir)).threshold_q15
    assert twin.threshold([], target_fpir) == expected


def test_without_any_operating_point(twin: Twin) -> None:
    _open(twin, random_gallery(0))
    assert twin.threshold([], 1e-3) is None


@pytest.mark.parametrize("people", [0, 1])
def test_an_empty_gallery_names_nobody(twin: Twin, people: int) -> None:
    gallery = random_gallery(3, people)
    _open(twin, gallery)
    found = twin.observe(np.arange(8, dtype=np.int8), None, 32767)
    expected: Decision = gallery.decide(gallery.scores_of(np.arange(8, dtype=np.int8)[None])[0], 32767)
    assert found == expected
