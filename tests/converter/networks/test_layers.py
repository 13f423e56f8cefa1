import keras
import numpy as np
import pytest

from edge_siamese_converter.networks.layers import FusedBatchNormalization


def test_the_fused_kernel_trains_like_the_stock_layer() -> None:
    x = np.random.default_rng(0).normal(3, 2, (8, 6, 5, 4)).astype("f4")
    fused, stock = FusedBatchNormalization(momentum=0.9), keras.layers.BatchNormalization(momentum=0.9)
    outputs = [np.asarray(layer(x, training=True)) for layer in (fused, stock)]
    assert outputs[0] == pytest.approx(outputs[1], abs=1e-4)
    assert np.asarray(fused.moving_mean) == pytest.approx(np.asarray(stock.moving_mean), abs=1e-5)
    # The fused kernel keeps the unbiased variance: n / (n - 1) of the stock layer's share.
    assert np.asarray(fused.moving_variance) == pytest.approx(np.asarray(stock.moving_variance), rel=5e-3)


def test_inference_uses_the_moving_statistics() -> None:
    layer = FusedBatchNormalization()
    x = np.full((2, 3, 3, 1), 5.0, "f4")
    assert np.asarray(layer(x, training=False)) == pytest.approx(x, rel=1e-2)
