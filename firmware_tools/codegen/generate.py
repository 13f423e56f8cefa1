"""Generates C99 sources and a report from an int8 .tflite."""

from dataclasses import dataclass

from edge_siamese.errors import DataError

from .emit import emit
from .fixed_point import Rounding
from .layouts import Backend, ConvolutionLayout, layout
from .lowering import Program, lower
from .planner import Plan, plan_arena
from .steps import Convolution, Mean
from .striping import fit, stream


@dataclass(frozen=True, eq=False)
class GeneratedNetwork:
    """A network as C.

    Attributes:
        name: prefix of its functions.
        sources: C text by file name.
        program, plan, layouts: what it was made from.
        backend: of its kernels.
    """

    name: str
    sources: dict[str, str]
    program: Program
    plan: Plan
    layouts: dict[int, ConvolutionLayout]
    backend: Backend


def generate(
    model: bytes,
    name: str,
    *,
    backend: Backend = "c",
    rounding: Rounding = "litert",
    ram_budget: int | None = None,
    stream_input: bool = False,
) -> GeneratedNetwork:
    """Make C of a model.

    Args:
        model: bytes of an int8 .tflite.
        name: a C identifier, the prefix of everything public.
        backend: ``"c"`` for any core, ``"dsp"`` for Armv7E-M and Armv8-M with the DSP extension.
        rounding: of dense layers, as LiteRT or as TFLite Micro does it.
        ram_budget: bytes that the arena may take; chains of steps are computed in stripes until it fits.
        stream_input: the caller gives rows of the input when they are needed, so it takes no arena.

    Raises:
        ModelError: the bytes are no model.
        DataError: code cannot be made for it; the sentence names operator and tensor.
        RuntimeMissingError: the reference kernels, which give the tables, are not installed.
    """
    program = lower(model, rounding)
    known: dict[int, ConvolutionLayout] = {}
    if ram_budget is not None:
        program = fit(program, ram_budget, lambda each: choose_layouts(each, backend, known), streamed=stream_input)
    elif stream_input:
        program = stream(program)
    layouts = choose_layouts(program, backend, known)
    plan = plan_arena(program)
    if ram_budget is not None and plan.size > ram_budget:
        raise DataError(f"the arena found takes {plan.size:,} bytes; the budget is {ram_budget:,}")
    return GeneratedNetwork(name, emit(name, program, plan, layouts, backend), program, plan, layouts, backend)


def choose_layouts(
    program: Program, backend: Backend, known: dict[int, ConvolutionLayout] | None = None
) -> dict[int, ConvolutionLayout]:
    """Layouts of convolutions by `id` of the step; sets the scratch of every step.

    Args:
        program: the steps.
        backend: of the kernels.
        known: layouts found before by `id` of the weights; grows.
    """
    known = {} if known is None else known
    layouts: dict[int, ConvolutionLayout] = {}
    for step in program.steps:
        if isinstance(step, Convolution):
            chosen = layout(step, backend, known.get(id(step.weights)))
            known.setdefault(id(step.weights), chosen)
            layouts[id(step)] = chosen
            step.scratch = chosen.scratch
        elif isinstance(step, Mean):
            step.scratch = 4 * step.output.size
    return layouts
