import logging
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.cameras import open_source
from edge_siamese.errors import CameraError, DataError

RATE = 10


def write_video(path: Path, levels: list[int]) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (64, 48))
    for level in levels:
        writer.write(np.full((48, 64, 3), (0, 0, level), np.uint8))  # red, in OpenCV's order
    writer.release()
    return path


def write_image(path: Path, level: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((10, 12, 3), (0, 0, level), np.uint8))
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "door.avi", list(range(0, 240, 20)))


@pytest.fixture
def images(tmp_path: Path) -> Path:
    for number, name in enumerate(("b/10.png", "b/9.png", "a.png")):
        write_image(tmp_path / "dataset" / name, 100 + number)
    return tmp_path / "dataset"


class TestVideo:
    def test_every_frame_comes_in_order_with_the_files_time(self, video: Path) -> None:
        with open_source(str(video)) as source:
            frames = list(source)
        assert [frame.sequence for frame in frames] == list(range(12))
        assert [frame.timestamp_ns for frame in frames] == pytest.approx([n * 10**8 for n in range(12)], abs=1000)
        assert {frame.source for frame in frames} == {"door.avi"}
        np.testing.assert_allclose([frame.pixels[20, 20, 0] for frame in frames], range(0, 240, 20), atol=4)
        assert max(int(frame.pixels[..., 1:].max()) for frame in frames) <= 4

    def test_it_is_pulled_and_lossless(self, video: Path) -> None:
        with open_source(str(video)) as source:
            frame = next(iter(source))
            assert (source.live, source.stills, source.dropped, source.age_ns(frame)) == (False, False, 0, 0)

    def test_in_real_time_it_is_live(self, tmp_path: Path) -> None:
        with open_source(str(write_video(tmp_path / "short.avi", [10, 20, 30])), realtime=True) as source:
            assert source.live
            frames = list(source)
        assert frames[-1].sequence == 2
        assert len(frames) + source.dropped == 3
        assert frames[-1].timestamp_ns == pytest.approx(2 * 10**8, abs=1000)

    def test_stopping_ends_it(self, video: Path) -> None:
        with open_source(str(video)) as source:
            for frame in source:
                if frame.sequence == 2:
                    source.stop()
            assert frame.sequence == 2

    @pytest.mark.parametrize("kept", [0, 200, 1500])
    def test_a_damaged_one_is_refused(self, kept: int, video: Path) -> None:
        video.write_bytes(video.read_bytes()[:kept])
        with pytest.raises(DataError, match=r"door.avi: expected a video, found a file that cannot be read as one"):
            open_source(str(video))

    def test_one_that_breaks_off_ends_where_it_does(self, tmp_path: Path) -> None:
        video = write_video(tmp_path / "long.avi", [50] * 60)
        video.write_bytes(video.read_bytes()[:-10_000])
        with open_source(str(video)) as source:
            assert 0 < len(list(source)) < 60


class TestImages:
    def test_a_folder_is_stills_in_natural_order(self, images: Path) -> None:
        with open_source(str(images)) as source:
            frames = list(source)
            assert (source.live, source.stills) == (False, True)
        assert [frame.source for frame in frames] == ["a.png", "b/9.png", "b/10.png"]
        assert [frame.sequence for frame in frames] == [0, 1, 2]
        assert [frame.pixels[0, 0].tolist() for frame in frames] == [[102, 0, 0], [101, 0, 0], [100, 0, 0]]

    def test_a_zip_gives_the_same_frames(self, images: Path, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "dataset.zip", "w") as archive:
            for path in sorted(images.rglob("*.png")):
                archive.write(path, path.relative_to(images))
            archive.writestr("__MACOSX/._a.png", b"resource fork")
            archive.writestr("notes.txt", b"text")
        with open_source(str(tmp_path / "dataset.zip")) as source, open_source(str(images)) as folder:
            zipped, plain = list(source), list(folder)
            assert source.stills
        assert [frame.source for frame in zipped] == [frame.source for frame in plain]
        assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(zipped, plain, strict=True))

    def test_one_image_is_a_source_too(self, images: Path) -> None:
        with open_source(str(images / "a.png")) as source:
            assert [frame.source for frame in source] == ["a.png"]

    def test_bad_images_are_named_and_left_out(self, images: Path, caplog: pytest.LogCaptureFixture) -> None:
        (images / "b" / "9.png").write_bytes(b"no image")
        (images / "c.jpg").touch()
        with caplog.at_level(logging.WARNING), open_source(str(images)) as source:
            assert [(frame.sequence, frame.source) for frame in source] == [(0, "a.png"), (2, "b/10.png")]
            assert source.unreadable == 2
        assert len(caplog.messages) == 2
        assert "9.png" in caplog.messages[0]
        assert "c.jpg: the file is empty" in caplog.messages[1]

    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_a_damaged_member_is_left_out(self, method: int, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        path = tmp_path / "x.zip"
        good = write_image(tmp_path / "p.png", 9).read_bytes()
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("a.png", good + bytes(500))
            archive.writestr("b.png", good)
        data = bytearray(path.read_bytes())
        data[60:80] = b"\xff" * 20
        path.write_bytes(data)
        with open_source(str(path)) as source:
            assert [frame.source for frame in source] == ["b.png"]
        assert "a.png" in caplog.text

    def test_a_folder_without_images_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(DataError, match="empty: expected images, found none"):
            open_source(str(tmp_path / "empty"))

    def test_a_file_that_is_no_zip_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "x.zip").write_bytes(b"PK not really")
        with pytest.raises(DataError, match=r"x\.zip: expected a folder, zip or tar of images, found a damaged one"):
            open_source(str(tmp_path / "x.zip"))

    def test_images_have_no_real_time(self, images: Path) -> None:
        with pytest.raises(DataError, match="no pace of their own"):
            open_source(str(images), realtime=True)


class FakeVideoCapture:
    """A USB camera that is pulled after two images."""

    opened: list[tuple[object, ...]]
    there = True
    image = np.full((4, 6, 3), (10, 20, 30), np.uint8)

    def __init__(self) -> None:
        self._left = 2

    def open(self, *how: object) -> bool:
        self.opened.append(how)
        return self.there

    def set(self, what: int, value: float) -> None:
        assert (what, value) == (cv2.CAP_PROP_BUFFERSIZE, 1)

    def grab(self) -> bool:
        self._left -= 1
        return self._left >= 0

    def retrieve(self) -> tuple[bool, np.ndarray | None]:
        return True, self.image

    def release(self) -> None:
        self._left = 0


class TestCameras:
    @pytest.fixture(autouse=True)
    def _fake(self, monkeypatch: pytest.MonkeyPatch) -> None:
        FakeVideoCapture.opened = []
        monkeypatch.setattr(cv2, "VideoCapture", FakeVideoCapture)
        monkeypatch.setattr(FakeVideoCapture, "there", True)

    @pytest.mark.parametrize(
        ("spec", "address", "backend"),
        [
            ("0", 0, cv2.CAP_V4L2),
            ("/dev/video2", "/dev/video2", cv2.CAP_V4L2),
            ("rtsp://cam/1", "rtsp://cam/1", cv2.CAP_FFMPEG),
            ("http://cam/video", "http://cam/video", cv2.CAP_FFMPEG),
        ],
    )
    def test_the_spec_chooses_the_device(self, spec: str, address: int | str, backend: int) -> None:
        with open_source(spec) as source:
            assert source.live
            assert source.name == spec
        assert FakeVideoCapture.opened[0][:2] == (address, backend)

    def test_images_are_turned_into_rgb(self) -> None:
        with open_source("0") as source:
            assert next(iter(source)).pixels[0, 0].tolist() == [30, 20, 10]

    def test_a_missing_camera_is_one_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(FakeVideoCapture, "there", False)
        with pytest.raises(CameraError, match="camera 3 cannot be opened: is it there"):
            open_source("3")

    def test_a_password_is_in_no_message(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with open_source("rtsp://me:secret@cam/1") as source:
            assert source.name == "rtsp://cam/1"
        assert FakeVideoCapture.opened[0][0] == "rtsp://me:secret@cam/1"
        monkeypatch.setattr(FakeVideoCapture, "there", False)
        with pytest.raises(CameraError) as caught:
            open_source("rtsp://me:secret@cam/1")
        assert "secret" not in str(caught.value)


def test_what_is_nowhere_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a camera, a URL, a video, a folder or a zip"):
        open_source(str(tmp_path / "nothing"))
