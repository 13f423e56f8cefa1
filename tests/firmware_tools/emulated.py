"""People, frames and expected decisions for firmware that runs in an emulator."""

import numpy as np
import pytest

from edge_siamese import FaceEngine
from edge_siamese.frames import RGB
from edge_siamese.gallery import Gallery
from edge_siamese.recognition import identify_faces
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait
from edge_siamese.rendering.conditions import CONDITIONS
from edge_siamese_firmware.boards import Board
from edge_siamese_firmware.emulation.firmware_run import FirmwareRun
from edge_siamese_firmware.frames import decode_frame, encode_frame, fit_frame
from edge_siamese_firmware.image.build import profile_of
from edge_siamese_firmware.protocol.kinds import MessageKind
from edge_siamese_firmware.protocol.messages import Message

PEOPLE = [Person.from_seed(seed) for seed in DEMO_SEEDS[:3]]


def gallery_of(engine: FaceEngine) -> Gallery:
    gallery = Gallery.empty(engine.embedder_card)
    for number, person in enumerate(PEOPLE[:2]):
        photos = [render_portrait(person, View(yaw=yaw)).image for yaw in (-8.0, 8.0)]
        gallery = gallery.enroll(f"person {number}", photos, engine=engine)
    return gallery


def frames_of(board: Board) -> list[bytes]:
    profile = profile_of(board)
    portraits = [render_portrait(person, View(yaw=4.0)) for person in PEOPLE]
    images: list[RGB] = [portrait.image for portrait in portraits]
    images.append(CONDITIONS["sunglasses black"](images[2], portraits[2].landmarks[0], np.random.default_rng(0)))
    images.append(np.zeros((240, 320, 3), np.uint8))
    fitted = [fit_frame(image, profile.width, profile.height) for image in images]
    return [encode_frame(image, profile.frame_format) for image in fitted]


def of_kind(done: FirmwareRun, kind: MessageKind) -> list[Message]:
    return [message for message in done.messages if message.kind is kind]


def compare(engine: FaceEngine, gallery: Gallery, image: RGB, found: list[Message]) -> None:
    point = gallery.operating_point(engine.embedder_card)
    expected = [each for each in identify_faces(engine, gallery, image, operating_point=point) if each.embedded]
    assert len(found) == len(expected)
    for one, face in zip(expected, found, strict=True):
        decision = (face.fields["outcome"], face.fields["reason"], face.name)
        assert decision == (one.decision.outcome, one.decision.reason, one.decision.identity)
        assert face.to_json()["score"] == pytest.approx(one.decision.score, abs=0.02)


def check_run(engine: FaceEngine, gallery: Gallery, board: Board, frames: list[bytes], done: FirmwareRun) -> None:
    """The firmware is sound, took the gallery of slot b, and decided about every frame as `identify` does."""
    profile = profile_of(board)
    (test,) = of_kind(done, MessageKind.SELF_TEST)
    assert (test.fields["detector"], test.fields["embedder"]) == (1, 1)
    assert of_kind(done, MessageKind.GALLERY)[0].fields["slot"] == 1
    faces = of_kind(done, MessageKind.FACE)
    for number, frame in enumerate(frames):
        image = decode_frame(frame, profile.width, profile.height, profile.frame_format)
        compare(engine, gallery, image, [face for face in faces if face.fields["frame"] == number])
