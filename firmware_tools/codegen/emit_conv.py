"""The C of a convolution."""

import numpy as np
import numpy.typing as npt

from .c_text import array, struct_array
from .emit_context import Context, StepText, struct_text, table_name, table_text
from .steps import Activation, Convolution, Window


def convolution_text(step: Convolution, context: Context) -> StepText:
    """The C of a convolution or dense layer."""
    chosen = context.layouts[id(step)]
    rounding, channels = channel_rows(step, short=chosen.short, wide=context.backend != "mve")
    rows = np.pad(channels, ((0, -len(channels) % 4), (0, 0)))
    weights, names = context.shared("weights", step.weights), context.shared("channels", step.weights)
    data = table_text(step, context)
    if context.owns(step.weights):
        data += array(weights, chosen.weights) + struct_array("es_channel", names, rows.tolist())
    fields = [
        ("window", window_fields(step.window, step.inputs[0], step.output)),
        ("depth", str(chosen.depth)),
        ("in_zero", str(step.inputs[0].zero_point)),
        ("out_zero", str(step.result_zero)),
        ("rounding", rounding),
        ("direct", str(int(chosen.direct))),
        ("weights", weights),
        ("channels", names),
        ("table", table_name(step, context)),
    ]
    data += struct_text("es_conv", context.name("layer"), fields)
    scratch = "" if chosen.kernel == "es_depthwise_any" else ", {scratch}"
    return StepText(data, f"{chosen.kernel}(&{context.name('layer')}, {{0}}, {{output}}{scratch});", (chosen.kernel,))


def channel_rows(step: Convolution, *, short: bool, wide: bool) -> tuple[str, npt.NDArray[np.int64]]:
    """The rounding of a convolution and ``(out, 3)`` of bias, multiplier and shift.

    The short form has the multiplier doubled where the kernels multiply without a vector unit, `wide`.
    """
    if short and not wide:
        return "ES_ROUND_FAST", np.stack([step.bias, step.multipliers, step.shifts], axis=1)
    if short:
        return "ES_ROUND_FAST", np.stack([step.bias, 2 * step.multipliers - 2**32, -step.shifts], axis=1)
    rounding = "ES_ROUND_ONCE" if step.once else "ES_ROUND_TWICE"
    return rounding, np.stack([step.bias, step.multipliers, step.shifts], axis=1)


def window_fields(window: Window, image: Activation, output: Activation) -> str:
    """Initializer of a struct es_window."""
    numbers = (
        *image.height_width, image.channels, *output.height_width, output.channels,
        *window.kernel, *window.stride, *window.dilation, *window.padding,
    )  # fmt: skip
    return "{" + ", ".join(map(str, numbers)) + "}"
