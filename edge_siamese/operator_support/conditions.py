"""Conditions under which a target supports an operator, named as in the tables.

Each condition is a function that returns the reason why an operator does not meet it, or an empty string.
"""

from collections.abc import Callable

import numpy as np

from ..tflite.graph import Operator
from ..tflite.tensor import Tensor

Condition = Callable[[Operator], str]
_FUSED = {"NONE", "RELU", "RELU6", "RELU_N1_TO_1"}
_LONGEST_SOFTMAX = 16_000


def fused_relu(operator: Operator) -> str:
    return "" if operator.activation in _FUSED else f"its fused activation is {operator.activation}"


def no_fused_activation(operator: Operator) -> str:
    return "" if operator.activation == "NONE" else f"it has the fused activation {operator.activation}"


def constant_weights(operator: Operator) -> str:
    """Kernel and bias of a convolution or dense layer are constants."""
    image = 2 if operator.kind == "TRANSPOSE_CONV" else 0
    computed = [tensor for at, tensor in enumerate(operator.inputs) if at != image and _is_computed(tensor)]
    return "its weights are computed while it runs" if computed else ""


def constant_parameters(operator: Operator) -> str:
    """All inputs except one are constants."""
    return "its parameters are computed while it runs" if len(operator.computed) > 1 else ""


def equal_dilation(operator: Operator) -> str:
    height, width = operator.option("dilation_h", 1), operator.option("dilation_w", 1)
    return "" if height == width else f"its dilation is {height} x {width}"


def unit_strides(operator: Operator) -> str:
    steps = _constant(operator, 3)
    return "" if steps is None or set(steps.ravel().tolist()) <= {1} else "it takes every second value or fewer"


def pooled_strides(operator: Operator) -> str:
    sides = operator.option("filter_height"), operator.option("filter_width")
    strides = operator.option("stride_h"), operator.option("stride_w")
    return f"it pools 1 x 1 with strides {strides[0]} x {strides[1]}" if sides == (1, 1) and strides != (1, 1) else ""


def not_over_batch(operator: Operator) -> str:
    axes = {operator.option("axis", 0)} if operator.kind == "PACK" else _axes(operator)
    return "it works along the batch" if 0 in axes else ""


def depth_of_four(operator: Operator) -> str:
    image = operator.inputs[0]
    if image is None or len(image.shape) - 1 not in _axes(operator):
        return ""
    return "" if image.shape[-1] % 4 == 0 else f"it averages {image.shape[-1]} channels, not a multiple of 4"


def no_batch_padding(operator: Operator) -> str:
    amounts = _constant(operator, 1)
    return "" if amounts is None or not amounts[0].any() else "it pads the batch"


def alpha_per_channel(operator: Operator) -> str:
    alpha = operator.inputs[1] if len(operator.inputs) > 1 else None
    if alpha is None or all(side == 1 for side in alpha.shape[:-1]):
        return ""
    return f"its slopes have shape {alpha.shape}; shared_axes=[1, 2] makes them one for each channel"


def short_vector(operator: Operator) -> str:
    length = int(np.prod(operator.outputs[0].shape))
    return "" if length <= _LONGEST_SOFTMAX else f"it has {length} values, at most {_LONGEST_SOFTMAX} are taken"


CONDITIONS: dict[str, Condition] = {
    "alpha-per-channel": alpha_per_channel,
    "constant-parameters": constant_parameters,
    "constant-weights": constant_weights,
    "depth-of-four": depth_of_four,
    "equal-dilation": equal_dilation,
    "fused-relu": fused_relu,
    "no-batch-padding": no_batch_padding,
    "no-fused-activation": no_fused_activation,
    "not-over-batch": not_over_batch,
    "pooled-strides": pooled_strides,
    "short-vector": short_vector,
    "unit-strides": unit_strides,
}


def _is_computed(tensor: Tensor | None) -> bool:
    return tensor is not None and not tensor.is_constant


def _constant(operator: Operator, at: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.generic]] | None":
    tensor = operator.inputs[at] if at < len(operator.inputs) else None
    return None if tensor is None or not tensor.is_constant else tensor.values


def _axes(operator: Operator) -> set[int]:
    """Return the axes of a reduction as non-negative numbers."""
    axes, image = _constant(operator, 1), operator.inputs[0]
    rank = len(image.shape) if image is not None else 0
    return set() if axes is None or not rank else {int(axis) % rank for axis in axes.ravel()}
