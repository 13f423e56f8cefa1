"""Draws ears and glasses."""

import numpy as np

from .camera import Camera, Field, Floats
from .canvas import Area, polygon_mask
from .head import Head
from .overlay import blend, draw_line, size_of
from .shading import light_color, light_direction
from .views import View


def draw_ears(image: Field, head: Head, camera: Camera, view: View, *, before_head: bool) -> None:
    """Draw the ears that the head partly hides (`before_head`), or those in front of its side."""
    person = head.person
    if person.hair_style in _OVER_EARS:
        return
    for side in (-1, 1):
        if (side * view.yaw > 4) == before_head:
            _ear(image, head, camera, view, side)


def _ear(image: Field, head: Head, camera: Camera, view: View, side: int) -> None:
    """Draw one ear as a flat shell with a darker hollow."""
    person = head.person
    root = head.surface([(side * 0.993, 0.08, -0.08)])[0]
    spread = 0.75 + 0.25 * person.ear_spread
    out, size = np.array([side * 0.20 * spread, 0.0, -0.20]), person.ear_size
    normal = np.array([side * 0.75, 0.0, 0.66]) @ camera.rotation.T
    key = max(float(normal @ light_direction(view)) * 0.82 + 0.18, 0.0) * view.light_strength
    lit = np.array(person.skin_color) * (0.9 * view.ambient + key * light_color(view))

    def shell(outline: Floats) -> Area:
        lean = 0.22 * (outline[:, 1:] < 0) * -outline[:, 1:] * np.array([0.0, 0.0, -1.0])
        points = root + outline[:, :1] * out + outline[:, 1:] * (0.0, size, 0.0) + lean
        return polygon_mask(camera.project(points), size_of(image), 0.008 * camera.scale)

    blend(image, shell(_EAR), lit * (1.0, 0.94, 0.93), 1.0)
    blend(image, shell(_EAR * (0.62, 0.62) + (0.12, -0.01)), lit * (0.62, 0.52, 0.50), 0.7)


_OVER_EARS = ("bob", "long", "scarf")  # hair that hides ears and the arms of glasses
_EAR = np.array(
    [(-0.25, -0.20), (0.10, -0.30), (0.55, -0.36), (0.90, -0.30), (1.02, -0.14), (0.92, 0.04), (0.66, 0.18),
     (0.46, 0.32), (0.18, 0.36), (-0.15, 0.27), (-0.30, 0.0)]
)  # fmt: skip


def draw_glasses(image: Field, head: Head, camera: Camera, view: View) -> None:
    """Draw the glasses of a person who wears glasses."""
    person = head.person
    if person.glasses == "none" or view.without_glasses:
        return
    front = float(head.on_face([(0.0, person.eye_level - 0.02)])[0, 2]) + 0.10
    wide = {"round": 0.285, "square": 0.30, "wide": 0.33, "half": 0.30}[person.glasses] * person.glasses_size
    high = {"round": 0.255, "square": 0.215, "wide": 0.20, "half": 0.17}[person.glasses] * person.glasses_size
    power = {"round": 1.0, "square": 0.45, "wide": 0.6, "half": 0.6}[person.glasses]
    color, thick = person.glasses_color, max(0.042 * camera.scale, 0.7)
    for side in (-1, 1):
        lens = _lens(side * (person.eye_distance + 0.02), person.eye_level + 0.02, wide, high, power)
        depth = front - 0.22 * np.abs(lens[:, :1]) ** 2
        rim = camera.project(np.hstack([lens, depth]))
        blend(image, polygon_mask(rim, size_of(image)), np.array((235, 240, 245)), 0.07)
        start = len(rim) // 2 if person.glasses == "half" else 0
        draw_line(image, rim if start == 0 else rim[start:], thick, color, closed=start == 0)
        _temple(image, head, camera, view, (side * (person.eye_distance + 0.02 + wide), front, thick))
    inner = person.eye_distance + 0.02 - wide
    bridge = [
        (-inner, person.eye_level - 0.02, front),
        (0, person.eye_level - 0.06, front + 0.03),
        (inner, person.eye_level - 0.02, front),
    ]
    draw_line(image, camera.project(bridge), thick, color)


def _temple(image: Field, head: Head, camera: Camera, view: View, start: tuple[float, float, float]) -> None:
    """Draw the arm of the glasses on the visible side."""
    x, front, thick = start
    if np.sign(x) * view.yaw > 8:
        return
    level = head.person.eye_level - 0.02
    ear = head.surface([(np.sign(x) * 0.998, 0.0, 0.06)])[0]
    hinge = np.array([x, level, front - 0.22 * x * x])
    end = np.array([ear[0] * 1.01, level, ear[2]])
    if head.person.hair_style in _OVER_EARS:
        end = hinge + 0.45 * (end - hinge)
    draw_line(image, camera.project([hinge, end]), thick * 0.9, head.person.glasses_color)


def _lens(x: float, y: float, wide: float, high: float, power: float) -> Floats:
    """A rounded rectangle (power < 1) or ellipse (power 1) as ``(28, 2)`` points, starting at the image's right."""
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.column_stack(
        [x + wide * np.sign(cosine) * np.abs(cosine) ** power, y + high * np.sign(sine) * np.abs(sine) ** power]
    )
