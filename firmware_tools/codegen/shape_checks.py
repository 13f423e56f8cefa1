"""Checks that the shapes in a model are those that its operators make: the generated code relies on them."""

from functools import singledispatch

from .steps import (
    Addition,
    Concatenation,
    Convolution,
    Mean,
    Multiplication,
    Pad,
    Pool,
    Resize,
    Step,
    Window,
    unsupported,
)

Shape = tuple[int, ...]


def check_shape(step: Step) -> None:
    """Reject an output of another size than the step writes.

    Raises:
        DataError: the recorded shape does not follow from the inputs.
    """
    sizes = _made(step)
    if step.output.size != _product(sizes):
        raise unsupported(step.operators[0], f"it makes {sizes}, the model says {step.output.shape}")


@singledispatch
def _made(step: Step) -> Shape:
    """The shape that a step writes; by default that of its first input."""
    return step.inputs[0].shape


@_made.register(Addition)
@_made.register(Multiplication)
def _(step: Step) -> Shape:
    return max((value.shape for value in step.inputs), key=_product)


@_made.register
def _(step: Convolution) -> Shape:
    channels = step.weights.shape[-1] if step.depthwise else step.weights.shape[0]
    if len(step.inputs[0].shape) == 3 and step.operators[0].kind != "FULLY_CONNECTED":
        return (*_windows(step, step.window), channels)
    return (_product(step.inputs[0].shape[:-1]), channels)


@_made.register
def _(step: Pool) -> Shape:
    return (*_windows(step, step.window), step.inputs[0].channels)


@_made.register
def _(step: Mean) -> Shape:
    return (step.inputs[0].channels,)


@_made.register
def _(step: Pad) -> Shape:
    amounts = step.operators[0].inputs[1]
    assert amounts is not None
    more = amounts.values.sum(axis=1)[1:].tolist()
    return tuple(side + added for side, added in zip(step.inputs[0].shape, more, strict=True))


@_made.register
def _(step: Concatenation) -> Shape:
    return (step.outer, sum(value.size for value in step.inputs) // step.outer)


@_made.register
def _(step: Resize) -> Shape:
    return (*step.output.height_width, step.inputs[0].channels)


def _windows(step: Step, window: Window) -> Shape:
    """How many windows fit over the height and over the width."""
    same = step.operators[0].option("padding") == "SAME"
    sides = zip(step.inputs[0].height_width, window.kernel, window.stride, window.dilation, strict=True)
    return tuple(
        -(-(side - (0 if same else (kernel - 1) * dilation)) // stride) for side, kernel, stride, dilation in sides
    )


def _product(shape: Shape) -> int:
    size = 1
    for side in shape:
        size *= side
    return size
