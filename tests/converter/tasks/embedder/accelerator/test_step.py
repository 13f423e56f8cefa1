"""The compiled step computes what the TensorFlow path computes."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from edge_siamese_converter.checkpoints import load_arrays, save_arrays, variables_as_arrays
from edge_siamese_converter.networks.embedder import build_embedder
from edge_siamese_converter.tasks.embedder.distillation import Distiller

from .conftest import TINY, RunOnJax

BATCH, ROWS = 6, 12
ON_JAX = """
import sys
from pathlib import Path
import jax.numpy as jnp
import numpy as np
from edge_siamese_converter.checkpoints import load_arrays, load_weights, save_arrays
from edge_siamese_converter.networks.embedder import build_embedder
from edge_siamese_converter.tasks.embedder.accelerator.settings import JobPhase, JobSettings
from edge_siamese_converter.tasks.embedder.accelerator.step import TrainingStep
folder = Path(sys.argv[1])
settings = load_arrays(folder / "batch.npz")
network = build_embedder(TINY, activation="prelu")
load_weights(folder / "weights.npz", network)
phase = JobPhase(images=100, learning_rate=1e-3)
job = JobSettings(network=TINY, teacher=TINY, phases=(phase,), cosine_weight=2.0, temperature=0.1)
step = TrainingStep(network, network, job, phase)
state = step.initial_state()
images, targets, others = (jnp.asarray(settings[name]) for name in ("images", "targets", "others"))
(loss, (other, cosine)), gradients = step.loss_and_gradients(state["trainable"], state["other"], images, targets, others)
named = {v.path: np.asarray(g) for v, g in zip(network.trainable_variables, gradients)}
moments = {v.path: np.asarray(o) for v, o in zip(network.non_trainable_variables, other)}
save_arrays(folder / "jax.npz", {"loss": np.asarray(loss), **named, **moments})
"""


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_loss_gradients_and_moments_equal_those_of_tensorflow(tmp_path: Path, run_on_jax: RunOnJax) -> None:
    keras.utils.set_random_seed(3)
    rng = np.random.default_rng(3)
    network = build_embedder(TINY, activation="prelu")
    for variable in network.trainable_variables:
        variable.assign(variable + rng.normal(0, 0.1, variable.shape))
    images = rng.integers(0, 256, (BATCH, 112, 112, 3)).astype(np.float32)
    targets, others = unit(rng.normal(size=(BATCH, 8))), unit(rng.normal(size=(ROWS, 8)))
    save_arrays(tmp_path / "weights.npz", variables_as_arrays(network.weights))
    save_arrays(tmp_path / "batch.npz", {"images": images, "targets": targets, "others": others})
    result = run_on_jax("-c", ON_JAX.replace("TINY", repr(TINY)), str(tmp_path))
    assert result.returncode == 0, result.stderr
    from_jax = load_arrays(tmp_path / "jax.npz")

    distiller = Distiller(network, others, negatives=ROWS, temperature=0.1, cosine_weight=2.0)
    distiller.rows = tf.constant(others)
    y = {"target": targets, "person": np.full(BATCH, -1)}
    with tf.GradientTape() as tape:
        loss = distiller.compute_loss(None, y, distiller(images, training=True))
    gradients = tape.gradient(loss, [variable.value for variable in network.trainable_variables])

    assert float(from_jax["loss"]) == pytest.approx(float(loss), rel=1e-4)
    largest = max(float(np.abs(gradient).max()) for gradient in gradients)
    for variable, gradient in zip(network.trainable_variables, gradients, strict=True):
        assert np.allclose(from_jax[variable.path], gradient, rtol=1e-4, atol=1e-5 * largest), variable.path
    for variable in network.non_trainable_variables:  # the fused kernel of TensorFlow divides variances by N - 1
        tolerance = 0.02 if variable.name == "moving_variance" else 1e-4
        assert np.allclose(from_jax[variable.path], variable, rtol=tolerance, atol=1e-4), variable.path
