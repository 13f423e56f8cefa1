import numpy as np
import pytest

from edge_siamese_converter.quantization.keras.preparation import rounded_keeping_sums


def test_rounded_taps_lie_on_the_grid_and_keep_their_sum() -> None:
    kernel = np.random.default_rng(1).normal(size=(5, 5, 40, 1)).astype("f4")
    kernel -= kernel.mean(axis=(0, 1))
    rounded = rounded_keeping_sums(kernel)
    steps = np.abs(kernel).max(axis=(0, 1, 3)) / 127
    on_grid = rounded[..., 0] / steps
    assert on_grid == pytest.approx(np.round(on_grid), abs=1e-3)
    assert np.abs(rounded - kernel)[..., 0].max(axis=(0, 1)) / steps == pytest.approx(np.full(40, 0.6), abs=0.4)
    assert np.abs(rounded).max(axis=(0, 1, 3)) == pytest.approx(np.abs(kernel).max(axis=(0, 1, 3)))
    assert np.abs((rounded - kernel).sum(axis=(0, 1))[:, 0] / steps).max() <= 0.501


def test_a_dead_channel_stays_dead() -> None:
    assert not rounded_keeping_sums(np.zeros((3, 3, 2, 1), "f4")).any()


def test_kernels_of_several_outputs_a_channel_are_rounded_each_for_itself() -> None:
    kernel = np.random.default_rng(1).normal(size=(3, 3, 4, 2)).astype("f4")
    rounded = rounded_keeping_sums(kernel)
    alone = np.stack([rounded_keeping_sums(kernel[..., at : at + 1])[..., 0] for at in range(2)], axis=-1)
    assert rounded == pytest.approx(alone, abs=1e-6)
