"""What cameras and videos do wrong: damaged frames, early ends, odd pixels, odd times, and cameras that are not there."""

import os
import re
import socket
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cameras import latest_frame, open_source
from edge_siamese.cameras.base import (
    CameraBack,
    CameraLost,
    CameraMissing,
    CapturedImage,
    EndedEarly,
    FramesUnreadable,
    SourceEvent,
    Undecodable,
)
from edge_siamese.cameras.latest_frame import LiveSource
from edge_siamese.cameras.opencv import OpenCVCapture
from edge_siamese.cameras.pixel_formats import from_opencv
from edge_siamese.errors import CameraError, DataError
from edge_siamese.frames import Frame
from edge_siamese.protocols import FrameSource

FRAMES = 20


def write_video(path: Path, frames: int = FRAMES, codec: str = "MJPG") -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 10, (64, 48))
    for number in range(frames):
        writer.write(np.full((48, 64, 3), (0, 0, 10 * number), np.uint8))
    writer.release()
    return path


def frame_chunks(data: bytes) -> list[tuple[int, int]]:
    """Start and end of each frame's bytes in an AVI."""
    found, place = [], data.find(b"movi") + 4
    while data[place : place + 4] == b"00dc":
        (size,) = struct.unpack_from("<I", data, place + 4)
        found.append((place + 8, place + 8 + size))
        place += 8 + size + size % 2
    return found


def damage(path: Path, numbers: Sequence[int]) -> Path:
    """Overwrite frames of an AVI with zeros."""
    data = bytearray(path.read_bytes())
    chunks = frame_chunks(bytes(data))
    for number in numbers:
        start, end = chunks[number]
        data[start:end] = bytes(end - start)
    path.write_bytes(data)
    return path


def watched(source: FrameSource) -> tuple[list[int], list[SourceEvent]]:
    """Sequence numbers of the frames, and the events."""
    items = list(source.watch())
    frames = [item.sequence for item in items if isinstance(item, Frame)]
    return frames, [item for item in items if not isinstance(item, Frame)]


class TestDamagedVideos:
    @pytest.mark.parametrize("bad", [[0], [0, 1, 2], [7], [7, 8, 9], [3, 15], [1, 3, 5, 7, 9]])
    def test_damaged_frames_are_left_out_counted_and_named(self, bad: list[int], tmp_path: Path) -> None:
        with open_source(str(damage(write_video(tmp_path / "door.avi"), bad))) as source:
            frames, events = watched(source)
        assert frames == [number for number in range(FRAMES) if number not in bad]
        assert source.unreadable == len(bad)
        named = [n for event in events if isinstance(event, FramesUnreadable) for n in numbers_of(event)]
        assert named == bad
        assert {type(event) for event in events} == {FramesUnreadable}

    def test_frames_after_a_damaged_one_keep_their_times_and_pixels(self, tmp_path: Path) -> None:
        with open_source(str(damage(write_video(tmp_path / "door.avi"), [7]))) as source:
            frame = next(item for item in source if item.sequence == 12)
        assert frame.timestamp_ns == pytest.approx(1.2e9, abs=1e6)
        assert abs(int(frame.pixels[20, 20, 0]) - 120) <= 4

    def test_a_video_that_breaks_off_says_how_much_is_missing(self, tmp_path: Path) -> None:
        video = write_video(tmp_path / "door.avi")
        video.write_bytes(video.read_bytes()[: frame_chunks(video.read_bytes())[13][0]])
        with open_source(str(video)) as source:
            frames, events = watched(source)
        assert frames == list(range(13))
        (end,) = events
        assert isinstance(end, EndedEarly)
        assert (end.source, end.announced, end.found) == ("door.avi", FRAMES, 13)
        assert source.unreadable == 0

    @pytest.mark.parametrize(
        ("name", "codec"),
        [("a.avi", "MJPG"), ("a.avi", "XVID"), ("a.mp4", "mp4v"), ("a.mkv", "MJPG"), ("a.webm", "VP80")],
    )
    def test_a_whole_video_ends_without_an_event(self, name: str, codec: str, tmp_path: Path) -> None:
        with open_source(str(write_video(tmp_path / name, codec=codec))) as source:
            assert watched(source) == (list(range(FRAMES)), [])

    def test_a_damaged_last_frame_is_one_that_is_missing(self, tmp_path: Path) -> None:
        with open_source(str(damage(write_video(tmp_path / "door.avi"), [FRAMES - 1]))) as source:
            frames, (end,) = watched(source)
        assert len(frames) == FRAMES - 1
        assert isinstance(end, EndedEarly)
        assert (end.announced, end.found) == (FRAMES, FRAMES - 1)

    def test_in_real_time_damaged_frames_are_events_too(self, tmp_path: Path) -> None:
        with open_source(str(damage(write_video(tmp_path / "door.avi", 8), [3, 4])), realtime=True) as source:
            _, events = watched(source)
        assert [numbers_of(event) for event in events if isinstance(event, FramesUnreadable)] == [[3, 4]]
        assert source.unreadable == 2


def numbers_of(event: FramesUnreadable) -> list[int]:
    return list(range(event.first, event.first + event.frames))


class TestWhatIsNoVideo:
    @pytest.mark.parametrize("name", ["notes.mp4", "notes.txt", "notes.avi", "notes.nfo", "notes"])
    @pytest.mark.parametrize("realtime", [False, True])
    def test_text_is_refused_whatever_it_is_called(self, name: str, realtime: bool, tmp_path: Path) -> None:
        (tmp_path / name).write_text("Dear diary,\n\ttoday I saw a très long film.\n" * 400, "utf-8")
        with pytest.raises(DataError, match=rf"{name}: expected a video"):
            open_source(str(tmp_path / name), realtime=realtime)

    def test_a_pipe_is_refused_at_once(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(DataError, match=r"pipe: expected a camera, .* found a pipe"):
            open_source(str(tmp_path / "pipe"))

    def test_a_socket_is_refused(self, tmp_path: Path) -> None:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(tmp_path / "s"))
            with pytest.raises(DataError, match="found a socket"):
                open_source(str(tmp_path / "s"))

    @pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
    def test_a_device_that_is_no_camera_is_refused(self, device: str) -> None:
        with pytest.raises(DataError, match="found another device"):
            open_source(device, wait=True)

    @pytest.mark.parametrize("spec", ["", " ", "\t"])
    def test_an_empty_name_is_refused(self, spec: str) -> None:
        with pytest.raises(DataError, match="found an empty name"):
            open_source(spec)

    def test_an_unknown_scheme_is_refused_without_the_password(self) -> None:
        with pytest.raises(DataError, match=r"^gopher://cam/1: expected a URL of rtsp, .* found gopher$"):
            open_source("gopher://me:secret@cam/1", wait=True)


class TestPixels:
    @pytest.mark.parametrize(
        ("image", "pixel"),
        [
            (np.full((4, 6), 9, np.uint8), [9, 9, 9]),
            (np.full((4, 6, 1), 9, np.uint8), [9, 9, 9]),
            (np.full((4, 6, 3), (1, 2, 3), np.uint8), [3, 2, 1]),
            (np.full((4, 6, 4), (1, 2, 3, 255), np.uint8), [3, 2, 1]),
        ],
    )
    def test_gray_and_bgra_become_rgb(self, image: np.ndarray, pixel: list[int]) -> None:
        pixels = from_opencv(image)
        assert not isinstance(pixels, str)
        assert (pixels.shape, pixels[0, 0].tolist()) == ((4, 6, 3), pixel)

    @pytest.mark.parametrize(
        ("image", "found"),
        [
            (np.zeros((0, 0, 3), np.uint8), r"\(0, 0, 3\) of uint8"),
            (np.zeros((0, 6), np.uint8), r"\(0, 6\) of uint8"),
            (np.zeros((4, 6, 3), np.uint16), "of uint16"),
            (np.zeros((4, 6, 2), np.uint8), "2 channels"),
        ],
    )
    def test_what_is_no_image_is_said(self, image: np.ndarray, found: str) -> None:
        said = from_opencv(image)
        assert isinstance(said, str)
        assert re.search(found, said)

    def test_a_frame_without_pixels_is_undecodable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Empty:
            def open(self, *_: object) -> bool:
                return True

            def set(self, *_: object) -> None: ...

            def grab(self) -> bool:
                return True

            def retrieve(self) -> tuple[bool, np.ndarray]:
                return True, np.zeros((0, 0, 3), np.uint8)

        monkeypatch.setattr(cv2, "VideoCapture", Empty)
        assert isinstance(OpenCVCapture(0, "0").read(), Undecodable)


class Streamed:
    """A capture that delivers what is listed; a number is an image with that timestamp, then it is unplugged."""

    announced = 0

    def __init__(self, *items: int | Undecodable, ends: bool = True) -> None:
        self._items, self._ends = iter(items), ends

    def read(self) -> CapturedImage | Undecodable | None:
        item = next(self._items, None)
        if item is None and not self._ends:
            raise CameraError("pulled")
        if isinstance(item, int):
            # Time for the reader to take the image before the next one overtakes it.
            time.sleep(0.005)
            return CapturedImage(np.zeros((2, 2, 3), np.uint8), item)
        return item

    def close(self) -> None: ...


def live(*items: int | Undecodable, now: int = 0, **options: object) -> LiveSource:
    return LiveSource("door", lambda: Streamed(*items), clock=lambda: now, **options)  # type: ignore[arg-type]


BAD = Undecodable("no JPEG in it")
SECOND = 1_000_000_000


class TestLiveCameras:
    def test_a_damaged_frame_is_skipped_and_told(self) -> None:
        with live(1, BAD, BAD, 2, now=10) as source:
            items = list(source.watch())
        (event,) = (item for item in items if isinstance(item, FramesUnreadable))
        assert (event.first, event.frames, event.why) == (1, 2, "door: frame 2: no JPEG in it")
        assert source.unreadable == 2
        last = items[-1]
        assert isinstance(last, Frame)
        assert last.sequence == 3

    def test_a_camera_that_delivers_nothing_but_damage_is_lost(self) -> None:
        captures = iter([Streamed(*[BAD] * 150), Streamed(5)])
        with LiveSource("door", lambda: next(captures), clock=lambda: 10, back_off=lambda _: 0.0) as source:
            _, events = watched(source)
        assert [type(event) for event in events] == [FramesUnreadable, CameraLost, CameraBack]
        assert isinstance(events[1], CameraLost)
        assert events[1].why == "camera door delivers no images: no JPEG in it"

    def timestamps(self, source: LiveSource) -> list[int]:
        with source:
            return [item.timestamp_ns for item in source]

    def test_times_that_go_back_or_stand_still_go_on(self) -> None:
        times = self.timestamps(live(500, 400, 400, 900, now=2000))
        assert times == sorted(set(times))
        assert times[0] == 500
        assert times[-1] >= 2000

    def test_a_time_in_the_future_is_the_time_of_arrival(self) -> None:
        assert self.timestamps(live(500, 5000, now=2000)) == [500, 2000]

    @pytest.mark.parametrize("offset", [3600 * SECOND, -3600 * SECOND])
    def test_a_camera_with_another_clock_delivers_fresh_frames(self, offset: int) -> None:
        now = 10_000 * SECOND
        first = now + offset
        with live(first, first + 1, now=now) as source:
            ages = [source.age_ns(frame) for frame in source]
        assert max(ages) < SECOND

    def test_an_old_first_frame_stays_old(self) -> None:
        with live(8 * SECOND, now=10 * SECOND) as source:
            assert [source.age_ns(frame) for frame in source] == [2 * SECOND]

    def test_a_gap_in_a_recording_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(latest_frame, "_MAX_PAUSE_NS", 20_000_000)
        hour = 3600 * SECOND
        with LiveSource("film", lambda: Streamed(0, hour, hour + 1), paced=True) as source:
            assert [frame.sequence for frame in source][-1] == 2


class TestCamerasThatAreNotThere:
    def test_waiting_is_told_once_and_ends_when_the_camera_comes(self) -> None:
        tries = iter([None, None, None, Streamed(7)])

        def open_capture() -> Streamed:
            capture = next(tries)
            if capture is None:
                raise CameraError("camera 0 cannot be opened")
            return capture

        pauses: list[int] = []

        def no_pause(attempt: int) -> float:
            pauses.append(attempt)
            return 0.0

        with LiveSource("0", open_capture, clock=lambda: 8, back_off=no_pause, wait=True) as source:
            items = list(source.watch())
        assert items[0] == CameraMissing("0", 8, "camera 0 cannot be opened")
        assert [type(item) for item in items] == [CameraMissing, CameraBack, Frame]
        assert pauses == [0, 1, 2]

    def test_stopping_ends_the_waiting(self) -> None:
        with open_source("/dev/video87", wait=True) as source:
            items = source.watch()
            assert isinstance(next(items), CameraMissing)
            source.stop()
            assert list(items) == []

    def test_without_waiting_it_is_an_error(self) -> None:
        with pytest.raises(CameraError, match="camera /dev/video87 cannot be opened"):
            open_source("/dev/video87")

    def test_a_missing_library_is_not_waited_for(self) -> None:
        with pytest.raises(ImportError, match="picamera2"):
            open_source("picamera2", wait=True)


def test_a_stream_over_http_skips_what_cannot_be_decoded(serve_mjpeg: Callable[[list[bytes]], str]) -> None:
    """A motion-JPEG stream as network cameras send it."""
    _, encoded = cv2.imencode(".jpg", np.full((48, 64, 3), 120, np.uint8))
    good = encoded.tobytes()
    url = serve_mjpeg([good] * 6 + [bytes(600)] + [good] * 6)
    with open_source(url) as source:
        frames = 0
        for item in source.watch():
            frames += isinstance(item, Frame)
            if isinstance(item, CameraLost):
                break
    assert frames + source.dropped >= 10
