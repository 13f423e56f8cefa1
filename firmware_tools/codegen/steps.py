"""What generated code does, step by step: activations, and the kernels that compute one from others."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError
from edge_siamese.tflite.graph import Operator
from edge_siamese.tflite.tensor import Quantization

Table = npt.NDArray[np.int8]


@dataclass(eq=False)
class Activation:
    """An int8 array of one run, or a constant operand.

    Attributes:
        name: name of the tensor, for messages.
        shape: without the batch dimension of 1, at least one side.
        scale, zero_point: of the whole tensor.
        constant: int8 values that never change; None for what lives in the arena.
        view_of: the activation whose bytes these are, in another shape or in part.
        begin: first byte of a part.
    """

    name: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    constant: npt.NDArray[np.int8] | None = None
    view_of: "Activation | None" = None
    begin: int = 0

    @property
    def storage(self) -> "Activation":
        """The activation that owns the bytes."""
        return self.view_of.storage if self.view_of else self

    @property
    def offset(self) -> int:
        """First byte in the storage."""
        return self.begin + (self.view_of.offset if self.view_of else 0)

    def rows(self, first: int, last: int) -> "Activation":
        """A part of an image: its rows from `first` to before `last`."""
        shape = (last - first, *self.shape[1:])
        begin = first * self.shape[1] * self.shape[2]
        return Activation(self.name, shape, self.scale, self.zero_point, view_of=self, begin=begin)

    def view(self, *shape: int) -> "Activation":
        """The same bytes in another shape."""
        return Activation(self.name, shape, self.scale, self.zero_point, self.constant, view_of=self)

    @property
    def size(self) -> int:
        """Bytes."""
        return int(np.prod(self.shape))

    @property
    def channels(self) -> int:
        return self.shape[-1]

    @property
    def height_width(self) -> tuple[int, int]:
        """Of an image; a vector is an image of one pixel."""
        return (1, 1) if len(self.shape) < 3 else (self.shape[-3], self.shape[-2])


@dataclass(eq=False)
class Step:
    """One call of a kernel.

    Attributes:
        operators: of the graph, the one that names the step first.
        inputs: activations it reads; constants among them are stored with the code.
        output: the activation it writes.
        table: int8 ``(256,)``, what a result of -128 to 127 is replaced by; None leaves it.
        scratch: bytes of the arena it needs while it runs.
        in_place: its output may take the place of an input of the same size.
    """

    operators: tuple[Operator, ...]
    inputs: tuple[Activation, ...]
    output: Activation
    table: Table | None = field(default=None, kw_only=True)
    scratch: int = field(default=0, kw_only=True)
    in_place: bool = field(default=False, kw_only=True)

    @property
    def result_scale(self) -> float:
        """Scale of the result before the table."""
        return _quantization(self.operators[0]).scale

    @property
    def result_zero(self) -> int:
        """Zero point of the result before the table."""
        return _quantization(self.operators[0]).zero_point

    @property
    def kind(self) -> str:
        """What people call it: the operators it stands for."""
        return "+".join(operator.kind for operator in self.operators)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one run."""
        return 0


@dataclass(frozen=True)
class Window:
    """How a kernel moves over an image, (height, width) each.

    Attributes:
        kernel, stride, dilation: in pixels.
        padding: pixels above and left of the image; those below and right follow from the output's size.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[int, int]


@dataclass(eq=False)
class Convolution(Step):
    """Convolution or dense layer.

    Attributes:
        window: over the input; a dense layer has one pixel.
        weights: int8 ``(out, kernel height, kernel width, in)``, for a depthwise one ``(kernel height, kernel width, out)``.
        bias: int32 ``(out,)``; unless depthwise, with the input's zero point times the weights' sum taken off.
        multipliers, shifts: of each output channel.
        once: round once instead of twice.
        depthwise: output channel c reads input channel ``c // (out / in)`` only.
    """

    window: Window
    weights: npt.NDArray[np.int8]
    bias: npt.NDArray[np.int64]
    multipliers: npt.NDArray[np.int64]
    shifts: npt.NDArray[np.int64]
    once: bool = False
    depthwise: bool = False

    @property
    def macs(self) -> int:
        return self.output.size * self.depth

    @property
    def depth(self) -> int:
        """Products in one sum."""
        return int(np.prod(self.weights.shape[:2] if self.depthwise else self.weights.shape[1:]))


@dataclass(eq=False)
class Lookup(Step):
    """The table alone, where it could not be put into the step before."""


@dataclass(eq=False)
class Addition(Step):
    """Sum of two activations, or of one and a value for each channel; `sign` -1 subtracts the second."""

    sign: int = 1


@dataclass(eq=False)
class Multiplication(Step):
    """Product of two activations, or of one and a value for each channel."""


@dataclass(eq=False)
class Mean(Step):
    """Mean over the pixels of each channel."""


@dataclass(eq=False)
class Pool(Step):
    """Maximum or average of a window; what is outside the image does not count."""

    window: Window
    average: bool


@dataclass(eq=False)
class Pad(Step):
    """The image inside a border of zero points; `before` is (top, left, channels)."""

    before: tuple[int, int, int]


@dataclass(eq=False)
class Concatenation(Step):
    """Inputs one behind the other along the channels, or along the rows where `outer` is 1.

    Attributes:
        outer: how many pieces each input has.
    """

    outer: int


@dataclass(eq=False)
class Resize(Step):
    """Nearest or bilinear resize."""

    bilinear: bool
    align_corners: bool
    half_pixel_centers: bool


@dataclass(eq=False)
class L2Normalization(Step):
    """Each vector of channels divided by its length."""


@dataclass(eq=False)
class Softmax(Step):
    """Softmax over the channels.

    Attributes:
        exponentials: int32 ``(256,)``, ``exp`` of minus 0 to 255 steps of the input, with 31 fractional bits.
    """

    exponentials: npt.NDArray[np.int64]


@dataclass(eq=False)
class PRelu(Step):
    """Values below zero times a constant of their channel; the second input has the constants."""


@dataclass(eq=False)
class ReadRows(Step):
    """Rows of the network's input, asked from the caller, from `first` on."""

    first: int

    @property
    def kind(self) -> str:
        return "READ_ROWS"


def _quantization(operator: Operator) -> Quantization:
    quantization = operator.outputs[0].quantization
    assert quantization is not None
    return quantization


def unsupported(operator: Operator, reason: str) -> DataError:
    """The error for an operator that code cannot be made for: its kind, tensor, and the reason."""
    name = operator.outputs[0].name if operator.outputs else ""
    return DataError(f"{operator.kind} '{name}': {reason}")
