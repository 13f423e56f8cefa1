"""Latency benchmark: duration of each stage from the camera to the decision, each with prepared input."""

from collections.abc import Callable

import cv2

from edge_siamese.alignment import align
from edge_siamese.decision import Decision
from edge_siamese.detection import letterbox
from edge_siamese.engine import FaceEngine
from edge_siamese.faces import Face
from edge_siamese.fusion import ScoreFusion
from edge_siamese.image_io import read_image
from edge_siamese.preprocessing import int8_input
from edge_siamese.quality.gate import measure_crop
from edge_siamese.rendering import DEMO_SEEDS, Person, Rendering, View, render_portrait
from edge_siamese.sequential import FixedThreshold
from edge_siamese.tracking import Tracker

from .synthetic_gallery import random_gallery

IMAGE_SIZE = (640, 480)
CAMERA_TO_DECISION = "camera to decision"
DETECT_PARTS = ("detect: prepare", "detect: network", "detect: decode")
STAGES = ("capture", "detect", "track", "align", "quality", "embed", "match", "decide")


def sample_portrait() -> Rendering:
    """The input image: one rendered person at 640x480 pixels."""
    return render_portrait(Person.from_seed(DEMO_SEEDS[0]), View(), size=IMAGE_SIZE, face_height=200.0)


def latency_actions(engine: FaceEngine, portrait: Rendering, templates: int) -> dict[str, Callable[[], object]]:
    """All stages by name, in order: each alone, the parts of detection, and all stages one after another.

    A frame is captured as a USB camera gives it: as JPEG. Every frame is treated as the first of a new person, who is
    embedded; `run` embeds a person who stays only now and then.

    Args:
        engine: engine with the networks.
        portrait: image of one face; its exact landmarks are used, independent of the detector's result.
        templates: number of templates to compare with.
    """
    image, landmarks = portrait.image, portrait.landmarks[0]
    photo = cv2.imencode(".jpg", image[..., ::-1])[1].tobytes()
    detector = engine.detector
    fitted, mapping = letterbox(image, detector.height, detector.width)
    tensor = int8_input(fitted[None])
    outputs = detector.network.run(tensor)
    face = Face(portrait.boxes[0], landmarks, 1.0)
    crop, tracker = align(image, landmarks), Tracker()
    embedding = engine.embedder.embed(crop)
    (track,) = tracker.update(image, [face])
    gallery = random_gallery(engine.embedder_card, templates)
    fusion = ScoreFusion(gallery, FixedThreshold(0))

    def match() -> None:
        fusion.observe(track, embedding, 100.0)

    def decide() -> Decision:
        return fusion.decide(track)

    def camera_to_decision() -> Decision:
        frame = read_image(photo)
        engine.detect(frame)
        (shown,) = tracker.update(frame, [face])
        aligned = align(frame, landmarks)
        measure_crop(aligned, face)
        fusion.observe(shown, engine.embedder.embed(aligned), 100.0)
        return fusion.decide(shown)

    match()
    return {
        "capture": lambda: read_image(photo),
        "detect": lambda: engine.detect(image),
        "detect: prepare": lambda: letterbox(image, detector.height, detector.width),
        "detect: network": lambda: detector.network.run(tensor),
        "detect: decode": lambda: detector.faces([detector.cells(outputs)], mapping),
        "track": lambda: tracker.update(image, [face]),
        "align": lambda: align(image, landmarks),
        "quality": lambda: measure_crop(crop, face),
        "embed": lambda: engine.embedder.embed(crop),
        "match": match,
        "decide": decide,
        CAMERA_TO_DECISION: camera_to_decision,
    }
