import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.training.normalization import base as module
from edge_siamese_converter.training.normalization import create
from edge_siamese_converter.training.normalization.whitening import Whitening


def images(count: int, side: int = 4, seed: int = 0) -> np.ndarray:
    """Images whose pixels depend on their neighbors."""
    noise = np.random.default_rng(seed).normal(size=(count, side + 2, side + 2, 1))
    smooth = (noise[:, :-1] + noise[:, 1:])[:, :, :-1] + (noise[:, :-1] + noise[:, 1:])[:, :, 1:]
    return np.clip(smooth[:, :side, :side] * 25 + 128, 0, 255).astype(np.uint8)


def published(training: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """The formula with the whole matrix: eigenvectors of the covariance + 0.1 I."""
    flat = training.reshape(len(training), -1).astype(float)
    mean, deviation = flat.mean(axis=0), flat.std(axis=0)
    values = (flat - mean) / deviation
    variances, vectors = np.linalg.eigh(values.T @ values / len(values) + 0.1 * np.eye(values.shape[1]))
    whitener = vectors @ np.diag(1 / np.sqrt(variances)) @ vectors.T
    standard = (queries.reshape(len(queries), -1) - mean) / deviation
    return (standard @ whitener.T).reshape(queries.shape)


@pytest.mark.parametrize("count", [300, 16, 9, 2])
def test_few_and_many_images_follow_the_published_formula(count: int) -> None:
    training, queries = images(300)[:count], images(5, seed=1)
    training[0], training[1] = 100, 140
    assert create("zca").fit(training)(queries) == pytest.approx(published(training, queries), rel=1e-3, abs=1e-3)


def test_values_no_longer_depend_on_each_other() -> None:
    training = images(4000)
    before = np.corrcoef(training.reshape(4000, -1).T)
    after = np.cov(create("zca").fit(training)(training).reshape(4000, -1).T)
    off = ~np.eye(16, dtype=bool)
    assert np.abs(before[off]).max() > 0.4
    assert np.abs(after[off]).max() < 0.2
    assert after == pytest.approx(before @ np.linalg.inv(before + 0.1 * np.eye(16)), abs=2e-3)


def test_few_images_need_few_directions() -> None:
    fitted = create("zca").fit(images(6, side=12))
    assert isinstance(fitted, Whitening)
    assert fitted.directions is not None
    assert fitted.directions.shape == (144, 5)


def test_a_value_that_never_changes_does_no_harm() -> None:
    training = images(50)
    training[:, 0, 0] = 7
    result = create("zca").fit(training)(training)
    assert np.isfinite(result).all()
    assert result[:, 0, 0] == pytest.approx(0, abs=1e-5)


def test_images_are_gathered_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    training = images(40)
    whole = create("zca").fit(training)
    monkeypatch.setattr(module, "_IMAGES_AT_ONCE", 7)
    assert create("zca").fit(training)(training) == pytest.approx(whole(training), abs=1e-4)


def test_images_too_large_are_refused_before_anything_is_computed() -> None:
    with pytest.raises(DataError, match=r"at most 10,000 values.*found 37,632 in each"):
        create("zca").fit(np.zeros((2, 112, 112, 3), np.uint8))


def test_images_that_do_not_differ_are_refused() -> None:
    with pytest.raises(DataError, match="images that differ, found 3 that do not"):
        create("zca").fit(np.repeat(images(1), 3, axis=0))


def test_images_of_another_size_are_refused() -> None:
    fitted = create("zca").fit(images(20))
    with pytest.raises(DataError, match=r"fitted on images \(4, 4, 1\), found \(5, 5, 1\)"):
        fitted(images(2, side=5))
