"""Frames, the detector's input, crops and the quality gate in C are those of Python."""

import ctypes
import subprocess
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_siamese.alignment import TEMPLATE, align
from edge_siamese.detection import letterbox
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.preprocessing import int8_input
from edge_siamese.quality.conditions import MEASURED, condition_features, reason_of, shipped_conditions
from edge_siamese.quality.gate import QualityLimits, measure_crop, with_conditions
from edge_siamese.rendering import DEMO_SEEDS, Person, Rendering, View, render_portrait
from edge_siamese.rendering.conditions import CONDITIONS
from edge_siamese_firmware.frames import FORMATS, FrameFormat, decode_frame, encode_frame
from edge_siamese_firmware.runtime_c.condition_weights import ORDER

from .twin import COMPILER, SANITIZERS, compile_runtime
from .twin_images import PIXEL, ImageTwin


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> ImageTwin:
    if COMPILER is None:
        pytest.skip("no C compiler is installed")
    folder = tmp_path_factory.mktemp("images")
    source = Path(__file__).with_name("twin_images.c")
    compile_runtime(folder, "-O2", "-shared", "-fPIC", "-o", "images.so", sources=[source])
    return ImageTwin(ctypes.CDLL(str(folder / "images.so")))


def _noise(seed: int, height: int, width: int) -> RGB:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def _portrait(width: int = 320, height: int = 240) -> RGB:
    image = render_portrait(Person.from_seed(DEMO_SEEDS[0]), View()).image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("kind", FORMATS)
def test_frames_in_every_format_and_orientation(images: ImageTwin, kind: FrameFormat, turn: int) -> None:
    frame = encode_frame(_noise(turn, 16, 24), kind)
    expected = np.rot90(decode_frame(frame, 24, 16, kind), turn)
    np.testing.assert_array_equal(images.pixels(frame, 24, 16, kind, turn), expected)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_image_in_a_frame_keeps_its_colors(kind: FrameFormat) -> None:
    image = _portrait(64, 64)
    seen = decode_frame(encode_frame(image, kind), 64, 64, kind).astype(int)
    expected = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB) if kind == "gray" else image
    assert np.abs(seen - expected).mean() < 4


@settings(max_examples=40, deadline=None)
@given(st.integers(8, 400), st.integers(8, 400), st.sampled_from([32, 96, 192, 320]), st.booleans())
def test_the_detectors_input(images: ImageTwin, width: int, height: int, side: int, mirrored: bool) -> None:
    image = _noise(width, height, width)
    expected = int8_input(letterbox(image, side, side)[0]).astype(int)
    found = images.letterbox(image, side, side, mirrored=mirrored)
    assert np.abs(found - (expected[:, ::-1] if mirrored else expected)).max() <= 1


@pytest.mark.parametrize("size", [(320, 240), (192, 192), (240, 320)])
def test_the_detectors_input_is_exact_for_cameras(images: ImageTwin, size: tuple[int, int]) -> None:
    image = _noise(1, size[1], size[0])
    np.testing.assert_array_equal(images.letterbox(image, 192, 192), int8_input(letterbox(image, 192, 192)[0]))


def _landmarks(scale: float, angle: float, x: float, y: float, seed: int, spread: float) -> np.ndarray:  # type: ignore[type-arg]
    """The template, scaled, turned, moved, and with every point off by up to `spread` crop pixels; in 1/65536 pixel."""
    noise = np.random.default_rng(seed).uniform(-spread, spread, (5, 2))
    points = (TEMPLATE.astype(float) + noise - 56) @ (1, 1j) * scale * np.exp(1j * angle)
    return np.rint(np.stack([points.real + x, points.imag + y], axis=1) * PIXEL) / PIXEL


_SCALES = st.sampled_from([0.16, 0.18, 0.2, 0.23, 0.24]) | st.floats(0.15, 5.0)


@settings(max_examples=60, deadline=None)
@given(
    _SCALES,
    st.floats(-3.2, 3.2),
    st.floats(-20, 340),
    st.floats(-20, 260),
    st.integers(0, 99),
    st.sampled_from([0.0, 4.0]),
)
def test_crops(images: ImageTwin, scale: float, angle: float, x: float, y: float, seed: int, spread: float) -> None:
    """The same pixels but for those whose position is within rounding of a 32nd of a pixel; noise is the worst case."""
    image, points = _noise(seed, 240, 320), _landmarks(scale, angle, x, y, seed, spread)
    found, rejection, _ = images.crop(image, points)
    expected = align(image, points)
    if rejection is None:
        different = np.abs(found.astype(int) - expected).max(axis=2)
        assert np.mean(different > 0) < 0.002
        assert different.max() <= 16


@settings(max_examples=120, deadline=None)
@given(
    _SCALES,
    st.floats(-3.2, 3.2),
    st.floats(0, 320),
    st.floats(0, 240),
    st.integers(0, 99),
    st.sampled_from([0.0, 4.0, 14.0, 24.0, 60.0]),
    st.sampled_from(["portrait", "blurred", "dark", "dim", "flat"]),
)
def test_the_quality_gate(
    images: ImageTwin, scale: float, angle: float, x: float, y: float, seed: int, spread: float, kind: str
) -> None:
    image = _portrait()
    image = {
        "portrait": image,
        "blurred": cv2.blur(image, (7, 7)),
        "dark": image // 16,
        "dim": image // 5,
        "flat": image // 64 + 100,
    }[kind]
    points = _landmarks(scale, angle, x, y, seed, spread)
    quality = measure_crop(align(image, points), Face(np.zeros(4, np.float32), points, 0.9), conditions=False)
    limits = QualityLimits()
    crop, rejection, doubt = images.crop(image, points)
    if rejection is None:
        quality = with_conditions(quality, crop)  # of the same pixels
    assert rejection == quality.rejection(limits)
    assert doubt == (quality.rejection(limits) or quality.doubt(limits))


@cache
def _rendering(seed: int) -> Rendering:
    return render_portrait(Person.from_seed(seed), View())


def _worn(seed: int, name: str, part: float) -> RGB:
    """An aligned crop with a condition drawn on it, mixed with the crop without."""
    rendering = _rendering(seed)
    drawn = CONDITIONS[name](rendering.image, rendering.landmarks[0], np.random.default_rng(seed))
    plain, worn = (align(image, rendering.landmarks[0]).astype(float) for image in (rendering.image, drawn))
    return np.asarray(plain + part * (worn - plain), np.uint8)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CONDITIONS)), st.integers(0, 9), st.sampled_from([1.0, 0.5]) | st.floats(0, 1))
def test_conditions_that_strangers_share(images: ImageTwin, name: str, seed: int, part: float) -> None:
    _assert_same_conditions(images, _worn(seed, name, part))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 99), st.sampled_from([1, 2, 16, 64, 255]), st.sampled_from([0, 100, 255]))
def test_conditions_of_noise(images: ImageTwin, seed: int, strength: int, base: int) -> None:
    noise = np.random.default_rng(seed).integers(-strength, strength + 1, (112, 112, 3))
    _assert_same_conditions(images, np.clip(base + noise, 0, 255).astype(np.uint8))


def _assert_same_conditions(images: ImageTwin, crop: RGB) -> None:
    """The same activations to the last bit, and the same reason."""
    measure = shipped_conditions()
    activations = measure.weights.astype(int) @ condition_features(crop)
    found, reason = images.conditions(crop)
    assert found == [activations[MEASURED.index(condition)] for condition in ORDER]
    assert reason == reason_of(measure.measure(crop)[0])


@pytest.mark.parametrize("points", [np.full((5, 2), 7.0), np.zeros((5, 2)), np.full((5, 2), 2047.0)])
def test_landmarks_in_one_point_are_rejected(images: ImageTwin, points: np.ndarray) -> None:  # type: ignore[type-arg]
    _, rejection, _ = images.crop(_portrait(), points)
    quality = measure_crop(align(_portrait(), points), Face(np.zeros(4, np.float32), points, 0.9))
    assert rejection == quality.rejection(QualityLimits())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-(2**28), 2**28) | st.integers(-3, 3), min_size=10, max_size=10))
def test_any_landmarks_are_measured(images: ImageTwin, numbers: list[int]) -> None:
    """Also those that no detector gives."""
    points = np.array(numbers, np.float64).reshape(5, 2) / PIXEL
    _, rejection, _ = images.crop(_portrait(), points)
    assert rejection is not None


def test_noise_under_the_sanitizers(tmp_path: Path) -> None:
    """Frames of any size and format, landmarks anywhere and raw outputs: no overflow, and no byte read beyond a frame."""
    if COMPILER is None:
        pytest.skip("no C compiler is installed")
    compile_runtime(tmp_path, *SANITIZERS, "-o", "noise", sources=[Path(__file__).with_name("twin_noise.c")])
    done = subprocess.run([str(tmp_path / "noise")], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[:3000]
