"""Random int8 operators for fuzz tests: each function draws one and adds it to a model."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from .builder import ModelBuilder

Draw = Callable[[Any], Any]
_SCALES = st.floats(1 / 256, 0.25, width=32)
_ZEROS = st.integers(-128, 127) | st.sampled_from([-128, 0, 127])


def _rng(draw: Draw) -> np.random.Generator:
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1)))


def _same(side: int, stride: int) -> int:
    return -(-side // stride)


def _window(draw: Draw, height: int, width: int) -> tuple[int, int, int, int, int, int, int, int, int]:
    """Kernel, strides, dilations, padding and the output's size."""
    padding = draw(st.integers(0, 1))
    kernel = [draw(st.sampled_from([1, 3, 5, 2, 4, 7])) for _ in range(2)]
    if draw(st.booleans()):
        kernel[1] = kernel[0]
    strides = [draw(st.integers(1, 3)) for _ in range(2)]
    if draw(st.booleans()):
        strides[1] = strides[0]
    dilations = [1, 1] if draw(st.booleans()) or max(strides) > 1 else [draw(st.integers(1, 2)) for _ in range(2)]
    if padding:  # VALID needs the window inside the image
        kernel = [min(kernel[0], height), min(kernel[1], width)]
        dilations = [
            d if (k - 1) * d + 1 <= s else 1 for k, d, s in zip(kernel, dilations, (height, width), strict=True)
        ]
    sides = [
        _same(side - (k - 1) * d, s) if padding else _same(side, s)
        for side, k, d, s in zip((height, width), kernel, dilations, strides, strict=True)
    ]
    return *kernel, *strides, *dilations, padding, *sides  # type: ignore[return-value]


def _image(draw: Draw, model: ModelBuilder, channels: int | None = None) -> tuple[int, int, int, int, float, int]:
    height, width = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    channels = channels or draw(st.integers(1, 9) | st.sampled_from([16, 24]))
    scale, zero = draw(_SCALES), draw(_ZEROS)
    return model.input([1, height, width, channels], scale, zero), height, width, channels, scale, zero


def _weights(draw: Draw, model: ModelBuilder, shape: list[int], axis: int, scale: float) -> tuple[int, int]:
    rng = _rng(draw)
    count = shape[axis]
    values = rng.integers(-127, 128, shape).astype(np.int8)
    scales = np.float32(rng.uniform(0.0005, 0.02, count) if draw(st.booleans()) else np.full(1, 0.004))
    weights = model.tensor(shape, scales.tolist(), [0] * len(scales), values=values, axis=axis)
    bias = model.tensor(
        [count], (scales * scale).tolist(), [0] * len(scales), dtype="int32", values=rng.integers(-3000, 3000, count)
    )
    return weights, bias


def add_conv(draw: Draw, model: ModelBuilder) -> None:
    image, height, width, channels, scale, _ = _image(draw, model)
    kh, kw, sh, sw, dh, dw, padding, oh, ow = _window(draw, height, width)
    out = draw(st.integers(1, 11))
    weights, bias = _weights(draw, model, [out, kh, kw, channels], 0, scale)
    result = model.tensor([1, oh, ow, out], draw(_SCALES), draw(_ZEROS))
    model.operator(
        "CONV_2D", [image, weights, bias], [result], "Conv2DOptions", padding=padding, strideH=sh, strideW=sw,
        dilationHFactor=dh, dilationWFactor=dw, fusedActivationFunction=draw(st.sampled_from([0, 1, 2, 3])),
    )  # fmt: skip
    model.output(result)


def add_depthwise(draw: Draw, model: ModelBuilder) -> None:
    image, height, width, channels, scale, _ = _image(draw, model)
    kh, kw, sh, sw, dh, dw, padding, oh, ow = _window(draw, height, width)
    multiplier = draw(st.sampled_from([1, 1, 1, 2, 3]))
    weights, bias = _weights(draw, model, [1, kh, kw, channels * multiplier], 3, scale)
    result = model.tensor([1, oh, ow, channels * multiplier], draw(_SCALES), draw(_ZEROS))
    model.operator(
        "DEPTHWISE_CONV_2D", [image, weights, bias], [result], "DepthwiseConv2DOptions", padding=padding, strideH=sh,
        strideW=sw, dilationHFactor=dh, dilationWFactor=dw, depthMultiplier=multiplier,
        fusedActivationFunction=draw(st.sampled_from([0, 1, 2, 3])),
    )  # fmt: skip
    model.output(result)


def add_dense(draw: Draw, model: ModelBuilder) -> None:
    depth, out, scale = draw(st.integers(1, 70)), draw(st.integers(1, 20)), draw(_SCALES)
    vector = model.input([1, depth], scale, draw(_ZEROS))
    rng = _rng(draw)
    values = rng.integers(-127, 128, [out, depth]).astype(np.int8)
    weight_scale = float(np.float32(rng.uniform(0.0005, 0.02)))
    weights = model.tensor([out, depth], weight_scale, values=values)
    bias = model.tensor([out], weight_scale * scale, dtype="int32", values=rng.integers(-3000, 3000, out))
    result = model.tensor([1, out], draw(_SCALES), draw(_ZEROS))
    model.operator(
        "FULLY_CONNECTED", [vector, weights, bias if draw(st.booleans()) else -1], [result], "FullyConnectedOptions",
        fusedActivationFunction=draw(st.sampled_from([0, 1, 3])),
    )  # fmt: skip
    model.output(result)


def _operands(draw: Draw, model: ModelBuilder) -> tuple[list[int], list[int]]:
    first, height, width, channels, _, _ = _image(draw, model)
    shape = [1, height, width, channels]
    kind = draw(st.sampled_from(["same", "channels", "constant"]))
    small = shape if kind == "same" else [1, 1, 1, channels]
    scale, zero = draw(_SCALES), draw(_ZEROS)
    if kind == "constant":
        small = draw(st.sampled_from([[1, 1, 1, channels], [1, channels], [channels], shape, shape[1:]]))
        values = _rng(draw).integers(-128, 128, small).astype(np.int8)
        return [first, model.tensor(small, scale, zero, values=values)], shape
    return [first, model.input(small, scale, zero)], shape


def add_sum(draw: Draw, model: ModelBuilder) -> None:
    operands, shape = _operands(draw, model)
    result = model.tensor(shape, draw(_SCALES), draw(_ZEROS))
    kind, table = draw(st.sampled_from([("ADD", "AddOptions"), ("ADD", "AddOptions"), ("SUB", "SubOptions")]))
    model.operator(kind, operands, [result], table, fusedActivationFunction=draw(st.sampled_from([0, 1, 3])))
    model.output(result)


def add_product(draw: Draw, model: ModelBuilder) -> None:
    operands, shape = _operands(draw, model)
    result = model.tensor(shape, draw(_SCALES), draw(_ZEROS))
    swapped = draw(st.booleans())
    model.operator(
        "MUL", operands[::-1] if swapped else operands, [result], "MulOptions",
        fusedActivationFunction=draw(st.sampled_from([0, 1, 3])),
    )  # fmt: skip
    model.output(result)


def add_mean(draw: Draw, model: ModelBuilder) -> None:
    image, _, _, channels, _, _ = _image(draw, model)
    axes = model.tensor([2], None, dtype="int32", values=np.array([1, 2]))
    keep = draw(st.booleans())
    result = model.tensor([1, 1, 1, channels] if keep else [1, channels], draw(_SCALES), draw(_ZEROS))
    model.operator("MEAN", [image, axes], [result], "ReducerOptions", keepDims=keep)
    model.output(result)


def add_pool(draw: Draw, model: ModelBuilder) -> None:
    image, height, width, channels, scale, zero = _image(draw, model)
    kh, kw, sh, sw, _, _, padding, _, _ = _window(draw, height, width)
    sides = [
        _same(side - k + 1, s) if padding else _same(side, s) for side, k, s in ((height, kh, sh), (width, kw, sw))
    ]
    result = model.tensor([1, *sides, channels], scale, zero)
    kind = draw(st.sampled_from(["MAX_POOL_2D", "AVERAGE_POOL_2D"]))
    model.operator(
        kind, [image], [result], "Pool2DOptions", padding=padding, strideH=sh, strideW=sw, filterHeight=kh, filterWidth=kw,
        fusedActivationFunction=draw(st.sampled_from([0, 1, 3])),
    )  # fmt: skip
    model.output(result)


def add_moved(draw: Draw, model: ModelBuilder) -> None:
    """PAD, CONCATENATION, RESHAPE or a resize."""
    kind = draw(st.sampled_from(["PAD", "CONCATENATION", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "RESHAPE"]))
    image, height, width, channels, scale, zero = _image(draw, model)
    if kind == "PAD":
        amounts = np.array([[0, 0], *([draw(st.integers(0, 3)) for _ in range(2)] for _ in range(3))])
        inputs = [image, model.tensor([4, 2], None, dtype="int32", values=amounts)]
        shape, table, fields = (np.array([1, height, width, channels]) + amounts.sum(axis=1)).tolist(), "PadOptions", {}
    elif kind == "CONCATENATION":
        axis = draw(st.integers(1, 3))
        other, shape = [1, height, width, channels], [1, height, width, channels]
        other[axis] = draw(st.integers(1, 5))
        shape[axis] += other[axis]
        inputs, table, fields = [image, model.input(other, scale, zero)], "ConcatenationOptions", {"axis": axis}
    elif kind == "RESHAPE":
        shape, table = [1, height * width * channels], "ReshapeOptions"
        inputs, fields = [image, model.tensor([2], None, dtype="int32", values=np.array(shape))], {"newShape": shape}
    else:
        size = [draw(st.integers(1, 20)), draw(st.integers(1, 20))]
        inputs = [image, model.tensor([2], None, dtype="int32", values=np.array(size))]
        modes = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
        table = "ResizeBilinearOptions" if kind == "RESIZE_BILINEAR" else "ResizeNearestNeighborOptions"
        shape, fields = [1, *size, channels], {"alignCorners": modes[0], "halfPixelCenters": modes[1]}
    result = model.tensor(shape, scale, zero)
    model.operator(kind, inputs, [result], table, **fields)
    model.output(result)


def add_pointwise(draw: Draw, model: ModelBuilder) -> None:
    """A function of one tensor, alone or behind a convolution."""
    image, height, width, channels, scale, _ = _image(draw, model)
    source, shape = image, [1, height, width, channels]
    if draw(st.booleans()):
        weights, bias = _weights(draw, model, [channels, 1, 1, channels], 0, scale)
        source = model.tensor(shape, draw(_SCALES), draw(_ZEROS))
        model.operator("CONV_2D", [image, weights, bias], [source], "Conv2DOptions", padding=1, strideH=1, strideW=1)
    kind = draw(st.sampled_from(["silu", "HARD_SWISH", "LOGISTIC", "scalar", "RELU", "RELU6", "QUANTIZE", "TANH"]))
    fixed = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}
    result = model.tensor(shape, *fixed.get(kind, (draw(_SCALES), draw(_ZEROS))))
    if kind == "silu":
        gate = model.tensor(shape, *fixed["LOGISTIC"])
        model.operator("LOGISTIC", [source], [gate])
        model.operator("MUL", [source, gate], [result], "MulOptions")
    elif kind == "scalar":
        constant = model.tensor([], draw(_SCALES), draw(_ZEROS), values=np.array(draw(st.integers(-128, 127))))
        model.operator("MUL", [source, constant], [result], "MulOptions")
    else:
        model.operator(kind, [source], [result])
    model.output(result)


def add_l2(draw: Draw, model: ModelBuilder) -> None:
    shape = [1, draw(st.integers(1, 300))]
    vector = model.input(shape, draw(_SCALES), draw(_ZEROS))
    result = model.tensor(shape, 1 / 128, 0)
    model.operator("L2_NORMALIZATION", [vector], [result], "L2NormOptions")
    model.output(result)


def add_softmax(draw: Draw, model: ModelBuilder) -> None:
    """The reference kernel ends the program where more than 511 values are nearly equal."""
    shape = [*draw(st.sampled_from([[1], [1, 3], [1, 2, 3]])), draw(st.integers(1, 60) | st.just(511))]
    vector = model.input(
        shape, draw(_SCALES | st.floats(0.25, 4.0, width=32) | st.sampled_from([2.0**-20, 100.0])), draw(_ZEROS)
    )
    result = model.tensor(shape, 1 / 256, -128)
    model.operator("SOFTMAX", [vector], [result], "SoftmaxOptions", beta=draw(st.sampled_from([1.0, 1.0, 0.5, 3.0])))
    model.output(result)


def add_prelu(draw: Draw, model: ModelBuilder) -> None:
    image, height, width, channels, _, _ = _image(draw, model)
    count = channels if draw(st.booleans()) else 1
    values = _rng(draw).integers(-128, 128, [1, 1, count]).astype(np.int8)
    slopes = model.tensor([1, 1, count], draw(_SCALES), draw(_ZEROS), values=values)
    result = model.tensor([1, height, width, channels], draw(_SCALES), draw(_ZEROS))
    model.operator("PRELU", [image, slopes], [result])
    model.output(result)


FAMILIES: dict[str, Callable[[Draw, ModelBuilder], None]] = {
    "conv": add_conv,
    "depthwise": add_depthwise,
    "dense": add_dense,
    "sum": add_sum,
    "product": add_product,
    "mean": add_mean,
    "pool": add_pool,
    "moved": add_moved,
    "pointwise": add_pointwise,
    "l2": add_l2,
    "softmax": add_softmax,
    "prelu": add_prelu,
}
