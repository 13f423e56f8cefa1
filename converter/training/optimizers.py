"""Optimizers (AdamW, Muon for convolutions) and the warm-up, stable, decay schedule of the learning rate.

Muon (Jordan, "Muon: an optimizer for hidden layers in neural networks", 2024; rates as Liu et al., "Muon is scalable
for LLM training", 2025) orthogonalizes the momentum of a kernel and converges in fewer steps than AdamW if a network
underfits. The Muon of Keras supports matrices only; here a convolution kernel ``(height, width, in, out)`` is reshaped to
``(height * width * in, out)``. Depthwise kernels, biases, normalizations, and layers with few inputs or outputs (the first
and the last) use AdamW with the same learning rate.
"""

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

if TYPE_CHECKING:  # the recipes need pydantic, which a machine that only trains may not have
    from ..recipes.schema import Phase

_FEWEST = 16


@keras.saving.register_keras_serializable(package="edge_siamese")
class WarmupStableDecay(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Learning rate schedule: linear warm-up, constant, then linear decay to zero.

    Unlike with cosine decay, the stable part can be extended or shortened: a second run with decay only can finish any
    checkpoint.
    """

    def __init__(self, peak: float, steps: int, warmup: float = 0.02, decay: float = 0.3) -> None:
        self.peak, self.steps, self.warmup, self.decay = peak, steps, warmup, decay

    def __call__(self, step: Any) -> Any:
        progress = ops.cast(step, "float32") / self.steps
        rise = progress / self.warmup if self.warmup else ops.ones_like(progress)
        fall = (1.0 - progress) / self.decay if self.decay else ops.ones_like(progress)
        return self.peak * ops.clip(ops.minimum(rise, fall), 0.0, 1.0)

    def get_config(self) -> dict[str, float]:
        return {"peak": self.peak, "steps": self.steps, "warmup": self.warmup, "decay": self.decay}


@keras.saving.register_keras_serializable(package="edge_siamese")
class ConvolutionalMuon(keras.optimizers.Muon):  # type: ignore[misc]
    """Muon for convolution kernels; the arguments are those of `keras.optimizers.Muon`."""

    def _should_use_adamw(self, variable: Any) -> bool:
        shape = variable.shape
        return len(shape) != 4 or min(shape[2:]) < _FEWEST or any(name in variable.path for name in self.exclude_layers)

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        self.assign(m, self.momentum * m + gradient)
        ahead = gradient + self.momentum * m if self.nesterov else m
        step = self.zeropower_via_newtonschulz5(ops.reshape(ahead, (-1, variable.shape[-1])), self.ns_steps)
        self.assign_sub(variable, lr * ops.reshape(self.lr_adjust(step), variable.shape))


def optimizer_of(phase: "Phase", steps: int, weight_decay: float, **options: Any) -> Any:
    """Create the optimizer of a phase with `steps` steps per epoch and its EMA; `options` are passed to Keras."""
    schedule = WarmupStableDecay(phase.learning_rate, phase.epochs * steps, phase.warmup, phase.decay)
    options |= {"weight_decay": weight_decay}
    if phase.ema_momentum:
        options |= {"use_ema": True, "ema_momentum": phase.ema_momentum}
    if phase.optimizer == "muon":
        return ConvolutionalMuon(schedule, adam_weight_decay=weight_decay, exclude_layers=["embedding"], **options)
    return keras.optimizers.AdamW(schedule, **options)
