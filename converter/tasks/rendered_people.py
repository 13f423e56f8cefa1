"""Rendered people as training data for the detector and the embedder.

Only seeds in `rendering.TRAINING_SEEDS` are used; people of the demo and the golden vectors are never trained on.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track

from edge_siamese.rendering import TRAINING_SEEDS, Person, View, render_crop, render_scene

from ..data.detection import AnnotatedImage


def rendered_faces(people: int, views: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Render aligned crops uint8 ``(people * views, 112, 112, 3)`` in random views, and the person of each."""
    crops = np.empty((people * views, 112, 112, 3), np.uint8)
    labels = np.repeat(np.arange(people), views)
    for row, number in enumerate(track(labels, "rendering faces", console=Console(stderr=True), transient=True)):
        rng = np.random.default_rng((TRAINING_SEEDS[number], row))
        crops[row] = render_crop(Person.from_seed(TRAINING_SEEDS[number]), View.random(rng))
    return crops, labels


def rendered_scenes(count: int, size: tuple[int, int] = (320, 240)) -> list[AnnotatedImage]:
    """Render images with one to three people in front of rendered backgrounds."""
    return list(
        track(_scenes(count, size), "rendering scenes", total=count, console=Console(stderr=True), transient=True)
    )


def _scenes(count: int, size: tuple[int, int]) -> Iterator[AnnotatedImage]:
    width, height = size
    for number in range(count):
        rng = np.random.default_rng((1, number))
        faces = int(rng.choice([1, 1, 2, 3]))
        placements = []
        for position in range(faces):
            person = Person.from_seed(int(rng.choice(np.asarray(TRAINING_SEEDS))))
            face_height = float(rng.uniform(0.2, 0.75 / faces**0.5)) * height
            center = ((position + rng.uniform(0.35, 0.65)) * width / faces, height * float(rng.uniform(0.35, 0.6)))
            placements.append((person, View.random(rng), face_height, center))
        scene = render_scene(placements, size=size, background_seed=number)
        yield AnnotatedImage(scene.image, scene.boxes, scene.landmarks, "rendered")
