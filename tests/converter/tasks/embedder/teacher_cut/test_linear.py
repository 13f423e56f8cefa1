import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.tasks.embedder.teacher_cut.linear import (
    principal_axes,
    ridge_regression,
    select_channels,
    unexplained,
)


def test_principal_axes_are_orthonormal_and_find_the_large_directions() -> None:
    axes, kept = principal_axes([np.diag([1.0, 8.0, 0.0]), np.diag([1.0, 8.0, 2.0])], 2)
    assert axes.T @ axes == pytest.approx(np.eye(2))
    assert np.abs(axes).argmax(0).tolist() == [1, 0] or np.abs(axes).argmax(0).tolist() == [1, 2]
    assert kept == pytest.approx(18 / 20)


def test_more_axes_than_channels_are_rejected() -> None:
    with pytest.raises(DataError, match="at most 3 channels of a stream, found 4"):
        principal_axes([np.eye(3)], 4)


def test_the_channels_that_make_the_target_are_chosen() -> None:
    rng = np.random.default_rng(0)
    channels = rng.normal(size=(500, 6))
    targets = channels[:, [1, 4]] @ rng.normal(size=(2, 3))
    assert select_channels(channels, targets, 2).tolist() == [1, 4]


def test_a_copy_of_a_chosen_channel_is_worth_nothing() -> None:
    rng = np.random.default_rng(0)
    channels = rng.normal(size=(500, 3))
    channels = np.column_stack([channels, 2 * channels[:, 0]])
    targets = 10 * channels[:, :1] + channels[:, 1:2]
    assert 1 in select_channels(channels, targets, 2)


def test_all_channels_are_kept_in_order_and_no_more() -> None:
    channels = np.eye(3)
    assert select_channels(channels, channels, 3).tolist() == [0, 1, 2]
    with pytest.raises(DataError, match="at most 3 channels, found 4"):
        select_channels(channels, channels, 4)


def test_a_linear_map_is_recovered() -> None:
    rng = np.random.default_rng(0)
    inputs, weights = rng.normal(size=(300, 4)), rng.normal(size=(4, 2))
    found, bias = ridge_regression(inputs, inputs @ weights + [1.0, -2.0], ridge=1e-9)
    assert found == pytest.approx(weights, abs=1e-6)
    assert bias == pytest.approx([1.0, -2.0], abs=1e-6)


def test_constant_inputs_give_the_mean() -> None:
    weights, bias = ridge_regression(np.ones((5, 2)), np.arange(5.0)[:, None])
    assert np.isfinite(weights).all()
    assert np.ones((1, 2)) @ weights + bias == pytest.approx(np.array([[2.0]]))


def test_unexplained_is_one_for_the_mean_and_none_for_the_truth() -> None:
    wanted = np.random.default_rng(0).normal(size=(50, 3))
    assert unexplained(wanted, wanted) == 0
    assert unexplained(np.broadcast_to(wanted.mean(0), wanted.shape), wanted) == pytest.approx(1.0)
