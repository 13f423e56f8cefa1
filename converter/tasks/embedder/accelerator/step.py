"""The compiled training step: draw crops, augment, ask the teacher, update the student.

The student's loss is that of `distillation.Distiller` for faces with targets, plus the cosine to the target.
"""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import keras
from keras import ops

from edge_siamese.preprocessing import normalize_pixels

from ....networks.mobilefacenet import AnnealedPReLU
from ....training.optimizers import ConvolutionalMuon, WarmupStableDecay
from ..distillation import NORM_WEIGHT, discrimination_loss, length_spread
from .augmentation import degrade, vary
from .settings import JobPhase, JobSettings

State = dict[str, Any]
"""Arrays of a run: lists ``trainable``, ``other``, ``optimizer``, ``ema``, and the int32 number of ``images`` and ``step``."""


@dataclass(frozen=True)
class Data:
    """Arrays in device memory.

    Attributes:
        crops: uint8 ``(N, 112, 112, 3)`` RGB.
        rows: float32 ``(N, D)`` unit embeddings of the teacher, projected, in random order.
        directions: float32 ``(E, D)`` that project the teacher's embeddings.
    """

    crops: Any
    rows: Any
    directions: Any


class TrainingStep:
    """Training steps of one phase.

    Args:
        student: Keras network to train, on the JAX backend.
        teacher: Keras network that gives the targets.
        settings: settings of the job.
        phase: the phase.
    """

    def __init__(self, student: Any, teacher: Any, settings: JobSettings, phase: JobPhase) -> None:
        self.student, self.teacher, self.settings, self.phase = student, teacher, settings, phase
        self._teacher_weights = weights_of(teacher)
        self._optimizer = _optimizer(phase, settings)
        self._optimizer.build(student.trainable_variables)
        self._rate = WarmupStableDecay(phase.learning_rate, phase.images, phase.warmup, phase.decay)
        shares = {layer.share.path for layer in student.layers if isinstance(layer, AnnealedPReLU)}
        self._shares = [path in shares for path in (variable.path for variable in student.non_trainable_variables)]
        self._run = jax.jit(self._steps, static_argnames=("batch", "count"))

    def initial_state(self) -> State:
        """State of the student's present weights and a new optimizer."""
        trainable = [jnp.array(variable.value) for variable in self.student.trainable_variables]
        return {
            "trainable": trainable,
            "other": [jnp.array(variable.value) for variable in self.student.non_trainable_variables],
            "optimizer": [jnp.array(variable.value) for variable in self._optimizer.variables],
            "ema": [jnp.array(each) for each in trainable],
            "images": jnp.zeros((), jnp.int32),
            "step": jnp.zeros((), jnp.int32),
        }

    def run(self, state: State, data: Data, *, batch: int, count: int) -> tuple[State, dict[str, Any]]:
        """Take `count` steps of `batch` images; returns the new state and the mean loss, cosine and gradient norm."""
        arrays = (data.crops, data.rows, data.directions, self._teacher_weights)
        return self._run(state, *arrays, batch=batch, count=count)  # type: ignore[no-any-return]

    def _steps(
        self, state: State, crops: Any, rows: Any, directions: Any, teacher: Any, *, batch: int, count: int
    ) -> tuple[State, dict[str, Any]]:
        def one(state: State, _: None) -> tuple[State, dict[str, Any]]:
            return self._one(state, crops, rows, directions, teacher, batch)

        state, metrics = jax.lax.scan(one, state, None, length=count)
        return state, {name: values.mean() for name, values in metrics.items()}

    def _one(
        self, state: State, crops: Any, rows: Any, directions: Any, teacher: Any, batch: int
    ) -> tuple[State, dict[str, Any]]:
        key = jax.random.fold_in(jax.random.key(self.settings.seed), state["step"])
        draw, vary_key, degrade_key, other_key = jax.random.split(key, 4)
        chosen = jax.random.randint(draw, (batch,), 0, len(crops))
        images = vary(vary_key, crops[chosen].astype(jnp.float32), self.phase.augmentation)
        targets = teacher_targets(self.teacher, teacher, images, directions)
        images = degrade(degrade_key, images, self.phase.augmentation)
        negatives = min(self.settings.negatives, len(rows))
        first = jax.random.randint(other_key, (), 0, len(rows) - negatives + 1)
        others = jax.lax.dynamic_slice_in_dim(rows, first, negatives)
        other = self._with_slope_share(state)
        (loss, (other, cosine)), gradients = self.loss_and_gradients(state["trainable"], other, images, targets, others)
        trainable, optimizer = self._updated(state, gradients)
        momentum = self.phase.ema_momentum
        ema = [momentum * old + (1 - momentum) * new for old, new in zip(state["ema"], trainable, strict=True)]
        norm = jnp.sqrt(sum(jnp.sum(jnp.square(each)) for each in gradients))
        state = {"trainable": trainable, "other": other, "optimizer": optimizer, "ema": ema,
                 "images": state["images"] + batch, "step": state["step"] + 1}  # fmt: skip
        return state, {"loss": loss, "cosine": cosine, "gradient": norm}

    def loss_and_gradients(self, trainable: Any, other: Any, images: Any, targets: Any, others: Any) -> Any:
        """Loss of a batch with its gradients: ``((loss, (other, cosine)), gradients)``."""

        def loss(trainable: Any, other: Any) -> tuple[Any, tuple[Any, Any]]:
            outputs, other = self.student.stateless_call(trainable, other, normalize_pixels(images), training=True)
            outputs = ops.cast(outputs, "float32")
            units = ops.normalize(outputs, axis=-1)
            cosine = ops.mean(ops.sum(units * targets, axis=-1))
            total = ops.mean(discrimination_loss(units, targets, others, self.settings.temperature))
            total = total + self.settings.cosine_weight * (1.0 - cosine) + NORM_WEIGHT * length_spread(outputs)
            return total, (other, cosine)

        return jax.value_and_grad(loss, has_aux=True)(trainable, other)

    def _with_slope_share(self, state: State) -> list[Any]:
        share = slope_share(self.phase, state["images"])
        return [share if is_share else value for is_share, value in zip(self._shares, state["other"], strict=True)]

    def _updated(self, state: State, gradients: Any) -> tuple[Any, Any]:
        rate = self._rate(state["images"])
        position = [variable is self._optimizer._learning_rate for variable in self._optimizer.variables].index(True)
        optimizer = list(state["optimizer"])
        optimizer[position] = jnp.asarray(rate, optimizer[position].dtype)
        return self._optimizer.stateless_apply(optimizer, gradients, state["trainable"])  # type: ignore[no-any-return]


def weights_of(network: Any) -> tuple[list[Any], list[Any]]:
    """Arrays of the trainable and of the other variables of a network."""
    return (
        [variable.value for variable in network.trainable_variables],
        [variable.value for variable in network.non_trainable_variables],
    )


def teacher_targets(teacher: Any, weights: Any, images: Any, directions: Any) -> Any:
    """Unit embeddings of the teacher, projected on the directions.

    Args:
        teacher: Keras network.
        weights: of the teacher, as of `weights_of`.
        images: float32 ``(B, 112, 112, 3)``, 0 to 255.
        directions: float32 ``(E, D)``.

    Returns:
        float32 ``(B, D)``.
    """
    outputs, _ = teacher.stateless_call(*weights, normalize_pixels(images), training=False)
    return ops.normalize(ops.cast(outputs, "float32") @ directions, axis=-1)


def slope_share(phase: JobPhase, images: Any) -> Any:
    """Share of the PReLU slopes after `images` images of a phase, a float32 scalar."""
    start, end = phase.slope_share
    return start + (end - start) * jnp.clip(images / phase.images, 0.0, 1.0)


def _optimizer(phase: JobPhase, settings: JobSettings) -> Any:
    decay = settings.weight_decay
    if phase.optimizer == "muon":
        return ConvolutionalMuon(
            phase.learning_rate, weight_decay=decay, adam_weight_decay=decay, exclude_layers=["embedding"]
        )
    return keras.optimizers.AdamW(phase.learning_rate, weight_decay=decay)
