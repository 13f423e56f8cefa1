"""Muon for convolutional networks: a kernel's step is its momentum made orthogonal.

Muon (Jordan, "Muon: an optimizer for hidden layers in neural networks", 2024; rates as Liu et al., "Muon is scalable
for LLM training", 2025) learns more in a step than AdamW where a network underfits. Keras's takes matrices alone;
here a convolution's kernel ``(height, width, in, out)`` is one of ``(height * width * in, out)``. What is no
matrix (depthwise kernels, biases, normalizations), and layers with a few inputs or outputs, which are the first and the
last, follow AdamW at the same rate.
"""

from typing import Any

import keras
from keras import ops

_FEWEST = 16


@keras.saving.register_keras_serializable(package="edge_siamese")
class ConvolutionalMuon(keras.optimizers.Muon):  # type: ignore[misc]
    """Keras's Muon, for the kernels of convolutions; the arguments are the same."""

    def _should_use_adamw(self, variable: Any) -> bool:
        shape = variable.shape
        return len(shape) != 4 or min(shape[2:]) < _FEWEST or any(name in variable.path for name in self.exclude_layers)

    def _muon_update_step(self, gradient: Any, variable: Any, lr: Any, m: Any) -> None:
        self.assign(m, self.momentum * m + gradient)
        ahead = gradient + self.momentum * m if self.nesterov else m
        step = self.zeropower_via_newtonschulz5(ops.reshape(ahead, (-1, variable.shape[-1])), self.ns_steps)
        self.assign_sub(variable, lr * ops.reshape(self.lr_adjust(step), variable.shape))
