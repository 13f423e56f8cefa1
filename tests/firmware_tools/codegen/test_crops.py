"""Real crops and photos on every core: the bits of the reference kernels.

``EDGE_SIAMESE_CROPS=200 EDGE_SIAMESE_DATA=... pytest -s tests/firmware_tools/codegen/test_crops.py`` prints a line for each network
and core; docs/firmware.md has a recorded run.
"""

import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.detection import letterbox
from edge_siamese.models import shipped_models
from edge_siamese.preprocessing import int8_input
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.runtime import load_network
from edge_siamese_firmware.codegen.generate import GeneratedNetwork, generate
from edge_siamese_firmware.codegen.layouts import Backend
from edge_siamese_firmware.emulation import CORES, emulate, missing_tools

from .compiler import COMPILER, SANITIZERS, compile_network, run_network

Image = npt.NDArray[np.int8]
_COUNT = int(os.environ.get("EDGE_SIAMESE_CROPS", "0"))
_BATCH_BYTES = 12_000_000
"""Inputs that fit the memory of every emulated board."""
_MODELS = {path.stem: path for path in shipped_models()}

pytestmark = [
    pytest.mark.data,
    pytest.mark.slow,
    pytest.mark.skipif(_COUNT < 1, reason="EDGE_SIAMESE_CROPS does not set how many crops"),
]


@dataclass(frozen=True)
class Target:
    """Where a network runs.

    Attributes:
        backend: its kernels.
        core: an emulated core; None for a program of Linux.
        compiler, flags: of the program.
        emulator: command in front of the program.
    """

    backend: Backend
    core: str | None = None
    compiler: str = str(COMPILER)
    flags: tuple[str, ...] = tuple(SANITIZERS)
    emulator: tuple[str, ...] = ()

    def missing(self) -> str:
        """The programs that are not installed."""
        if self.core:
            return missing_tools()
        return ", ".join(tool for tool in (self.compiler, *self.emulator[:1]) if shutil.which(tool) is None)

    def run(self, network: GeneratedNetwork, images: Sequence[Image], folder: Path) -> list[list[Image]]:
        """The outputs for each image."""
        if self.core is None:
            program = compile_network(network, folder, self.flags, self.compiler)
            return run_network(network, program, [[image] for image in images], self.emulator)
        batch = max(_BATCH_BYTES // images[0].size, 1)
        found = []
        for start in range(0, len(images), batch):
            place = folder / str(start)
            place.mkdir()
            found += emulate(
                network, CORES[self.core], [[each] for each in images[start : start + batch]], place
            ).outputs
        return found


_STATIC = ("-O2", "-static")
_TARGETS = {
    "host-c": Target("c"),
    "host-dsp": Target("dsp"),
    "aarch64": Target("c", None, "aarch64-linux-gnu-gcc", _STATIC, ("qemu-aarch64",)),
    "armv6": Target("c", None, "arm-linux-gnueabi-gcc", (*_STATIC, "-march=armv6", "-marm"), ("qemu-arm", "-cpu", "arm1176")),
    "m55": Target("mve", "m55"),
    "m7": Target("dsp", "m7"),
    "m4": Target("dsp", "m4"),
    "m33": Target("dsp", "m33"),
    "m3": Target("c", "m3"),
    "m0plus": Target("c", "m0plus"),
}  # fmt: skip


def _archive(name: str) -> zipfile.ZipFile:
    path = Path(os.environ.get("EDGE_SIAMESE_DATA", "/nowhere")) / name
    if not path.is_file():
        pytest.skip(f"EDGE_SIAMESE_DATA names no folder with {name}")
    return zipfile.ZipFile(path)


def _photos(archive: zipfile.ZipFile) -> Iterator[npt.NDArray[np.uint8]]:
    names = sorted(name for name in archive.namelist() if name.endswith((".jpg", ".png")))
    for name in names[:: max(len(names) // _COUNT, 1)][:_COUNT]:
        yield np.asarray(cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)


@cache
def _inputs(task: str, height: int, width: int) -> list[Image]:
    """Aligned crops for an embedder, whole photos for a detector."""
    if task == "detector":
        with _archive("celeba_dev.zip") as archive:
            return [int8_input(letterbox(photo, height, width)[0])[None] for photo in _photos(archive)]
    with _archive("faces/faces-00.zip") as archive:
        crops = [np.asarray(cv2.resize(crop, (width, height)), np.uint8) for crop in _photos(archive)]
    return [int8_input(crop)[None] for crop in crops]


@cache
def _expected(name: str) -> tuple[list[Image], list[dict[str, Image]]]:
    """Inputs, and what the reference kernels compute."""
    model = read_model(_MODELS[name])
    oracle = load_network(model.network, "reference")
    images = _inputs(model.card.task, *model.card.input_size)
    return images, [{key: value.ravel() for key, value in oracle.run(image).items()} for image in images]


@pytest.mark.parametrize("target", _TARGETS)
@pytest.mark.parametrize("name", sorted(_MODELS, key=lambda name: (not name.endswith("small"), name)))
def test_real_images_on_every_core(name: str, target: str, tmp_path: Path) -> None:
    where = _TARGETS[target]
    if missing := where.missing():
        pytest.skip(f"not installed: {missing}")
    images, expected = _expected(name)
    network = generate(read_model(_MODELS[name]).network, "net", backend=where.backend)
    found = where.run(network, images, tmp_path)
    compared = _compared(network, found, expected)
    print(f"{name} {target}: {len(images)} images, {compared:,} values equal")


@pytest.mark.parametrize("name", sorted(_MODELS))
def test_real_images_in_the_rounding_of_tflm(name: str, tmp_path: Path) -> None:
    runtime = pytest.importorskip("tflite_micro", reason="tflite-micro is not installed").runtime
    model = read_model(_MODELS[name]).network
    network = generate(model, "net", rounding="tflm")
    interpreter = runtime.Interpreter.from_bytes(model)
    images, expected = _expected(name)[0], []
    for image in images:
        interpreter.set_input(image, 0)
        interpreter.invoke()
        outputs = [interpreter.get_output(number).ravel() for number in range(len(network.program.outputs))]
        expected.append(dict(zip(network.program.outputs, outputs, strict=True)))
    found = Target("c").run(network, images, tmp_path)
    print(f"{name} tflm: {len(images)} images, {_compared(network, found, expected):,} values equal")


def _compared(network: GeneratedNetwork, found: list[list[Image]], expected: list[dict[str, Image]]) -> int:
    """How many values are equal: all."""
    compared = 0
    for outputs, wanted in zip(found, expected, strict=True):
        for key, values in zip(network.program.outputs, outputs, strict=True):
            np.testing.assert_array_equal(values, wanted[key], err_msg=key)
            compared += values.size
    return compared
