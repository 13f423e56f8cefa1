"""Compile generated networks on this machine, under sanitizers, and run them."""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_siamese_firmware.codegen.emit import accessors
from edge_siamese_firmware.codegen.generate import GeneratedNetwork

COMPILER = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
WARNINGS = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wno-sign-conversion", "-Werror"]
SANITIZERS = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def compile_network(
    network: GeneratedNetwork, folder: Path, flags: Sequence[str] = tuple(SANITIZERS), compiler: str = str(COMPILER)
) -> Path:
    """A program that reads inputs from its standard input again and again, and writes the outputs."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**network.sources, "main.c": _main(network)}.items():
        (folder / name).write_text(text)
    own = f"{network.name}.c"
    kernels = [
        _object(network, name, flags, compiler) for name in network.sources if name.endswith(".c") and name != own
    ]
    _call([compiler, *WARNINGS, *flags, own, "main.c", *kernels, "-o", "network"], folder)
    return folder / "network"


_OBJECTS: dict[str, str] = {}
_FOLDER = tempfile.TemporaryDirectory(prefix="kernels")


def _object(network: GeneratedNetwork, name: str, flags: Sequence[str], compiler: str) -> str:
    """The object file of a kernel, which is compiled once for all networks."""
    headers = sorted(each for each in network.sources if each.startswith("es_") and each.endswith(".h"))
    texts = {each: network.sources[each] for each in (name, *headers)}
    key = hashlib.sha256(repr((texts, flags, compiler)).encode()).hexdigest()
    if key not in _OBJECTS:
        folder = Path(_FOLDER.name) / key
        folder.mkdir()
        for each, text in texts.items():
            (folder / each).write_text(text)
        _call([compiler, *WARNINGS, *flags, "-c", name, "-o", "kernel.o"], folder)
        _OBJECTS[key] = str(folder / "kernel.o")
    return _OBJECTS[key]


def _call(command: Sequence[str], folder: Path) -> None:
    built = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[:4000]


def run_network(
    network: GeneratedNetwork,
    program: Path,
    runs: Sequence[Sequence[npt.NDArray[np.int8]]],
    emulator: Sequence[str] = (),
) -> list[list[npt.NDArray[np.int8]]]:
    """The outputs of each run, in the graph's order."""
    data = b"".join(values.tobytes() for inputs in runs for values in inputs)
    done = subprocess.run([*emulator, str(program)], input=data, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[:4000]
    sizes = [value.size for value in network.program.outputs.values()]
    rows = np.frombuffer(done.stdout, np.int8).reshape(len(runs), sum(sizes))
    return [np.split(row, np.cumsum(sizes)[:-1]) for row in rows]


def _main(network: GeneratedNetwork) -> str:
    name = network.name
    streamed = network.program.streamed
    lines = ["#include <stdio.h>", "#include <string.h>", f'#include "{name}.h"']
    lines.append(f"static int32_t arena[({name.upper()}_ARENA_SIZE + 3) / 4];")
    lines += _streamed_input(name) if streamed else []
    lines += ["int main(void)", "{", "    int8_t *memory = (int8_t *)arena;", "    for (;;) {"]
    if streamed:
        lines += ["        if (fread(image, 1, sizeof image, stdin) != sizeof image)", "            return 0;"]
        lines.append(f"        {name}_run(memory, read_rows, 0);")
    else:
        for each in accessors(name, "input", network.program.inputs):
            size = f"{each.upper()}_SIZE"
            lines += [f"        if (fread({each}(memory), 1, {size}, stdin) != {size})", "            return 0;"]
        lines.append(f"        {name}_run(memory);")
    for each in accessors(name, "output", network.program.outputs):
        lines.append(f"        fwrite({each}(memory), 1, {each.upper()}_SIZE, stdout);")
    return "\n".join([*lines, "    }", "}", ""])


def _streamed_input(name: str) -> list[str]:
    row = f"{name.upper()}_INPUT_ROW_SIZE"
    return [
        f"static int8_t image[{name.upper()}_INPUT_ROWS * {row}];",
        "static void read_rows(void *user, uint32_t first, uint32_t count, int8_t *to)",
        "{",
        "    (void)user;",
        f"    memcpy(to, image + first * {row}, count * {row});",
        "}",
    ]
