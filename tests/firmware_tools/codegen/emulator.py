"""Run generated networks on emulated Cortex-M boards and count instructions.

QEMU with ``-icount shift=0`` executes one instruction in a nanosecond of its time, which the board's timer measures.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_siamese_firmware.codegen.emit import accessors
from edge_siamese_firmware.codegen.generate import GeneratedNetwork

COMPILER, QEMU, SIZE = (shutil.which(name) for name in ("arm-none-eabi-gcc", "qemu-system-arm", "arm-none-eabi-size"))
MISSING = "" if COMPILER and QEMU and SIZE else "arm-none-eabi-gcc and qemu-system-arm are not installed"
_BOARD = Path(__file__).parent / "board"
_FLAGS = [
    "-O2", "-mthumb", "-std=c99", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections",
    "-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections", "-I.",
]  # fmt: skip


@dataclass(frozen=True)
class Core:
    """An emulated board.

    Attributes:
        machine: of QEMU.
        flags: for the compiler.
        vectors, code, ram, inputs: addresses of the vector table, code, memory, and of what the loader brings.
        code_size: bytes.
        tick: nanoseconds of the board's timer.
    """

    machine: str
    flags: tuple[str, ...]
    vectors: int = 0
    code: int = 0x400
    ram: int = 0x20000000
    inputs: int = 0x60000000
    code_size: int = 0x3FFC00
    tick: float = 40.0


CORES = {
    # There is no Cortex-M0+ board with enough memory: its code runs on a Cortex-M3, which has all its instructions.
    "m0plus": Core("mps2-an385", ("-mcpu=cortex-m0plus",), inputs=0x21000000),
    "m3": Core("mps2-an385", ("-mcpu=cortex-m3",), inputs=0x21000000),
    "m4": Core("mps2-an386", ("-mcpu=cortex-m4",), inputs=0x21000000),
    "m7": Core("mps2-an500", ("-mcpu=cortex-m7",)),
    "m33": Core("mps2-an505", ("-mcpu=cortex-m33",), 0x10000000, 0x10000400, 0x38000000, 0x80000000, tick=50.0),
    "m55": Core(
        "mps3-an547", ("-mcpu=cortex-m55", "-mfloat-abi=hard"), 0, 0x01000000, 0x21000000, 0x60000000, 0x200000, 31.25
    ),
}


@dataclass(frozen=True, eq=False)
class Emulation:
    """What a board did.

    Attributes:
        outputs: of each run, in the graph's order.
        instructions: of each run.
        code_bytes: of everything in ``.text``, the board's own 1 KB included.
    """

    outputs: list[list[npt.NDArray[np.int8]]]
    instructions: list[float]
    code_bytes: int


def emulate(
    network: GeneratedNetwork, core: Core, runs: Sequence[Sequence[npt.NDArray[np.int8]]], folder: Path
) -> Emulation:
    """Compile a network for a board and run it."""
    for name, text in {**network.sources, "harness.h": _harness(network, core)}.items():
        (folder / name).write_text(text)
    places = {
        "VECTORS_ORIGIN": core.vectors, "CODE_ORIGIN": core.code, "CODE_LENGTH": core.code_size,
        "RAM_ORIGIN": core.ram, "RAM_LENGTH": 0x400000,
    }  # fmt: skip
    symbols = "-Wl," + ",".join(f"--defsym={name}={value:#x}" for name, value in places.items())
    sources = [*(name for name in network.sources if name.endswith(".c")), str(_BOARD / "startup.c")]
    linker = ["-T", str(_BOARD / "board.ld"), symbols]
    _run([str(COMPILER), *_FLAGS, *core.flags, *linker, *sources, "-o", "board.elf"], folder)
    data = b"".join(values.tobytes() for inputs in runs for values in inputs)
    (folder / "inputs.bin").write_bytes(len(runs).to_bytes(4, "little") + data)
    _run(
        [
            str(QEMU), "-M", core.machine, "-icount", "shift=0", "-display", "none", "-monitor", "none", "-serial", "none",
            "-semihosting-config", "enable=on,target=native", "-kernel", "board.elf",
            "-device", f"loader,file=inputs.bin,addr={core.inputs:#x},force-raw=on",
        ],
        folder,
    )  # fmt: skip
    sizes = [value.size for value in network.program.outputs.values()]
    rows = np.frombuffer((folder / "outputs.bin").read_bytes(), np.uint8).reshape(len(runs), sum(sizes) + 8)
    ticks = rows[:, -8:].copy().view(np.uint64).ravel()
    outputs = [np.split(row[:-8].view(np.int8), np.cumsum(sizes)[:-1]) for row in rows]
    sections = _run([str(SIZE), "-A", "board.elf"], folder)
    code = next(int(line.split()[1]) for line in sections.splitlines() if line.startswith(".text"))
    return Emulation(outputs, [float(each) * core.tick for each in ticks], code)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[:4000]
    return done.stdout


def _harness(network: GeneratedNetwork, core: Core) -> str:
    """The header that tells the board's program which network it runs."""
    name = network.name
    lines = ["#include <string.h>", f'#include "{name}.h"', f"#define ARENA_SIZE {name.upper()}_ARENA_SIZE"]
    lines += [f"#define INPUTS {core.inputs:#x}", f"#define run {name}_run"]
    lines += ["static const uint8_t *load_inputs(int8_t *arena, const uint8_t *from)", "{"]
    for each in accessors(name, "input", network.program.inputs):
        lines += [f"    memcpy({each}(arena), from, {each.upper()}_SIZE);", f"    from += {each.upper()}_SIZE;"]
    lines += ["    return from;", "}"]
    lines.append("typedef void host_writer(int32_t, const void *, uint32_t);")
    lines += ["static void write_outputs(const int8_t *arena, host_writer *write, int32_t file)", "{"]
    for each in accessors(name, "output", network.program.outputs):
        lines.append(f"    write(file, {each}(arena), {each.upper()}_SIZE);")
    return "\n".join([*lines, "}", ""])
