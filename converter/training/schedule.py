"""How fast a run learns: the rate over a phase of it, and the optimizer that follows."""

from typing import Any

import keras
from keras import ops

from ..recipes.schema import Phase
from .muon import ConvolutionalMuon


@keras.saving.register_keras_serializable(package="edge_siamese")
class WarmupStableDecay(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """Linear warm-up, constant rate, then a linear fall to zero over the last part of the run.

    Unlike a cosine, the stable part can be extended or cut short: a run is finished from any checkpoint by a second
    one that only decays.
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


def optimizer_of(phase: Phase, steps: int, weight_decay: float, **options: Any) -> Any:
    """The optimizer of a phase of `steps` steps an epoch, with its moving average; `options` are Keras's."""
    schedule = WarmupStableDecay(phase.learning_rate, phase.epochs * steps, phase.warmup, phase.decay)
    options |= {"weight_decay": weight_decay}
    if phase.ema_momentum:
        options |= {"use_ema": True, "ema_momentum": phase.ema_momentum}
    if phase.optimizer == "muon":
        return ConvolutionalMuon(schedule, adam_weight_decay=weight_decay, exclude_layers=["embedding"], **options)
    return keras.optimizers.AdamW(schedule, **options)
