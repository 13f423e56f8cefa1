"""Boards that QEMU emulates, one for each Cortex-M core."""

from dataclasses import dataclass

from edge_siamese.errors import DataError

from ..codegen.layouts import Backend


@dataclass(frozen=True)
class EmulatedCore:
    """An emulated board.

    Attributes:
        name: of the core.
        machine: of QEMU.
        flags: for the compiler.
        backends: whose kernels the core can run.
        vectors, code, ram, inputs: addresses of the vector table, code, memory, and of what the loader brings.
        code_size: bytes.
        tick: nanoseconds of the board's timer.
    """

    name: str
    machine: str
    flags: tuple[str, ...]
    backends: tuple[Backend, ...] = ("c",)
    vectors: int = 0
    code: int = 0x400
    ram: int = 0x20000000
    inputs: int = 0x21000000
    code_size: int = 0x3FFC00
    tick: float = 40.0


_DSP: tuple[Backend, ...] = ("c", "dsp")
_BOARDS = (
    # No emulated Cortex-M0+ board has enough memory: its code runs on a Cortex-M3, which has all its instructions.
    EmulatedCore("m0plus", "mps2-an385", ("-mcpu=cortex-m0plus",)),
    EmulatedCore("m3", "mps2-an385", ("-mcpu=cortex-m3",)),
    EmulatedCore("m4", "mps2-an386", ("-mcpu=cortex-m4",), _DSP),
    EmulatedCore("m7", "mps2-an500", ("-mcpu=cortex-m7",), _DSP, inputs=0x60000000),
    EmulatedCore("m33", "mps2-an505", ("-mcpu=cortex-m33",), _DSP, 0x10000000, 0x10000400, 0x38000000, 0x80000000, tick=50.0),
    EmulatedCore(
        "m55", "mps3-an547", ("-mcpu=cortex-m55", "-mfloat-abi=hard"), ("c", "dsp", "mve"), 0, 0x01000000, 0x21000000,
        0x60000000, 0x200000, 31.25,
    ),
)  # fmt: skip
CORES = {core.name: core for core in _BOARDS}


def find_core(name: str, backend: Backend) -> EmulatedCore:
    """A core by name.

    Raises:
        DataError: there is none of that name, or it cannot run the kernels.
    """
    if name not in CORES:
        raise DataError(f"there is no emulated core '{name}'; there are {', '.join(CORES)}")
    core = CORES[name]
    if backend not in core.backends:
        raise DataError(f"the core {name} cannot run the kernels '{backend}'; it runs {', '.join(core.backends)}")
    return core
