"""Convolutions and dense layers as steps: window, folded bias and the multiplier of each channel."""

import numpy as np
import numpy.typing as npt

from edge_siamese.tflite.graph import Operator
from edge_siamese.tflite.tensor import Tensor

from .fixed_point import quantize_multiplier
from .steps import Activation, Convolution, Window, unsupported

_INT32 = 2**31
_SIDE = 2**16


def lower_convolution(operator: Operator, image: Activation, output: Activation) -> Convolution:
    """CONV_2D with int8 weights ``(out, height, width, in)``."""
    weights = _weights(operator)
    if weights.shape[3] != image.channels:
        raise unsupported(operator, f"it is grouped: {weights.shape[3]} of {image.channels} channels make an output")
    return _finish(operator, image, output, weights.values, convolution_window(operator, image, weights.shape[1:3]))


def lower_depthwise(operator: Operator, image: Activation, output: Activation) -> Convolution:
    """DEPTHWISE_CONV_2D with int8 weights ``(1, height, width, out)``."""
    weights = _weights(operator)
    if output.channels % image.channels:
        raise unsupported(operator, f"it makes {output.channels} channels of {image.channels}")
    window = convolution_window(operator, image, weights.shape[1:3])
    return _finish(operator, image, output, weights.values[0], window, depthwise=True)


def lower_dense(operator: Operator, image: Activation, output: Activation, *, once: bool) -> Convolution:
    """FULLY_CONNECTED with int8 weights ``(out, in)``, as a 1x1 convolution of rows."""
    weights = _weights(operator)
    if operator.option("weights_format"):
        raise unsupported(operator, "its weights are shuffled, expected the default format")
    depth = weights.shape[1]
    if image.size % depth:
        raise unsupported(operator, f"it reads rows of {depth} from {image.size} values")
    rows = image.view(1, image.size // depth, depth)
    one = (1, 1)
    values = weights.values.reshape(weights.shape[0], 1, 1, depth)
    return _finish(operator, rows, output, values, Window(one, one, one, (0, 0)), once=once)


def convolution_window(operator: Operator, image: Activation, kernel: tuple[int, ...]) -> Window:
    """The window of a convolution or pool from its options and the kernel's (height, width)."""
    stride = operator.option("stride_h"), operator.option("stride_w")
    dilation = operator.option("dilation_h", 1), operator.option("dilation_w", 1)
    if min(*stride, *dilation) < 1:
        raise unsupported(operator, f"its strides are {stride} and its dilation {dilation}, expected 1 or more")
    if len(image.shape) != 3 or max(image.shape) >= _SIDE:
        raise unsupported(operator, f"it reads {image.shape}, expected (height, width, channels) below {_SIDE}")
    padding = (0, 0)
    if operator.option("padding") == "SAME":
        padding = (
            _same_padding(image.shape[0], kernel[0], stride[0], dilation[0]),
            _same_padding(image.shape[1], kernel[1], stride[1], dilation[1]),
        )
    window = Window((kernel[0], kernel[1]), stride, dilation, padding)
    if max(*window.kernel, *stride, *dilation, *padding) > 255:
        raise unsupported(operator, f"its window {window} exceeds 255 pixels")
    return window


def _same_padding(side: int, kernel: int, stride: int, dilation: int) -> int:
    """Pixels before the image."""
    outputs = -(-side // stride)
    return int(max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - side, 0)) // 2


def _finish(
    operator: Operator,
    image: Activation,
    output: Activation,
    weights: npt.NDArray[np.int8],
    window: Window,
    *,
    once: bool = False,
    depthwise: bool = False,
) -> Convolution:
    channels = weights.shape[-1 if depthwise else 0]
    scales = _weights(operator).quantization
    assert scales is not None
    if len(scales.scales) not in {1, channels}:
        raise unsupported(operator, f"its weights have {len(scales.scales)} scales for {channels} channels")
    factors = image.scale * np.broadcast_to(scales.scales, channels).astype(np.float64) / output.scale
    pairs = [quantize_multiplier(float(factor)) for factor in factors]
    wide = weights.astype(np.int64)
    sums, magnitudes = (
        array.sum(axis=(0, 1)) if depthwise else array.sum(axis=(1, 2, 3)) for array in (wide, np.abs(wide))
    )
    bias = _bias(operator, channels)
    if not depthwise:
        bias = bias - image.zero_point * sums
    if np.any(np.abs(bias) + 255 * magnitudes >= _INT32):
        raise unsupported(operator, "its sums exceed 32 bits")
    return Convolution(
        (operator,),
        (image,),
        output,
        window=window,
        weights=weights,
        bias=bias,
        multipliers=np.array([multiplier for multiplier, _ in pairs]),
        shifts=np.array([shift for _, shift in pairs]),
        once=once,
        depthwise=depthwise,
    )


def _weights(operator: Operator) -> Tensor:
    weights = operator.inputs[1]
    assert weights is not None
    return weights


def _bias(operator: Operator, channels: int) -> npt.NDArray[np.int64]:
    bias = operator.inputs[2] if len(operator.inputs) > 2 else None
    return np.zeros(channels, np.int64) if bias is None else bias.values.reshape(channels).astype(np.int64)
