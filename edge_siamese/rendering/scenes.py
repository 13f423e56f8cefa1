"""Renders images of synthetic people with exact boxes and landmarks."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..alignment import TEMPLATE, similarity
from ..errors import DataError
from ..frames import RGB
from .attachments import draw_ears, draw_glasses
from .backgrounds import checked_size, render_background
from .body import draw_behind
from .camera import Camera, Field, Floats
from .canvas import Canvas
from .expression import paint_expression
from .head import Head, head_of
from .people import Person
from .shading import draw_head
from .skin import skin_of
from .views import View

Placement = tuple[Person, View, float, tuple[float, float]]
"""Person, view, height of the upright face in pixels, center of the face's box."""

_SMALLEST_FACE = 84.0  # smaller faces are rendered larger and downscaled, to avoid flicker


@dataclass(frozen=True)
class Rendering:
    """A rendered image and its faces.

    Attributes:
        image: uint8 ``(H, W, 3)`` RGB.
        boxes: float32 ``(F, 4)``: x, y, width, height of each face from hairline to chin and ear to ear, unclipped.
        landmarks: float32 ``(F, 5, 2)``: right eye, left eye, nose tip, right and left mouth corner; right is the
            subject's, the origin is the center of the top-left pixel.
    """

    image: RGB
    boxes: npt.NDArray[np.float32]
    landmarks: npt.NDArray[np.float32]


def render_portrait(
    person: Person,
    view: View,
    *,
    size: tuple[int, int] = (320, 240),
    face_height: float = 140.0,
    center: tuple[float, float] | None = None,
    background_seed: int = 0,
) -> Rendering:
    """Render one person before a background.

    Args:
        person: the person.
        view: pose, light and expression.
        size: width and height of the image in pixels.
        face_height: height of the upright neutral face, hairline to chin, in pixels.
        center: center of the face's box in pixels; default: the center of the image.
        background_seed: seed of the background and the clothes.
    """
    place = center if center is not None else ((size[0] - 1) / 2, (size[1] - 1) / 2)
    return render_scene([(person, view, face_height, place)], size=size, background_seed=background_seed)


def render_scene(
    people_and_views: Sequence[Placement], *, size: tuple[int, int], background_seed: int = 0
) -> Rendering:
    """Render several people in one image, from back to front.

    Args:
        people_and_views: for each person: person, view, height of the upright neutral face and center of its box in pixels.
        size: width and height of the image in pixels.
        background_seed: seed of the background and the clothes.
    """
    size = checked_size(size)
    image = render_background(size, background_seed).astype(np.float32)
    count = len(people_and_views)
    boxes, landmarks = np.zeros((count, 4), np.float32), np.zeros((count, 5, 2), np.float32)
    for i, (person, view, face_height, center) in enumerate(people_and_views):
        if not 4 <= face_height <= 4096:
            raise DataError(f"a face must be 4 to 4096 pixels high, not {face_height:g}")
        head = head_of(person)
        camera = _placed(head, view, face_height, center)
        image = _with_person(image, head, camera, view, background_seed, face_height)
        boxes[i], landmarks[i] = _box(camera.project(head.outline(view))), camera.project(head.landmarks(view))
    return Rendering(_finished(image), boxes, landmarks)


def render_crop(person: Person, view: View, size: int = 112) -> RGB:
    """Render an aligned crop of a face, with the landmarks fitted to the alignment template.

    Returns:
        uint8 ``(size, size, 3)`` RGB; like aligning a portrait by its exact landmarks, but sharper and faster.
    """
    if not 16 <= size <= 2048:
        raise DataError(f"a rendered crop must be 16 to 2048 pixels wide, not {size}")
    head = head_of(person)
    camera = crop_camera(head, view, size)
    image = render_background((size, size), view.background).astype(np.float32)
    return _finished(_with_person(image, head, camera, view, view.background, camera.scale * _FACE_UNITS))


def crop_camera(head: Head, view: View, size: int) -> Camera:
    """The camera whose landmarks of `head` fit the alignment template scaled to `size` pixels."""
    camera = Camera.of(view)
    template = (TEMPLATE.astype(np.float64) + 0.5) * (size / 112) - 0.5
    return camera.then(similarity(camera.project(head.landmarks(view)), template))


_FACE_UNITS = 2.9  # height of an average face in head units


def _placed(head: Head, view: View, face_height: float, center: tuple[float, float]) -> Camera:
    """The camera for a height of the upright face and a center of its box."""
    frontal = View()
    upright = _box(Camera.of(frontal).project(head.outline(frontal)))
    scale = face_height / upright[3]
    box = _box(Camera.of(view, scale).project(head.outline(view)))
    return Camera.of(view, scale, (center[0] - box[0] - box[2] / 2, center[1] - box[1] - box[3] / 2))


def _box(points: Floats) -> Floats:
    """Box x, y, width, height around ``(N, 2)`` points."""
    low, high = points.min(0), points.max(0)
    return np.concatenate([low, high - low])


def _with_person(image: Field, head: Head, camera: Camera, view: View, clothes: int, face_height: float) -> Field:
    """Draw one more person; small faces are drawn on an enlarged copy of their surroundings."""
    finer = int(np.ceil(_SMALLEST_FACE / face_height))
    canvas = skin_of(head.person).copy()
    paint_expression(canvas, head.person, view)
    if finer == 1:
        _draw(image, head, canvas, camera, view, clothes)
        return image
    x, y, width, height = _surroundings(camera, image)
    if width < 1 or height < 1:
        return image
    part = image[y : y + height, x : x + width]
    large = np.repeat(np.repeat(part, finer, 0), finer, 1)
    enlarge = np.array([(finer, 0, (0.5 - x) * finer - 0.5), (0, finer, (0.5 - y) * finer - 0.5)])
    _draw(large, head, canvas, camera.then(enlarge), view, clothes)
    image[y : y + height, x : x + width] = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
    return image


def _surroundings(camera: Camera, image: Field) -> tuple[int, int, int, int]:
    """Rectangle that contains the drawn person: x, y, width, height."""
    height, width = image.shape[:2]
    middle, reach = camera.matrix[:, 2], 3.2 * camera.scale
    left, top = (int(np.clip(middle[i] - reach, 0, (width, height)[i])) for i in (0, 1))
    return left, top, int(np.clip(middle[0] + reach, left, width)) - left, height - top


def _draw(image: Field, head: Head, canvas: Canvas, camera: Camera, view: View, clothes: int) -> None:
    draw_behind(image, head, camera, view, clothes)
    draw_ears(image, head, camera, view, before_head=True)
    draw_head(image, head, canvas, camera, view)
    draw_ears(image, head, camera, view, before_head=False)
    draw_glasses(image, head, camera, view)


def _finished(image: Field) -> RGB:
    return np.asarray(np.clip(image + np.float32(0.5), 0, 255), np.uint8)
