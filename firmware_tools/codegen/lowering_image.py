"""Operators that move or average pixels as steps: pools, means, pads, concatenations, resizes."""

import math

import numpy as np
import numpy.typing as npt

from edge_siamese.tflite.graph import Operator

from .lowering_conv import convolution_window
from .steps import Activation, Concatenation, Mean, Pad, Pool, Resize, unsupported


def lower_pool(operator: Operator, inputs: tuple[Activation, ...], output: Activation) -> Pool:
    """AVERAGE_POOL_2D or MAX_POOL_2D."""
    (image,) = inputs
    _same_scale(operator, image, output)
    window = convolution_window(operator, image, (operator.option("filter_height"), operator.option("filter_width")))
    return Pool((operator,), (image,), output, window=window, average=operator.kind == "AVERAGE_POOL_2D")


def lower_mean(operator: Operator, inputs: tuple[Activation, ...], output: Activation) -> Mean:
    """MEAN over height and width."""
    image = inputs[0]
    axes = {int(axis) % (len(image.shape) + 1) for axis in _constant(operator, 1).ravel()}
    if len(image.shape) != 3 or axes != {1, 2}:
        raise unsupported(
            operator, f"it averages {image.shape} over the axes {sorted(axes)}, expected height and width"
        )
    return Mean((operator,), (image,), output)


def lower_pad(operator: Operator, inputs: tuple[Activation, ...], output: Activation) -> Pad:
    """PAD with constant amounts."""
    image = inputs[0]
    _same_scale(operator, image, output)
    amounts = _constant(operator, 1)
    if len(image.shape) != 3 or amounts.shape != (4, 2) or amounts[0].any() or amounts.min() < 0 or amounts.max() > 255:
        raise unsupported(operator, f"it pads {image.shape} by {amounts.tolist()}, expected an image and no batch")
    top, left, channels = (int(amounts[axis, 0]) for axis in (1, 2, 3))
    return Pad((operator,), (image,), output, before=(top, left, channels))


def lower_concatenation(operator: Operator, inputs: tuple[Activation, ...], output: Activation) -> Concatenation:
    """CONCATENATION along any axis but the batch."""
    rank = len(operator.outputs[0].shape)
    axis = operator.option("axis") % rank
    if axis == 0 and rank > 1:
        raise unsupported(operator, "it joins batches")
    for each in inputs:
        _same_scale(operator, each, output)
    outer = math.prod(output.shape[: axis - 1]) if rank > 1 else 1
    return Concatenation((operator,), inputs, output, outer=outer)


def lower_resize(operator: Operator, inputs: tuple[Activation, ...], output: Activation) -> Resize:
    """RESIZE_BILINEAR or RESIZE_NEAREST_NEIGHBOR."""
    image = inputs[0]
    _same_scale(operator, image, output)
    return Resize(
        (operator,),
        (image,),
        output,
        bilinear=operator.kind == "RESIZE_BILINEAR",
        align_corners=operator.option("align_corners", False),
        half_pixel_centers=operator.option("half_pixel_centers", False),
    )


def _same_scale(operator: Operator, image: Activation, output: Activation) -> None:
    if (image.scale, image.zero_point) != (output.scale, output.zero_point):
        raise unsupported(operator, f"'{image.name}' and its result have different scales or zero points")


def _constant(operator: Operator, at: int) -> npt.NDArray[np.int64]:
    tensor = operator.inputs[at] if at < len(operator.inputs) else None
    if tensor is None or not tensor.is_constant:
        raise unsupported(operator, "its parameters are computed while it runs, expected constants")
    return tensor.values.astype(np.int64)
