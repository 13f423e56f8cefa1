import keras
import numpy as np
import pytest

from edge_siamese_converter.networks.layers import FastDepthwiseConv2D, FusedBatchNormalization


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


@pytest.mark.parametrize(
    ("kernel", "side", "padding", "strides"),
    [(3, 14, "same", 2), (5, 14, "same", 2), (5, 7, "same", 2), (7, 7, "valid", 1)],
)
def test_fast_depthwise_convolutions_compute_the_stock_numbers(
    kernel: int, side: int, padding: str, strides: int
) -> None:
    x = np.random.default_rng(0).normal(size=(2, side, side, 8)).astype("f4")
    layer = FastDepthwiseConv2D(kernel, strides, padding=padding)
    assert np.asarray(layer(x, training=True)) == pytest.approx(np.asarray(layer(x, training=False)), abs=1e-5)
