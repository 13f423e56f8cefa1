"""Compile a generated network for an emulated board, run it, and count instructions.

QEMU with ``-icount shift=0`` executes one instruction in a nanosecond of its time, which the board's timer measures.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError, RuntimeMissingError

from ..codegen.emit import accessors
from ..codegen.generate import GeneratedNetwork
from .cores import EmulatedCore

_TOOLS = ("arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm")
_FLAGS = (
    "-O2", "-mthumb", "-std=c99", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections",
    "-I.", "-DES_AFTER_STEP=board_after_step",
)  # fmt: skip
_LINKER_FLAGS = ("-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections")
_RAM_BYTES = 0x400000
_TIMEOUT = 900


@dataclass(frozen=True, eq=False)
class Emulation:
    """What a board did.

    Attributes:
        outputs: int8, of each run, in the graph's order.
        instructions: of each run.
        step_instructions: of each step, the mean of the runs; correct to some 50 instructions.
        code_bytes: of the network's functions, and of what they use of the C library.
    """

    outputs: list[list[npt.NDArray[np.int8]]]
    instructions: list[float]
    step_instructions: list[float]
    code_bytes: int


def missing_tools() -> str:
    """Names of the programs that are needed and not installed; empty when all are there."""
    return ", ".join(tool for tool in _TOOLS if shutil.which(tool) is None)


def emulate(
    network: GeneratedNetwork, core: EmulatedCore, runs: Sequence[Sequence[npt.NDArray[np.int8]]], folder: Path
) -> Emulation:
    """Run a network on a board.

    Args:
        network: generated for a back end that the core has.
        core: the board.
        runs: for each run the inputs, in the graph's order.
        folder: an empty one for sources, program and results.

    Raises:
        RuntimeMissingError: the compiler or QEMU is not installed.
        DataError: the network does not fit the board, or the board stopped with an error.
    """
    if missing := missing_tools():
        raise RuntimeMissingError(
            f"emulation needs {missing}; on Debian: apt install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
        )
    for name, text in {**network.sources, "harness.h": _harness(network, core)}.items():
        (folder / name).write_text(text)
    data = b"".join(np.ascontiguousarray(values, np.int8).tobytes() for inputs in runs for values in inputs)
    (folder / "inputs.bin").write_bytes(len(runs).to_bytes(4, "little") + data)
    _compile(network, core, folder)
    _call(
        [
            "qemu-system-arm", "-M", core.machine, "-icount", "shift=0", "-display", "none", "-monitor", "none",
            "-serial", "none", "-semihosting-config", "enable=on,target=native", "-kernel", "board.elf",
            "-device", f"loader,file=inputs.bin,addr={core.inputs:#x},force-raw=on",
        ],
        folder,
        f"the emulated {core.name} stopped",
    )  # fmt: skip
    sections = _call(["arm-none-eabi-size", "-A", "board.elf"], folder, "the program cannot be read")
    code = next(int(line.split()[1]) for line in sections.splitlines() if line.startswith(".text"))
    return _read(network, core, (folder / "outputs.bin").read_bytes(), len(runs), code)


def _compile(network: GeneratedNetwork, core: EmulatedCore, folder: Path) -> None:
    places = {
        "VECTORS_ORIGIN": core.vectors, "CODE_ORIGIN": core.code, "CODE_LENGTH": core.code_size,
        "RAM_ORIGIN": core.ram, "RAM_LENGTH": _RAM_BYTES,
    }  # fmt: skip
    symbols = "-Wl," + ",".join(f"--defsym={name}={value:#x}" for name, value in places.items())
    sources = [name for name in network.sources if name.endswith(".c")]
    compiler = ["arm-none-eabi-gcc", *_FLAGS, *core.flags]
    what = f"the network cannot be built for the emulated {core.name}"
    with as_file(files(__package__) / "board") as board:
        _call([*compiler, "-c", str(board / "startup.c"), "-o", "startup.o"], folder, what)
        linker = [*_LINKER_FLAGS, "-T", str(board / "board.ld"), symbols]
        _call([*compiler, *linker, *sources, "startup.o", "-o", "board.elf"], folder, what)


def _read(network: GeneratedNetwork, core: EmulatedCore, data: bytes, runs: int, code: int) -> Emulation:
    """Outputs and ticks as the board wrote them: for each run outputs and ticks, then the ticks of each step."""
    sizes = [value.size for value in network.program.outputs.values()]
    row = sum(sizes) + 8
    rows = np.frombuffer(data, np.uint8, runs * row).reshape(runs, row)
    ticks = rows[:, -8:].copy().view("<u8").ravel()
    steps = np.frombuffer(data, "<u8", len(network.program.steps), runs * row)
    return Emulation(
        outputs=[np.split(each[:-8].view(np.int8), np.cumsum(sizes)[:-1]) for each in rows],
        instructions=[float(each) * core.tick for each in ticks],
        step_instructions=[float(each) * core.tick / max(runs, 1) for each in steps],
        code_bytes=code,
    )


def _call(command: list[str], folder: Path, what: str) -> str:
    try:
        done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=_TIMEOUT)
    except subprocess.TimeoutExpired:
        raise DataError(f"{what}: no end after {_TIMEOUT} seconds") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        reason = next((line for line in lines if "error" in line or "overflowed" in line), f"code {done.returncode}")
        raise DataError(f"{what}: {reason}")
    return done.stdout


def _harness(network: GeneratedNetwork, core: EmulatedCore) -> str:
    """The header that tells the board's program which network it runs."""
    name, streamed = network.name, network.program.streamed
    lines = ["#include <string.h>", f'#include "{name}.h"', f"#define ARENA_SIZE {name.upper()}_ARENA_SIZE"]
    lines += [f"#define INPUTS {core.inputs:#x}", f"#define STEPS {len(network.program.steps)}"]
    lines += _streamed_input(name) if streamed else _whole_inputs(network)
    lines.append("typedef void host_writer(int32_t, const void *, uint32_t);")
    lines += ["static void write_outputs(const int8_t *arena, host_writer *write, int32_t file)", "{"]
    for each in accessors(name, "output", network.program.outputs):
        lines.append(f"    write(file, {each}(arena), {each.upper()}_SIZE);")
    return "\n".join([*lines, "}", ""])


def _whole_inputs(network: GeneratedNetwork) -> list[str]:
    """Copy the inputs into the arena."""
    name = network.name
    lines = [f"#define run {name}_run", "static const uint8_t *load_inputs(int8_t *arena, const uint8_t *from)", "{"]
    for each in accessors(name, "input", network.program.inputs):
        lines += [f"    memcpy({each}(arena), from, {each.upper()}_SIZE);", f"    from += {each.upper()}_SIZE;"]
    return [*lines, "    return from;", "}"]


def _streamed_input(name: str) -> list[str]:
    """Remember where the input lies, and copy rows from there."""
    row = f"{name.upper()}_INPUT_ROW_SIZE"
    return [
        "static const uint8_t *image;",
        "static void read_rows(void *user, uint32_t first, uint32_t count, int8_t *to)",
        "{",
        "    (void)user;",
        f"    memcpy(to, image + first * {row}, count * {row});",
        "}",
        f"static void run(int8_t *arena) {{ {name}_run(arena, read_rows, 0); }}",
        "static const uint8_t *load_inputs(int8_t *arena, const uint8_t *from)",
        "{",
        "    (void)arena;",
        "    image = from;",
        f"    return from + {name.upper()}_INPUT_ROWS * {row};",
        "}",
    ]
