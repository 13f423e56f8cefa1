import keras
import numpy as np
import pytest
from keras import layers

from edge_siamese_converter.recipes.schema import Phase
from edge_siamese_converter.training.optimizers import ConvolutionalMuon, WarmupStableDecay, optimizer_of


def kernel(*shape: int, name: str = "kernel") -> keras.Variable:
    return keras.Variable(np.random.default_rng(0).normal(size=shape).astype(np.float32), name=name)


def step_of(optimizer: ConvolutionalMuon, variable: keras.Variable, gradient: np.ndarray) -> np.ndarray:
    before = np.asarray(variable)
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(gradient.astype(np.float32))], [variable])
    return before - np.asarray(variable)


def test_a_kernels_step_is_nearly_orthogonal_whatever_the_gradients_sizes():
    gradient = np.random.default_rng(1).normal(size=(3, 3, 16, 16)) * np.logspace(-2, 0, 16)
    step = step_of(ConvolutionalMuon(1.0, weight_decay=0.0), kernel(3, 3, 16, 16), gradient)
    singular = np.linalg.svd(step.reshape(-1, 16), compute_uv=False)
    # Newton-Schulz of five steps leaves singular values within about 0.7 to 1.2; rates are scaled by 0.2 sqrt(144).
    assert singular.max() / singular.min() < 2
    assert singular.mean() == pytest.approx(0.2 * 12, rel=0.25)


def test_a_1x1_kernel_moves_as_keras_moves_the_matrix_it_is():
    gradient = np.random.default_rng(2).normal(size=(1, 1, 24, 32))
    ours = step_of(ConvolutionalMuon(0.1, weight_decay=0.0), kernel(1, 1, 24, 32), gradient)
    theirs = step_of(keras.optimizers.Muon(0.1, weight_decay=0.0), kernel(24, 32), gradient[0, 0])
    np.testing.assert_allclose(ours[0, 0], theirs, atol=2e-5)


@pytest.mark.parametrize("shape", [(3, 3, 64, 1), (3, 3, 3, 32), (1, 1, 64, 10), (64,)])
def test_depthwise_first_and_last_kernels_and_vectors_follow_adamw(shape: tuple[int, ...]):
    optimizer = ConvolutionalMuon(0.1, weight_decay=0.0, adam_weight_decay=0.0)
    step = step_of(optimizer, kernel(*shape), np.full(shape, 3.0))
    np.testing.assert_allclose(step, 0.1, rtol=1e-3)  # AdamW's first step is the rate, whatever the gradient


def test_a_phase_asks_for_muon_and_leaves_the_embedding_to_adamw():
    optimizer = optimizer_of(Phase(epochs=2, optimizer="muon", ema_momentum=0.9), 10, 0.05, clipnorm=5.0)
    network = keras.Sequential(
        [keras.Input((8, 8, 16)), layers.Conv2D(16, 1, name="inner"), layers.Conv2D(32, 1, name="embedding")]
    )
    optimizer.build(network.trainable_variables)
    by_adamw = [variable.path for variable in network.trainable_variables if optimizer._should_use_adamw(variable)]
    assert [path.split("/", 1)[1] for path in by_adamw] == ["inner/bias", "embedding/kernel", "embedding/bias"]
    assert (optimizer.use_ema, optimizer.clipnorm, optimizer.adam_weight_decay) == (True, 5.0, 0.05)


@pytest.mark.parametrize(("step", "learning_rate"), [(0, 0.0), (5, 0.5), (10, 1.0), (50, 1.0), (75, 0.5), (100, 0.0)])
def test_the_rate_warms_up_stays_and_falls(step: int, learning_rate: float) -> None:
    schedule = WarmupStableDecay(1.0, 100, warmup=0.1, decay=0.5)
    assert float(schedule(step)) == pytest.approx(learning_rate)


def test_a_phase_averages_its_weights_where_it_says_so():
    assert not optimizer_of(Phase(epochs=1), 10, 0.05).use_ema
    optimizer = optimizer_of(Phase(epochs=1, ema_momentum=0.9), 10, 0.05, clipnorm=5.0)
    assert (optimizer.use_ema, optimizer.ema_momentum, optimizer.clipnorm) == (True, 0.9, 5.0)


def test_the_rate_falls_over_all_epochs_of_the_phase():
    optimizer = optimizer_of(Phase(epochs=4, learning_rate=0.5, warmup=0, decay=1), 10, 0.05)
    assert [float(optimizer._learning_rate(step)) for step in (0, 20, 40)] == pytest.approx([0.5, 0.25, 0.0])
