"""What belongs to a person besides the head: hair behind it, neck, shoulders, clothes and glasses."""

import cv2
import numpy as np
import numpy.typing as npt

from .camera import Camera, Field, Floats, rotation
from .canvas import Area, darker, ellipse, mixed, polygon_mask
from .head import Head
from .people import Colour, Person
from .shading import light_colour, light_direction
from .views import View

_CLOTHES = np.array(
    [(40, 46, 66), (30, 30, 34), (196, 196, 200), (130, 40, 44), (52, 92, 76), (92, 110, 150), (170, 140, 100), (90, 70, 110),
     (210, 190, 90), (225, 225, 228)], float
)  # fmt: skip
_NECKLINES = ("crew", "vee", "collar", "wide")


def draw_behind(picture: Field, head: Head, camera: Camera, view: View, clothes: int) -> None:
    """Draw hair behind the head, neck, shoulders and clothes into a float32 ``(H, W, 3)`` picture, in place.

    Args:
        picture: RGB 0..255.
        head: whose.
        camera: from the head to pixels of `picture`.
        view: pose and light.
        clothes: seed of the clothes worn.
    """
    person = head.person
    _back_hair(picture, head, camera, view)
    chin = camera.project(head.surface([(0.0, 0.93, np.sqrt(1 - 0.93**2))]))[0]
    body = _Body(picture, person, camera, view)
    rng = np.random.default_rng([6, clothes])
    cloth: Colour = tuple(np.clip(_CLOTHES[rng.integers(len(_CLOTHES))] + rng.normal(0, 12, 3), 5, 250))
    neckline = str(rng.choice(_NECKLINES))
    if person.hair_style == "scarf":
        cloth, neckline = mixed(person.covering_colour, cloth, 0.15), "scarf"
    body.shoulders(cloth, striped=rng.random() < 0.2)
    body.neck(person.covering_colour if neckline == "scarf" else person.skin_colour, float(chin[1]), neckline, cloth)


def draw_ears(picture: Field, head: Head, camera: Camera, view: View, *, before_head: bool) -> None:
    """Draw the ears that the head hides in part (`before_head`), or those that stand before its side."""
    person = head.person
    if person.hair_style in ("bob", "long", "scarf"):
        return
    for side in (-1, 1):
        if (side * view.yaw > 4) == before_head:
            _ear(picture, head, camera, view, side)


def _ear(picture: Field, head: Head, camera: Camera, view: View, side: int) -> None:
    """A flat shell that stands off the head backwards, its hollow darker."""
    person = head.person
    root = head.surface([(side * 0.993, 0.08, -0.08)])[0]
    spread = 0.75 + 0.25 * person.ear_spread
    out, size = np.array([side * 0.20 * spread, 0.0, -0.20]), person.ear_size
    normal = np.array([side * 0.75, 0.0, 0.66]) @ camera.rotation.T
    key = max(float(normal @ light_direction(view)) * 0.82 + 0.18, 0.0) * view.light_strength
    lit = np.array(person.skin_colour) * (0.9 * view.ambient + key * light_colour(view))

    def shell(outline: Floats) -> Area:
        lean = 0.22 * (outline[:, 1:] < 0) * -outline[:, 1:] * np.array([0.0, 0.0, -1.0])
        points = root + outline[:, :1] * out + outline[:, 1:] * (0.0, size, 0.0) + lean
        return polygon_mask(camera.project(points), _size(picture), 0.008 * camera.scale)

    _blend(picture, shell(_EAR), lit * (1.0, 0.94, 0.93), 1.0)
    _blend(picture, shell(_EAR * (0.62, 0.62) + (0.12, -0.01)), lit * (0.62, 0.52, 0.50), 0.7)


_EAR = np.array(
    [(-0.25, -0.20), (0.10, -0.30), (0.55, -0.36), (0.90, -0.30), (1.02, -0.14), (0.92, 0.04), (0.66, 0.18), (0.46, 0.32), (0.18, 0.36),
     (-0.15, 0.27), (-0.30, 0.0)]
)  # fmt: skip


def draw_glasses(picture: Field, head: Head, camera: Camera, view: View) -> None:
    """Draw the spectacles of a person who wears some."""
    person = head.person
    if person.glasses == "none" or view.without_glasses:
        return
    front = float(head.on_face([(0.0, person.eye_level - 0.02)])[0, 2]) + 0.10
    wide = {"round": 0.285, "square": 0.30, "wide": 0.33, "half": 0.30}[person.glasses] * person.glasses_size
    high = {"round": 0.255, "square": 0.215, "wide": 0.20, "half": 0.17}[person.glasses] * person.glasses_size
    power = {"round": 1.0, "square": 0.45, "wide": 0.6, "half": 0.6}[person.glasses]
    colour, thick = person.glasses_colour, max(0.042 * camera.scale, 0.7)
    for side in (-1, 1):
        lens = _lens(side * (person.eye_distance + 0.02), person.eye_level + 0.02, wide, high, power)
        depth = front - 0.22 * np.abs(lens[:, :1]) ** 2
        rim = camera.project(np.hstack([lens, depth]))
        _blend(picture, polygon_mask(rim, _size(picture)), np.array((235, 240, 245)), 0.07)
        start = len(rim) // 2 if person.glasses == "half" else 0
        _line(picture, rim if start == 0 else rim[start:], thick, colour, closed=start == 0)
        _temple(picture, head, camera, view, (side * (person.eye_distance + 0.02 + wide), front, thick))
    inner = person.eye_distance + 0.02 - wide
    bridge = [(-inner, person.eye_level - 0.02, front), (0, person.eye_level - 0.06, front + 0.03), (inner, person.eye_level - 0.02, front)]
    _line(picture, camera.project(bridge), thick, colour)


def _temple(picture: Field, head: Head, camera: Camera, view: View, start: tuple[float, float, float]) -> None:
    """The arm of the glasses, on the side that is in sight."""
    x, front, thick = start
    if np.sign(x) * view.yaw > 8:
        return
    level = head.person.eye_level - 0.02
    ear = head.surface([(np.sign(x) * 0.998, 0.0, 0.06)])[0]
    hinge = (x, level, front - 0.22 * x * x)
    _line(picture, camera.project([hinge, (ear[0] * 1.01, level, ear[2])]), thick * 0.9, head.person.glasses_colour)


def _lens(x: float, y: float, wide: float, high: float, power: float) -> Floats:
    """A rounded rectangle (power < 1) or ellipse (power 1) as ``(28, 2)`` points, starting at the picture's right."""
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.column_stack([x + wide * np.sign(cosine) * np.abs(cosine) ** power, y + high * np.sign(sine) * np.abs(sine) ** power])


def _back_hair(picture: Field, head: Head, camera: Camera, view: View) -> None:
    """Hair that hangs behind the head, or a bun on top of it."""
    person = head.person
    width = head.axes[0] * (1.10 + 0.10 * person.hair_volume)
    colour = darker(person.hair_colour, 0.62 * (view.ambient + 0.45 * view.light_strength))
    if person.hair_style == "bun":
        middle = camera.project([(0.0, -1.02 * head.axes[1] - 0.12, -0.35)])[0]
        radius = (0.34 + 0.1 * person.hair_volume) * camera.scale
        bun = polygon_mask(ellipse(middle[0], middle[1], radius, radius * 0.8), _size(picture))
        _blend(picture, bun, np.array(darker(colour, 1.35)), 1.0)
    if person.hair_style not in ("bob", "long"):
        return
    end = 1.25 if person.hair_style == "bob" else 2.3 + 0.5 * person.hair_volume
    level = np.array([-1.1, -0.8, -0.3, 0.3, 0.9, end - 0.15, end])
    half = width * np.array([0.45, 0.85, 1.0, 1.04, 1.06, 1.0, 0.8])
    side = np.column_stack([half, level, np.full(7, -0.35)])
    outline = camera.project(np.vstack([side, (side * (-1, 1, 1))[::-1]]))
    x, y, mask = polygon_mask(outline, _size(picture), 0.02 * camera.scale)
    streaks = np.random.default_rng([7, person.seed]).normal(1, 0.12, (1, 40)).astype(np.float32)
    if mask.size:
        look = cv2.resize(streaks, (mask.shape[1], 1), interpolation=cv2.INTER_CUBIC)
        _blend(picture, (x, y, mask), np.array(colour) * look[..., None], 1.0)


class _Body:
    """Neck and shoulders of one person in one picture; they follow the head's turning only a little."""

    def __init__(self, picture: Field, person: Person, camera: Camera, view: View) -> None:
        self.picture, self.person, self.view = picture, person, view
        still = rotation(0.25 * view.yaw, 0.0, 0.25 * view.roll)
        self.camera = Camera(still, camera.matrix)
        neck = camera.rotation @ (0.0, 0.9, -0.35) - still @ (0.0, 0.9, -0.35)
        self.shift = neck * (1, 1, 0)

    def outline(self, points: npt.ArrayLike, follow: npt.ArrayLike = 0.4) -> Floats:
        """Pixels of a half outline ``(N, 2)``, mirrored; `follow` is how much each point goes along with the head."""
        half = np.asarray(points, float)
        both = np.vstack([half, (half * (-1, 1))[::-1]])
        share = np.broadcast_to(np.asarray(follow, float), len(half))
        shares = np.concatenate([share, share[::-1]])[:, None]
        body = np.column_stack([both, np.full(len(both), -0.4)]) @ self.camera.rotation.T + shares * self.shift
        return self.camera.project_still(body)

    def shoulders(self, cloth: Colour, striped: bool) -> None:
        """The clothed upper body."""
        wide, slope = self.person.shoulders, 0.5 * self.person.neck_width
        half = [(slope, 1.82), (self.person.neck_width + 0.16, 1.98), (0.62 * wide, 2.32), (0.9 * wide, 2.52), (wide, 2.9), (1.1 * wide, 4.0), (1.1 * wide, 9.0)]
        area = polygon_mask(self.outline(half), _size(self.picture))
        x, _, mask = area
        if not mask.size:
            return
        centre = self.outline([(0.0, 3.0)])[0, 0]
        across = (np.arange(mask.shape[1]) + x - centre) / (wide * self.camera.scale)
        colour = np.array(cloth) * self._lit(across, 0.9)[None]
        if striped:
            rows = np.sin((np.arange(mask.shape[0]) / self.camera.scale) * 18)[:, None, None]
            colour = colour * (1 - 0.25 * (rows > 0))
        _blend(self.picture, area, colour, 1.0)

    def neck(self, colour: Colour, chin: float, neckline: str, cloth: Colour) -> None:
        """Neck and the part of the chest that the neckline leaves bare."""
        wide = self.person.neck_width
        bottom = {"crew": 2.08, "vee": 2.55, "collar": 2.3, "wide": 2.25, "scarf": 2.2}[neckline]
        spread = {"crew": 1.0, "vee": 0.95, "collar": 0.85, "wide": 1.5, "scarf": 1.35}[neckline]
        half = [(0.92 * wide, 0.5), (0.92 * wide, 1.2), (0.95 * wide, 1.6), (1.02 * wide * spread, 1.9), (0.75 * wide * spread, bottom - 0.12), (0.02, bottom)]
        if neckline in ("vee", "collar"):
            half[-2] = (0.6 * wide, 2.05)
        area = polygon_mask(self.outline(half, (1.0, 1.0, 0.8, 0.5, 0.4, 0.4)), _size(self.picture))
        x, y, mask = area
        if not mask.size:
            return
        scale = self.camera.scale
        centre = self.outline([(0.0, 1.5)], 0.7)[0, 0]
        lit = self._lit((np.arange(mask.shape[1]) + x - centre) / (1.15 * wide * scale), 1.0)
        below = (np.arange(mask.shape[0]) + y - chin) / scale
        shadow = 1 - 0.42 * np.exp(-np.maximum(below, 0) / 0.35)
        _blend(self.picture, area, np.array(colour) * lit[None] * shadow[:, None, None], 1.0)
        if neckline == "collar":
            for side in (-1, 1):
                flap = np.array([(0.5 * wide, 1.85), (1.15 * wide, 1.75), (1.05 * wide, 2.3), (0.62 * wide, 2.45)])
                points = self.outline(flap)[:4] if side > 0 else self.outline(flap)[4:]
                _blend(self.picture, polygon_mask(points, _size(self.picture)), np.array(mixed(cloth, (255, 255, 255), 0.25)), 1.0)

    def _lit(self, across: "npt.NDArray[np.float64]", roundness: float) -> Floats:
        """Factor on the colour ``(N, 3)`` at positions across a standing cylinder, -1..1."""
        view, light = self.view, light_direction(self.view)
        turned = np.clip(across * roundness, -0.98, 0.98)
        facing = turned * light[0] + np.sqrt(1 - turned**2) * light[2] - 0.2 * light[1]
        key = np.maximum(facing * 0.82 + 0.1, 0)[:, None] * view.light_strength * light_colour(view)
        return np.asarray(0.95 * view.ambient * (0.6 + 0.4 * np.sqrt(1 - turned**2))[:, None] + 0.85 * key)


def _size(picture: Field) -> tuple[int, int]:
    return picture.shape[1], picture.shape[0]


def _blend(picture: Field, area: Area, colour: npt.NDArray[np.floating], opacity: float) -> None:
    """Mix a colour, or a field of them, in where a mask says."""
    x, y, mask = area
    part = picture[y : y + mask.shape[0], x : x + mask.shape[1]]
    part += ((colour - part) * (mask * opacity)[..., None]).astype(np.float32)


def _line(picture: Field, points: Floats, thick: float, colour: Colour, closed: bool = False) -> None:
    """An anti-aliased line; widths below a pixel become fainter instead."""
    low = np.floor(points.min(0)).astype(int) - int(thick) - 2
    high = np.ceil(points.max(0)).astype(int) + int(thick) + 3
    low, high = np.clip(low, 0, _size(picture)), np.clip(high, 0, _size(picture))
    if (high <= low).any():
        return
    mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    cv2.polylines(mask, [np.round((points - low) * 16).astype(np.int32)], closed, (255,), max(1, round(thick)), cv2.LINE_AA, 4)
    _blend(picture, (int(low[0]), int(low[1]), mask.astype(np.float32) / np.float32(255)), np.array(colour), min(0.9, thick))
