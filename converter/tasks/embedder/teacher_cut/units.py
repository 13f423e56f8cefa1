"""The units of a MobileFaceNet, one at a time: convolution, batch normalization and activation under one name."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

BATCH = 64


@dataclass(frozen=True, eq=False)
class FoldedUnit:
    """What a unit computes once its batch normalization is folded into it.

    Attributes
    ----------
    kernel : float32 array
        Of the convolution: ``(k, k, inputs, outputs)``, depthwise ``(k, k, channels, 1)``.
    bias : float32 array of shape (outputs,)
        Added to its result.
    slope : float32 array of shape (outputs,) or None
        Of the PReLU; None where the unit has none.
    """

    kernel: Floats
    bias: Floats
    slope: Floats | None = None

    def pick(self, channels: npt.NDArray[np.intp]) -> "FoldedUnit":
        """The same unit with some of its output channels, for a depthwise one some of its channels."""
        depthwise = self.kernel.shape[2] == len(self.bias) and self.kernel.shape[3] == 1
        kernel = self.kernel[:, :, channels] if depthwise else self.kernel[..., channels]
        return FoldedUnit(kernel, self.bias[channels], None if self.slope is None else self.slope[channels])


def get_unit(network: Any, name: str) -> FoldedUnit:
    """Read a unit of a network, its batch normalization folded."""
    (kernel,) = network.get_layer(name).get_weights()
    norm = network.get_layer(f"{name}_bn")
    gamma, beta, mean, variance = norm.get_weights()
    scale = gamma / np.sqrt(variance + norm.epsilon)
    scaled = kernel * (scale[:, None] if kernel.shape[3] == 1 and kernel.shape[2] == len(scale) > 1 else scale)
    return FoldedUnit(scaled.astype(np.float32), (beta - mean * scale).astype(np.float32), _slope(network, name))


def set_unit(network: Any, name: str, unit: FoldedUnit) -> None:
    """Write a unit into a network; its batch normalization only adds the bias then."""
    network.get_layer(name).set_weights([unit.kernel])
    norm = network.get_layer(f"{name}_bn")
    ones = np.ones_like(unit.bias)
    norm.set_weights([ones * np.sqrt(1 + norm.epsilon), unit.bias, 0 * ones, ones])
    activation = _prelu(network, name)
    if activation is not None and unit.slope is not None:
        activation.slope.assign(unit.slope)


def run_unit(network: Any, name: str, inputs: Floats, *, activate: bool = True) -> Floats:
    """Compute one unit on all images.

    Parameters
    ----------
    network : keras.Model
        Of `networks.mobilefacenet.build_mobilefacenet`.
    name : str
        The unit's.
    inputs : float32 array of shape (N, H, W, C)
        What goes into it.
    activate : bool
        False stops before its activation.

    Returns
    -------
    float32 array of shape (N, H', W', C')
    """
    names = [layer.name for layer in network.layers]
    wanted = [f"{name}_pad", name, f"{name}_bn", *([f"{name}_prelu", f"{name}_relu"] if activate else [])]
    steps = [network.get_layer(each) for each in wanted if each in names]
    results = []
    for start in range(0, len(inputs), BATCH):
        x: Any = inputs[start : start + BATCH]
        for step in steps:
            x = step(x)
        results.append(np.asarray(x, np.float32))
    return np.concatenate(results)


def _prelu(network: Any, name: str) -> Any:
    return next((layer for layer in network.layers if layer.name == f"{name}_prelu"), None)


def _slope(network: Any, name: str) -> Floats | None:
    activation = _prelu(network, name)
    return None if activation is None else np.asarray(activation.slope * activation.share, np.float32)
