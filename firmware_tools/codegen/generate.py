"""int8 .tflite to C99: the whole way from bytes to sources and their report."""

from dataclasses import dataclass

from .emit import emit
from .fixed_point import Rounding
from .layouts import Backend, ConvolutionLayout, layout
from .lowering import Program, lower
from .planner import Plan, plan_arena
from .steps import Convolution, Mean


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


def generate(model: bytes, name: str, *, backend: Backend = "c", rounding: Rounding = "litert") -> GeneratedNetwork:
    """Make C of a model.

    Args:
        model: bytes of an int8 .tflite.
        name: a C identifier, the prefix of everything public.
        backend: ``"c"`` for any core, ``"dsp"`` for Armv7E-M and Armv8-M with the DSP extension.
        rounding: of dense layers, as LiteRT or as TFLite Micro does it.

    Raises:
        ModelError: the bytes are no model.
        DataError: code cannot be made for it; the sentence names operator and tensor.
        RuntimeMissingError: the reference kernels, which give the tables, are not installed.
    """
    program = lower(model, rounding)
    layouts = choose_layouts(program, backend)
    plan = plan_arena(program)
    return GeneratedNetwork(name, emit(name, program, plan, layouts, backend), program, plan, layouts, backend)


def choose_layouts(program: Program, backend: Backend) -> dict[int, ConvolutionLayout]:
    """Layouts of convolutions by `id` of the step; sets the scratch of every step."""
    layouts: dict[int, ConvolutionLayout] = {}
    for step in program.steps:
        if isinstance(step, Convolution):
            layouts[id(step)] = layout(step, backend)
            step.scratch = layouts[id(step)].scratch
        elif isinstance(step, Mean):
            step.scratch = 4 * step.output.size
    return layouts
