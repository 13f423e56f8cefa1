"""Draws long hair, neck, shoulders and clothes."""

import cv2
import numpy as np
import numpy.typing as npt

from .camera import Camera, Field, Floats, rotation
from .canvas import darker, ellipse, mixed, polygon_mask
from .head import Head
from .overlay import blend, size_of
from .people import Color, Person
from .shading import light_color, light_direction
from .views import View

_CLOTHES = np.array(
    [(40, 46, 66), (30, 30, 34), (196, 196, 200), (130, 40, 44), (52, 92, 76), (92, 110, 150), (170, 140, 100),
     (90, 70, 110), (210, 190, 90), (225, 225, 228)], float
)  # fmt: skip
_NECKLINES = ("crew", "vee", "collar", "wide")


def draw_behind(image: Field, head: Head, camera: Camera, view: View, clothes: int) -> None:
    """Draw hair behind the head, neck, shoulders and clothes into a float32 ``(H, W, 3)`` image, in place.

    Args:
        image: RGB, 0 to 255.
        head: head of the person.
        camera: maps the head to pixels of `image`.
        view: pose and light.
        clothes: seed of the clothes; the clothes also depend on the person.
    """
    person = head.person
    _back_hair(image, head, camera, view)
    chin = camera.project(head.surface([(0.0, 0.93, np.sqrt(1 - 0.93**2))]))[0]
    body = _Body(image, person, camera, view)
    rng = np.random.default_rng([6, clothes, person.seed])
    cloth: Color = tuple(np.clip(_CLOTHES[rng.integers(len(_CLOTHES))] + rng.normal(0, 12, 3), 5, 250))
    neckline = str(rng.choice(_NECKLINES))
    if person.hair_style == "scarf":
        cloth, neckline = mixed(person.covering_color, cloth, 0.15), "scarf"
    body.shoulders(cloth, striped=rng.random() < 0.2)
    body.neck(person.covering_color if neckline == "scarf" else person.skin_color, float(chin[1]), neckline, cloth)


def _back_hair(image: Field, head: Head, camera: Camera, view: View) -> None:
    """Draw hair behind the head, or a bun on top of it."""
    person = head.person
    width = head.axes[0] * (1.10 + 0.10 * person.hair_volume)
    color = darker(person.hair_color, 0.62 * (view.ambient + 0.45 * view.light_strength))
    if person.hair_style == "bun":
        middle = camera.project([(0.0, -1.02 * head.axes[1] - 0.12, -0.35)])[0]
        radius = (0.34 + 0.1 * person.hair_volume) * camera.scale
        bun = polygon_mask(ellipse(middle[0], middle[1], radius, radius * 0.8), size_of(image))
        blend(image, bun, np.array(darker(color, 1.35)), 1.0)
    if person.hair_style not in ("bob", "long"):
        return
    end = 1.25 if person.hair_style == "bob" else 2.3 + 0.5 * person.hair_volume
    level = np.array([-1.1, -0.8, -0.3, 0.3, 0.9, end - 0.15, end])
    half = width * np.array([0.45, 0.85, 1.0, 1.04, 1.06, 1.0, 0.8])
    side = np.column_stack([half, level, np.full(7, -0.35)])
    outline = camera.project(np.vstack([side, (side * (-1, 1, 1))[::-1]]))
    x, y, mask = polygon_mask(outline, size_of(image), 0.02 * camera.scale)
    streaks = np.random.default_rng([7, person.seed]).normal(1, 0.12, (1, 40)).astype(np.float32)
    if mask.size:
        texture = cv2.resize(streaks, (mask.shape[1], 1), interpolation=cv2.INTER_CUBIC)
        blend(image, (x, y, mask), np.array(color) * texture[..., None], 1.0)


class _Body:
    """Neck and shoulders of one person in one image; they turn less than the head."""

    def __init__(self, image: Field, person: Person, camera: Camera, view: View) -> None:
        self.image, self.person, self.view = image, person, view
        still = rotation(0.25 * view.yaw, 0.0, 0.25 * view.roll)
        self.camera = Camera(still, camera.matrix)
        neck = camera.rotation @ (0.0, 0.9, -0.35) - still @ (0.0, 0.9, -0.35)
        self.shift = neck * (1, 1, 0)

    def outline(self, points: npt.ArrayLike, follow: npt.ArrayLike = 0.4) -> Floats:
        """Pixels of a half outline ``(N, 2)`` and its mirror image; `follow` (0 to 1) is how much each point moves with the head."""
        half = np.asarray(points, float)
        both = np.vstack([half, (half * (-1, 1))[::-1]])
        share = np.broadcast_to(np.asarray(follow, float), len(half))
        shares = np.concatenate([share, share[::-1]])[:, None]
        body = np.column_stack([both, np.full(len(both), -0.4)]) @ self.camera.rotation.T + shares * self.shift
        return self.camera.project_still(body)

    def shoulders(self, cloth: Color, striped: bool) -> None:
        """Draw the clothed upper body."""
        wide, slope = self.person.shoulders, 0.5 * self.person.neck_width
        half = [
            (slope, 1.82),
            (self.person.neck_width + 0.16, 1.98),
            (0.62 * wide, 2.32),
            (0.9 * wide, 2.52),
            (wide, 2.9),
            (1.1 * wide, 4.0),
            (1.1 * wide, 60.0),
        ]
        area = polygon_mask(self.outline(half), size_of(self.image))
        x, _, mask = area
        if not mask.size:
            return
        center = self.outline([(0.0, 3.0)])[0, 0]
        across = (np.arange(mask.shape[1]) + x - center) / (wide * self.camera.scale)
        color = np.array(cloth) * self._lit(across, 0.9)[None]
        if striped:
            rows = np.sin((np.arange(mask.shape[0]) / self.camera.scale) * 18)[:, None, None]
            color = color * (1 - 0.25 * (rows > 0))
        blend(self.image, area, color, 1.0)

    def neck(self, color: Color, chin: float, neckline: str, cloth: Color) -> None:
        """Draw the neck and the part of the chest above the neckline."""
        wide = self.person.neck_width
        bottom = {"crew": 2.08, "vee": 2.55, "collar": 2.3, "wide": 2.25, "scarf": 2.2}[neckline]
        spread = {"crew": 1.0, "vee": 0.95, "collar": 0.85, "wide": 1.5, "scarf": 1.35}[neckline]
        half = [
            (0.92 * wide, 0.5),
            (0.92 * wide, 1.2),
            (0.95 * wide, 1.6),
            (1.02 * wide * spread, 1.9),
            (0.75 * wide * spread, bottom - 0.12),
            (0.02, bottom),
        ]
        if neckline in ("vee", "collar"):
            half[-2] = (0.6 * wide, 2.05)
        area = polygon_mask(self.outline(half, (1.0, 1.0, 0.8, 0.5, 0.4, 0.4)), size_of(self.image))
        x, y, mask = area
        if not mask.size:
            return
        scale = self.camera.scale
        center = self.outline([(0.0, 1.5)], 0.7)[0, 0]
        lit = self._lit((np.arange(mask.shape[1]) + x - center) / (1.15 * wide * scale), 1.0)
        below = (np.arange(mask.shape[0]) + y - chin) / scale
        shadow = 1 - 0.42 * np.exp(-np.maximum(below, 0) / 0.35)
        blend(self.image, area, np.array(color) * lit[None] * shadow[:, None, None], 1.0)
        if neckline == "collar":
            for side in (-1, 1):
                flap = np.array([(0.5 * wide, 1.85), (1.15 * wide, 1.75), (1.05 * wide, 2.3), (0.62 * wide, 2.45)])
                points = self.outline(flap)[:4] if side > 0 else self.outline(flap)[4:]
                blend(
                    self.image,
                    polygon_mask(points, size_of(self.image)),
                    np.array(mixed(cloth, (255, 255, 255), 0.25)),
                    1.0,
                )

    def _lit(self, across: "npt.NDArray[np.float64]", roundness: float) -> Floats:
        """Color factors ``(N, 3)`` at positions across an upright cylinder, -1 to 1."""
        view, light = self.view, light_direction(self.view)
        turned = np.clip(across * roundness, -0.98, 0.98)
        facing = turned * light[0] + np.sqrt(1 - turned**2) * light[2] - 0.2 * light[1]
        key = np.maximum(facing * 0.82 + 0.1, 0)[:, None] * view.light_strength * light_color(view)
        return np.asarray(0.95 * view.ambient * (0.6 + 0.4 * np.sqrt(1 - turned**2))[:, None] + 0.85 * key)
