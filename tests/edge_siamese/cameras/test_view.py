import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_siamese.cameras import CameraView, named_spec, open_source
from edge_siamese.cameras.view import FramePacer
from edge_siamese.errors import DataError
from edge_siamese.image_io import write_image

IMAGE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


@pytest.mark.parametrize(
    ("rotate", "corner"), [(0, IMAGE[0, 0]), (90, IMAGE[0, -1]), (180, IMAGE[-1, -1]), (270, IMAGE[-1, 0])]
)
def test_the_rotation_is_counterclockwise(rotate: int, corner: np.ndarray) -> None:
    turned = CameraView(rotate=rotate).applied(IMAGE)
    assert turned.shape == ((4, 6, 3) if rotate in (0, 180) else (6, 4, 3))
    assert turned[0, 0].tolist() == corner.tolist()
    assert turned.flags.c_contiguous


def test_a_mirrored_image_exchanges_left_and_right() -> None:
    np.testing.assert_array_equal(CameraView(mirror=True).applied(IMAGE), IMAGE[:, ::-1])


def test_a_region_is_a_share_of_the_rotated_image() -> None:
    view = CameraView(rotate=90, region=(0.5, 0.0, 0.5, 0.5))
    np.testing.assert_array_equal(view.applied(IMAGE), np.rot90(IMAGE)[:3, 2:])


@given(st.floats(0, 0.99), st.floats(0, 0.99), st.floats(0.001, 1), st.integers(1, 40), st.integers(1, 40))
def test_a_region_of_any_image_has_a_pixel(x: float, y: float, share: float, height: int, width: int) -> None:
    view = CameraView(region=(x, y, (1 - x) * share, (1 - y) * share))
    assert min(view.applied(np.zeros((height, width, 3), np.uint8)).shape) >= 1


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"rotate": 45}, "45"),
        ({"region": (0.5, 0, 0.6, 1)}, "0.5,0,0.6,1"),
        ({"region": (0, 0, 0, 1)}, "0,0,0,1"),
        ({"region": (float("nan"), 0, 1, 1)}, "nan"),
        ({"max_fps": 0}, "0"),
        ({"max_fps": float("nan")}, "nan"),
    ],
)
def test_other_views_are_rejected(settings: dict[str, object], found: str) -> None:
    with pytest.raises(DataError, match=f"found .*{found}"):
        CameraView(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "1,2,3", "a,b,c,d", "1,2,3,4,5"])
def test_other_regions_are_rejected(text: str) -> None:
    with pytest.raises(DataError, match="x,y,width,height"):
        CameraView.parse_region(text)


def test_frames_beyond_the_rate_are_left_out_evenly() -> None:
    pacer = FramePacer(10)
    taken = [time for time in range(0, 1000, 33) if pacer.takes(time * 1_000_000)]
    assert 9 <= len(taken) <= 11
    assert pacer.skipped == 31 - len(taken)


def test_a_slower_camera_loses_no_frame() -> None:
    pacer = FramePacer(10)
    assert all(pacer.takes(round(time * 1e9 / 9.7)) for time in range(200))


def test_a_clock_that_goes_back_does_not_stop_the_frames() -> None:
    pacer = FramePacer(10)
    assert [pacer.takes(time * 10**9) for time in (100, 101, 5, 6)] == [True] * 4


def test_every_source_takes_the_view(tmp_path) -> None:  # type: ignore[no-untyped-def]
    write_image(tmp_path / "a.png", IMAGE)
    with open_source(str(tmp_path), view=CameraView(rotate=180)) as source:
        (frame,) = source
    np.testing.assert_array_equal(frame.pixels, IMAGE[::-1, ::-1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("door=rtsp://10.0.0.2/x?a=b", ("door", "rtsp://10.0.0.2/x?a=b")),
        ("rtsp://10.0.0.2/x?a=b", (None, "rtsp://10.0.0.2/x?a=b")),
        ("front door=0", ("front door", "0")),
        ("0", (None, "0")),
        ("/dev/video0", (None, "/dev/video0")),
    ],
)
def test_a_camera_can_have_a_name(text: str, expected: tuple[str | None, str]) -> None:
    assert named_spec(text) == expected
