import cv2
import numpy as np
import pytest

from edge_siamese.frames import RGB
from edge_siamese.quality.stream_check import FACES, StreamCheck, StreamFault, fault_of
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_crop

CROPS = [render_crop(Person.from_seed(seed), View(yaw=yaw)) for seed in DEMO_SEEDS[:6] for yaw in (-10.0, 10.0)]


def exchanged(crop: RGB) -> RGB:
    return np.ascontiguousarray(crop[..., ::-1])


def gray(crop: RGB) -> RGB:
    return np.repeat(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def events(crops: list[RGB]) -> list[StreamFault]:
    check, faults = StreamCheck("door"), []
    for number, crop in enumerate(crops):
        check.add(crop)
        event = check.suspicion(number)
        if event is not None:
            assert event.source == "door"
            faults.append(event.fault)
    return faults


@pytest.mark.parametrize("crop", CROPS[::2])
def test_the_colors_of_one_face(crop: RGB) -> None:
    assert fault_of(crop) is None
    assert fault_of(exchanged(crop)) is StreamFault.RED_AND_BLUE_EXCHANGED
    assert fault_of(gray(crop)) is StreamFault.NO_COLOR


def test_ordinary_faces_are_no_event() -> None:
    assert events(CROPS * 2) == []


def test_a_bgr_stream_is_reported_once() -> None:
    assert events([exchanged(crop) for crop in CROPS * 3]) == [StreamFault.RED_AND_BLUE_EXCHANGED]


def test_a_camera_that_switches_to_infrared_light_and_back_is_reported_each_night() -> None:
    night = [gray(crop) for crop in CROPS]
    assert events(CROPS + night + CROPS + night) == [StreamFault.NO_COLOR] * 2


def test_few_faces_prove_nothing() -> None:
    assert events([gray(crop) for crop in CROPS[: FACES - 1]]) == []
