"""The C of one step: constant tables, the description its kernel reads, and the call."""

from functools import singledispatch

import numpy as np
import numpy.typing as npt

from .c_text import array
from .emit_context import Context, StepText, struct_text, table_name, table_text
from .emit_conv import convolution_text, window_fields
from .fixed_point import quantize_multiplier
from .layouts import SHORT_SHIFTS
from .steps import (
    Activation,
    Addition,
    Concatenation,
    Convolution,
    L2Normalization,
    Lookup,
    Mean,
    Multiplication,
    Pad,
    Pool,
    PRelu,
    ReadRows,
    Resize,
    Softmax,
    Step,
    Window,
    unsupported,
)

_MAX_ADD_SHIFT = 30


@singledispatch
def step_text(step: Step, context: Context) -> StepText:
    """The C of a step.

    Raises:
        DataError: its numbers are beyond what the kernels take.
    """
    raise unsupported(step.operators[0], "there are no kernels for this operator")


step_text.register(Convolution)(convolution_text)


@step_text.register
def _(step: Lookup, context: Context) -> StepText:
    call = f"es_lookup({step.output.size}, {table_name(step, context)}, {{0}}, {{output}});"
    return StepText(table_text(step, context), call, ("es_elementwise",))


@step_text.register
def _(step: Addition, context: Context) -> StepText:
    first, second = step.inputs
    twice = 2 * max(first.scale, second.scale)
    zeros = (first.zero_point, second.zero_point, step.result_zero)
    factors = (first.scale / twice, second.scale / twice, twice / (2**20 * step.result_scale))
    rows = []
    for at, (factor, zero) in enumerate(zip(factors, zeros, strict=True)):
        multiplier, shift = quantize_multiplier(factor)
        if not multiplier or not -_MAX_ADD_SHIFT <= shift <= (0 if at < 2 else -1):
            raise unsupported(step.operators[0], f"the scales of operands and result are too different ({factor:.3g})")
        if context.backend != "mve":
            multiplier = 2 * multiplier - 2**32
        rows.append(f"{{{zero}, {multiplier}, {-shift}}}")
    fields = [
        ("size", str(step.output.size)),
        ("repeat", str(second.size)),
        *zip(("first", "second", "sum"), rows, strict=True),
        ("sign", str(step.sign)),
        ("table", table_name(step, context)),
    ]
    return _elementwise(step, context, "es_add", fields)


@step_text.register
def _(step: Multiplication, context: Context) -> StepText:
    first, second = step.inputs
    scale = step.result_scale
    factor = float(np.float32(first.scale) * np.float32(second.scale) / np.float32(scale))
    multiplier, shift = quantize_multiplier(factor)
    short = -shift in SHORT_SHIFTS
    if short and context.backend != "mve":
        multiplier, shift = 2 * multiplier - 2**32, -shift
    fields = [
        ("size", str(step.output.size)),
        ("repeat", str(second.size)),
        ("rounding", "ES_ROUND_FAST" if short else "ES_ROUND_TWICE"),
        ("first_zero", str(first.zero_point)),
        ("second_zero", str(second.zero_point)),
        ("out_zero", str(step.result_zero)),
        ("multiplier", str(multiplier)),
        ("shift", str(shift)),
        ("table", table_name(step, context)),
    ]
    return _elementwise(step, context, "es_mul", fields)


def _elementwise(step: Step, context: Context, kernel: str, fields: list[tuple[str, str]]) -> StepText:
    data = table_text(step, context)
    operands = ["{0}", "{1}"]
    for at, operand in enumerate(step.inputs):
        if operand.constant is not None:
            operands[at] = context.name(f"operand{at}")
            data += array(operands[at], operand.constant)
    data += struct_text(kernel, context.name("layer"), fields)
    call = f"{kernel}(&{context.name('layer')}, {operands[0]}, {operands[1]}, {{output}});"
    return StepText(data, call, ("es_elementwise",))


@step_text.register
def _(step: Mean, context: Context) -> StepText:
    (image,) = step.inputs
    pixels = image.size // image.channels
    multiplier, shift = quantize_multiplier(image.scale / step.result_scale)
    more = min(pixels.bit_length() - 1, 32, 31 + shift)
    fields = [
        ("pixels", str(pixels)),
        ("channels", str(image.channels)),
        ("offset", str(-image.zero_point * pixels)),
        ("multiplier", str((multiplier << more) // pixels)),
        ("shift", str(shift - more)),
        ("out_zero", str(step.result_zero)),
        ("table", table_name(step, context)),
    ]
    data = table_text(step, context) + struct_text("es_mean", context.name("layer"), fields)
    return StepText(data, f"es_mean(&{context.name('layer')}, {{0}}, {{output}}, {{scratch}});", ("es_mean",))


@step_text.register
def _(step: Pool, context: Context) -> StepText:
    window = context.name("window")
    data = table_text(step, context) + _window(window, step.window, step.inputs[0], step.output)
    kernel = "es_average_pool" if step.average else "es_max_pool"
    return StepText(data, f"{kernel}(&{window}, {table_name(step, context)}, {{0}}, {{output}});", ("es_pool",))


@step_text.register
def _(step: Pad, context: Context) -> StepText:
    one = (1, 1)
    window = context.name("window")
    data = _window(window, Window(one, one, one, step.before[:2]), step.inputs[0], step.output)
    call = f"es_pad(&{window}, {step.before[2]}, {step.output.zero_point}, {{0}}, {{output}});"
    return StepText(data, call, ("es_image",))


@step_text.register
def _(step: Concatenation, context: Context) -> StepText:
    pitch = step.output.size // step.outer
    data, calls, offset = "", [], 0
    for at, piece in enumerate(step.inputs):
        source = f"{{{at}}}"
        if piece.constant is not None:
            source = context.name(f"operand{at}")
            data += array(source, piece.constant)
        size = piece.size // step.outer
        calls.append(f"es_place({step.outer}, {size}, {pitch}, {source}, {{output}} + {offset});")
        offset += size
    return StepText(data, "\n    ".join(calls), ("es_image",))


@step_text.register
def _(step: Resize, context: Context) -> StepText:
    (height, width), (out_height, out_width) = step.inputs[0].height_width, step.output.height_width
    fields = [
        ("in_height", str(height)),
        ("in_width", str(width)),
        ("out_height", str(out_height)),
        ("out_width", str(out_width)),
        ("channels", str(step.output.channels)),
        ("half_pixel_centers", str(int(step.half_pixel_centers))),
        ("scale_height", str(_resize_scale(height, out_height, step.align_corners))),
        ("scale_width", str(_resize_scale(width, out_width, step.align_corners))),
    ]
    layer = context.name("layer")
    data = struct_text("es_resize", layer, fields)
    if step.bilinear:
        return StepText(data, f"es_resize_bilinear(&{layer}, {{0}}, {{output}});", ("es_image",))
    rows, columns = context.name("rows"), context.name("columns")
    data += array(rows, _nearest(step, height, out_height)) + array(columns, _nearest(step, width, out_width))
    return StepText(data, f"es_resize_nearest(&{layer}, {rows}, {columns}, {{0}}, {{output}});", ("es_image",))


@step_text.register
def _(step: L2Normalization, context: Context) -> StepText:
    (source,) = step.inputs
    vectors = source.size // source.channels
    call = f"es_l2_normalize({vectors}, {source.channels}, {source.zero_point}, {{0}}, {{output}});"
    return StepText("", call, ("es_l2",))


@step_text.register
def _(step: Softmax, context: Context) -> StepText:
    (source,) = step.inputs
    name = context.name("exponentials")
    call = f"es_softmax({source.size // source.channels}, {source.channels}, {name}, {{0}}, {{output}});"
    return StepText(array(name, step.exponentials.astype(np.int32)), call, ("es_softmax",))


@step_text.register
def _(step: PRelu, context: Context) -> StepText:
    source, slopes = step.inputs
    (above, above_shift), (below, below_shift) = (
        quantize_multiplier(float(factor) / step.result_scale) for factor in (source.scale, source.scale * slopes.scale)
    )
    fields = [
        ("size", str(source.size)),
        ("repeat", str(slopes.size)),
        ("in_zero", str(source.zero_point)),
        ("slope_zero", str(slopes.zero_point)),
        ("out_zero", str(step.result_zero)),
        ("above", str(above)),
        ("above_shift", str(above_shift)),
        ("below", str(below)),
        ("below_shift", str(below_shift)),
    ]
    name = context.name("slopes")
    assert slopes.constant is not None
    data = array(name, slopes.constant) + struct_text("es_prelu", context.name("layer"), fields)
    return StepText(data, f"es_prelu(&{context.name('layer')}, {{0}}, {name}, {{output}});", ("es_prelu",))


@step_text.register
def _(step: ReadRows, context: Context) -> StepText:
    return StepText("", f"read(user, {step.first}, {step.output.height_width[0]}, {{output}});", ())


def _resize_scale(side: int, out_side: int, align_corners: bool) -> int:
    """Input pixels for one of the output, 10 fractional bits."""
    if align_corners and out_side > 1:
        side, out_side = side - 1, out_side - 1
    return (1024 * side + out_side // 2) // out_side


def _nearest(step: Resize, side: int, out_side: int) -> npt.NDArray[np.uint16]:
    """Which row or column of the input each one of the output shows, computed in float32 as the runtimes do."""
    at = np.arange(out_side, dtype=np.float32) + np.float32(0.5 if step.half_pixel_centers else 0)
    if step.align_corners and out_side > 1:
        at = at * (np.float32(side - 1) / np.float32(out_side - 1))
        found = np.floor(at + np.float32(0.5))
    else:
        found = np.floor(at * (np.float32(side) / np.float32(out_side)))
    rows: npt.NDArray[np.uint16] = np.clip(found, 0, side - 1).astype(np.uint16)
    return rows


def _window(name: str, window: Window, image: Activation, output: Activation) -> str:
    return f"static const struct es_window {name} = {window_fields(window, image, output)};\n"
