"""Every shipped network computes in C, bit for bit, what the reference kernels compute."""

import os
import zipfile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.models import shipped_models
from edge_siamese.preprocessing import int8_input
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.runtime import load_network
from edge_siamese_firmware.codegen.generate import generate
from edge_siamese_firmware.codegen.layouts import HOST_BACKENDS, Backend

from .compiler import COMPILER, SANITIZERS, compile_network, run_network

pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler is installed")
_CROPS = 20
_SHIPPED = pytest.mark.parametrize("path", shipped_models(), ids=lambda path: path.stem)


def _check(path: Path, images: list[npt.NDArray[np.int8]], backend: Backend, folder: Path, flags: list[str]) -> None:
    model = read_model(path).network
    network = generate(model, "net", backend=backend)
    found = run_network(network, compile_network(network, folder, flags), [[image] for image in images])
    oracle = load_network(model, "reference")
    for image, outputs in zip(images, found, strict=True):
        expected = oracle.run(image)
        for name, values in zip(network.program.outputs, outputs, strict=True):
            np.testing.assert_array_equal(values, expected[name].ravel(), err_msg=name)


@_SHIPPED
@pytest.mark.parametrize("backend", HOST_BACKENDS)
def test_golden_vectors_and_noise(path: Path, backend: Backend, tmp_path: Path) -> None:
    card = read_model(path).card
    images = [int8_input(golden.image)[None] for golden in card.goldens[:2]]
    noise = np.random.default_rng(0).integers(-128, 128, images[0].shape).astype(np.int8)
    _check(path, [*images, noise], backend, tmp_path, SANITIZERS)


@_SHIPPED
def test_the_arena_is_optimal(path: Path) -> None:
    for backend in HOST_BACKENDS:
        plan = generate(read_model(path).network, "net", backend=backend).plan
        assert plan.size == plan.bound
        for number, block in enumerate(plan.blocks):
            for other in plan.blocks[:number]:
                apart = block.offset + block.size <= other.offset or other.offset + other.size <= block.offset
                assert apart or not block.meets(other)


@pytest.mark.data
@pytest.mark.parametrize(
    "path", [path for path in shipped_models() if "embedder" in path.stem], ids=lambda path: path.stem
)
def test_real_crops(path: Path, tmp_path: Path) -> None:
    data = os.environ.get("EDGE_SIAMESE_DATA")
    if not data:
        pytest.skip("EDGE_SIAMESE_DATA names no folder")
    archives = sorted((Path(data) / "faces").glob("*.zip"))
    if not archives:
        pytest.skip("the folder has no archive of faces")
    size = read_model(path).card.input_size
    with zipfile.ZipFile(archives[0]) as archive:
        names = [name for name in archive.namelist() if name.endswith((".jpg", ".png"))]
        encoded = [np.frombuffer(archive.read(name), np.uint8) for name in names[:: len(names) // _CROPS][:_CROPS]]
    images = [cv2.resize(cv2.imdecode(each, cv2.IMREAD_COLOR_RGB), size) for each in encoded]
    _check(path, [int8_input(np.asarray(image, np.uint8))[None] for image in images], "c", tmp_path, ["-O2"])
