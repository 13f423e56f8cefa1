"""Latency benchmark: duration of each step from photo to score."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2

from edge_siamese.alignment import align
from edge_siamese.decision import Decision
from edge_siamese.detection import letterbox
from edge_siamese.engine import FaceEngine
from edge_siamese.faces import Embedding
from edge_siamese.image_io import read_image
from edge_siamese.preprocessing import int8_input
from edge_siamese.rendering import DEMO_SEEDS, Person, Rendering, View, render_portrait

from .synthetic_gallery import random_gallery

IMAGE_SIZE = (640, 480)


@dataclass(frozen=True)
class Stage:
    """One step with its prepared input."""

    name: str
    action: Callable[[], object]


def sample_portrait() -> Rendering:
    """The input image: one rendered person at 640x480 pixels."""
    return render_portrait(Person.from_seed(DEMO_SEEDS[0]), View(), size=IMAGE_SIZE, face_height=200.0)


def stages(engine: FaceEngine, portrait: Rendering, templates: int) -> list[Stage]:
    """All steps from photo to score in order, then all of them except reading as one step.

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
    crop = align(image, landmarks)
    embedding = engine.embedder.embed(crop)
    gallery = random_gallery(engine.embedder_card, templates)

    def match(probe: Embedding) -> Decision:
        return gallery.identify(probe, threshold=0)

    def detect_to_match() -> Decision:
        engine.detect(image)
        return match(engine.embedder.embed(align(image, landmarks)))

    return [
        Stage("read photo", lambda: read_image(photo)),
        Stage("detect: prepare", lambda: letterbox(image, detector.height, detector.width)),
        Stage("detect: network", lambda: detector.network.run(tensor)),
        Stage("detect: decode", lambda: detector.faces([detector.cells(outputs)], mapping)),
        Stage("align", lambda: align(image, landmarks)),
        Stage("embed", lambda: engine.embedder.embed(crop)),
        Stage(f"match {templates}", lambda: match(embedding)),
        Stage("detect to match", detect_to_match),
    ]
