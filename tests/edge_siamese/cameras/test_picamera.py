import sys
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from edge_siamese.cameras import open_source
from edge_siamese.cameras.picamera import PiCapture
from edge_siamese.errors import CameraError, RuntimeMissingError

WIDTH, HEIGHT = 64, 48
ORANGE = (240, 130, 20)


class FakeRequest:
    """A completed request: one buffer, which must be given back."""

    def __init__(self, camera: "FakePicamera2") -> None:
        self._camera = camera
        camera.held += 1

    def make_buffer(self, name: str) -> np.ndarray:
        return self._camera.buffers[name].reshape(-1)

    def make_array(self, name: str) -> np.ndarray:
        stream = self._camera.streams[name]
        if stream["format"] in {"NV12", "NV21"}:
            raise RuntimeError(f"Format {stream['format']} not supported")
        lines = self.make_buffer(name).reshape(-1, stream["stride"])
        channels = {"RGB888": 3, "BGR888": 3, "XRGB8888": 4, "XBGR8888": 4}.get(stream["format"])
        return lines[:, : WIDTH * channels].reshape(HEIGHT, WIDTH, channels) if channels else lines

    def get_metadata(self) -> dict[str, Any]:
        return {"SensorTimestamp": 123_456_789}

    def release(self) -> None:
        self._camera.held -= 1


class FakePicamera2:
    """The part of picamera2's class that is used, as its manual describes it."""

    pixel_format = ""
    missing = False
    one_stream = False
    streams: dict[str, dict[str, Any]]
    latest: "FakePicamera2"

    def __init__(self, camera_num: int = 0) -> None:
        if self.missing:
            raise IndexError("list index out of range")
        self.number, self.held, self.timeout = camera_num, 0, False
        self.calls: list[str] = []
        FakePicamera2.latest = self

    def create_video_configuration(self, main: dict[str, Any], lores: dict[str, Any] | None = None) -> dict[str, Any]:
        return {"main": main, "lores": lores}

    def configure(self, configuration: dict[str, Any]) -> None:
        if self.one_stream and configuration["lores"]:
            raise RuntimeError("lores stream is not supported")
        self.buffers, self.streams = {}, {}
        for name, stream in configuration.items():
            if stream is not None:
                chosen = (name == "main" and self.pixel_format) or stream["format"]
                self.buffers[name], stride = in_memory(chosen)
                self.streams[name] = {"format": chosen, "size": (WIDTH, HEIGHT), "stride": stride}

    def camera_configuration(self) -> dict[str, Any]:
        return {"main": self.streams["main"], "lores": self.streams.get("lores")}

    def capture_request(self, wait: float | None = None) -> FakeRequest:
        assert wait is not None
        if self.timeout:
            raise TimeoutError
        return FakeRequest(self)

    def start(self) -> None:
        self.calls.append("start")

    def stop(self) -> None:
        self.calls.append("stop")

    def close(self) -> None:
        self.calls.append("close")


def in_memory(pixel_format: str, padding: int = 16) -> tuple[np.ndarray, int]:
    """An orange image as libcamera lays it in memory, each row padded, and its stride."""
    red, green, blue = ORANGE
    pixels = {
        "RGB888": (blue, green, red),
        "BGR888": (red, green, blue),
        "XRGB8888": (blue, green, red, 255),
        "XBGR8888": (red, green, blue, 255),
    }
    if pixel_format in pixels:
        rows = np.tile(np.array(pixels[pixel_format], np.uint8), (HEIGHT, WIDTH))
        return np.pad(rows, ((0, 0), (0, padding))), rows.shape[1] + padding
    # planar: paint the padding too, so that the chroma rows keep their layout
    stride = WIDTH + padding
    planes = cv2.cvtColor(np.full((HEIGHT, stride, 3), ORANGE, np.uint8), cv2.COLOR_RGB2YUV_I420)
    luma, chroma = planes[:HEIGHT], planes[HEIGHT:].reshape(2, -1)
    if pixel_format in {"YVU420", "NV21"}:
        chroma = chroma[::-1]
    packed = chroma.T if pixel_format in {"NV12", "NV21"} else chroma
    return np.concatenate([luma, packed.reshape(-1, stride)]), stride


@pytest.fixture(autouse=True)
def picamera2(monkeypatch: pytest.MonkeyPatch) -> type[FakePicamera2]:
    module = ModuleType("picamera2")
    module.Picamera2 = FakePicamera2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    monkeypatch.setattr(FakePicamera2, "missing", False)
    monkeypatch.setattr(FakePicamera2, "pixel_format", "")
    monkeypatch.setattr(FakePicamera2, "one_stream", False)
    return FakePicamera2


def test_what_picamera2_calls_rgb888_is_turned_into_rgb() -> None:
    capture = PiCapture()
    captured = capture.read()
    capture.close()
    assert captured.pixels.shape == (HEIGHT, WIDTH, 3)
    assert captured.pixels[10, 10].tolist() == list(ORANGE)


@pytest.mark.parametrize(
    "pixel_format", ["RGB888", "BGR888", "XRGB8888", "XBGR8888", "YUV420", "YVU420", "NV12", "NV21"]
)
def test_every_format_the_camera_may_choose_comes_out_as_rgb(
    pixel_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakePicamera2, "pixel_format", pixel_format)
    captured = PiCapture().read()
    assert captured.pixels.shape == (HEIGHT, WIDTH, 3)
    np.testing.assert_allclose(captured.pixels.reshape(-1, 3), np.tile(ORANGE, (HEIGHT * WIDTH, 1)), atol=4)


def test_the_detector_gets_the_stream_of_low_resolution() -> None:
    captured = PiCapture().read()
    assert captured.small is not None
    np.testing.assert_allclose(captured.small.reshape(-1, 3), np.tile(ORANGE, (HEIGHT * WIDTH, 1)), atol=4)


def test_a_camera_with_one_stream_is_used_without_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakePicamera2, "one_stream", True)
    captured = PiCapture().read()
    assert captured.small is None
    assert captured.pixels[10, 10].tolist() == list(ORANGE)


def test_a_format_nobody_knows_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = PiCapture()
    capture._main = replace(capture._main, pixel_format="SRGGB10")
    with pytest.raises(CameraError, match="the camera delivers SRGGB10"):
        capture.read()
    assert FakePicamera2.latest.held == 0


def test_buffers_are_given_back_and_images_are_copies() -> None:
    capture = PiCapture()
    captures = [capture.read() for _ in range(3)]
    FakePicamera2.latest.buffers["main"][:] = 0
    assert FakePicamera2.latest.held == 0
    assert captures[0].pixels[0, 0].tolist() == list(ORANGE)


def test_the_time_is_the_sensors() -> None:
    assert PiCapture().read().timestamp_ns == 123_456_789


def test_a_camera_that_hangs_is_lost() -> None:
    capture = PiCapture()
    FakePicamera2.latest.timeout = True
    with pytest.raises(CameraError, match="stopped delivering"):
        capture.read()


def test_closing_stops_the_camera() -> None:
    PiCapture().close()
    assert FakePicamera2.latest.calls == ["start", "stop", "close"]


def test_a_missing_camera_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakePicamera2, "missing", True)
    with pytest.raises(CameraError, match="Pi camera 0 cannot be opened"):
        PiCapture()


def test_a_missing_picamera2_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(RuntimeMissingError, match="--system-site-packages"):
        open_source("picamera2")


@pytest.mark.parametrize(("spec", "number"), [("picamera2", 0), ("picamera2:1", 1)])
def test_the_spec_chooses_the_camera(spec: str, number: int) -> None:
    with open_source(spec) as source:
        first = next(iter(source))
        assert source.live
        assert not source.stills
    assert first.pixels[0, 0].tolist() == list(ORANGE)
    assert FakePicamera2.latest.number == number
    assert FakePicamera2.latest.held == 0


def test_a_stream_without_its_stride_is_read_from_the_array(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        FakePicamera2,
        "camera_configuration",
        lambda self: {"main": {"format": self.streams["main"]["format"], "size": (WIDTH, HEIGHT)}},
    )
    assert PiCapture().read().pixels[3, 3].tolist() == list(ORANGE)


def test_the_fake_is_what_the_trap_is_about() -> None:
    camera = SimpleNamespace(buffer=in_memory("RGB888")[0])
    assert camera.buffer.reshape(-1)[:3].tolist() == list(ORANGE[::-1])
