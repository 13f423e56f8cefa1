"""Paints the texture of a head, once per person: skin, marks, beard, ears and hair."""

from functools import lru_cache

import cv2
import numpy as np

from .camera import Field, Floats
from .canvas import TEXTURE_SIZE, Canvas, Texture, darker, ellipse, mixed, positions
from .hair import coverage, covered, strands
from .head import head_of, nose_tip
from .people import Person

SKIN_GLOSS, HAIR_GLOSS, CLOTH_GLOSS = 110.0, 60.0, 5.0


@lru_cache(maxsize=64)
def skin_of(person: Person) -> Canvas:
    """Paint a person's chart (cached), without eyes, brows and mouth, which depend on the view."""
    axes = head_of(person).axes
    rng = np.random.default_rng([5, person.seed])
    canvas = Canvas(_bare(person, axes, rng), axes)
    _sockets(canvas, person)
    _marks(canvas, person, rng)
    _folds(canvas, person)
    _nostrils(canvas, person)
    _beard(canvas, person, rng)
    _hair(canvas, person)
    return canvas


def _bare(person: Person, axes: Floats, rng: np.random.Generator) -> Texture:
    """Paint bare skin: base tone, redness of cheeks and nose, unevenness."""
    size = TEXTURE_SIZE
    tone = np.array(person.skin_color, np.float32)
    mottled = cv2.resize(rng.normal(0, 1, (28, 28)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    pores = rng.normal(0, 1, (size // 2, size // 2)).astype(np.float32)
    uneven = 1 + 0.012 * mottled + 0.016 * cv2.resize(pores, (size, size), interpolation=cv2.INTER_LINEAR)
    across, down, depth = positions(axes)
    blush = 0.8 * _bell(across, down, 0.52, 0.42, 0.22, 0.22) + _bell(across, down, 0, nose_tip(person), 0.16, 0.2)
    blush = (0.25 + 0.75 * person.ruddiness) * (blush + 0.4 * _bell(across, down, 0, 1.25, 0.3, 0.2)) * (depth > 0)
    cells = np.empty((size, size, 4), np.float32)
    for channel, pull in enumerate((0.02, -0.13, -0.11)):
        cells[..., channel] = tone[channel] * uneven * (1 + np.float32(pull) * blush)
    cells[..., 3] = SKIN_GLOSS * (0.6 + 0.4 * _bell(across, down, 0, 0, 0.5, 1.0))
    return np.asarray(np.clip(cells + np.float32(0.5), 0, 255), np.uint8)


def _bell(across: Field, down: Field, x: float, y: float, wide: float, high: float) -> Field:
    return np.asarray(np.exp(-0.5 * (((np.abs(across) - x) / wide) ** 2 + ((down - y) / high) ** 2)), np.float32)


def _sockets(canvas: Canvas, person: Person) -> None:
    """Paint darker skin around the eyes, eye shadow, bags and the crease of the lid."""
    p = person
    shade = mixed(darker(p.skin_color, 0.72), (110, 60, 60), 0.12)
    for side in (-1, 1):
        x, y = side * p.eye_distance, p.eye_level
        canvas.fill(ellipse(x, y - 0.02, 0.27, 0.15), shade, opacity=0.30 + 0.15 * p.eye_depth, soft=0.06)
        if p.makeup > 0.2:
            canvas.fill(ellipse(x, y - 0.09, 0.22, 0.08), (90, 50, 80), opacity=0.45 * p.makeup, soft=0.035)
        canvas.fill(ellipse(x, y + 0.17, 0.16, 0.05), shade, opacity=0.5 * p.bags, soft=0.03)


def _marks(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    """Paint freckles and moles."""
    brown = mixed(person.skin_color, (120, 60, 30), 0.55)
    for x, y in rng.normal((0, 0.32), (0.36, 0.2), (int(110 * person.freckles), 2)):
        canvas.fill(ellipse(x, y, 0.014, 0.013, corners=6), brown, opacity=0.6)
    for x, y in person.moles:
        canvas.fill(ellipse(x, y, 0.024, 0.024, corners=10), darker(person.skin_color, 0.35), opacity=0.9)


def _folds(canvas: Canvas, person: Person) -> None:
    """Paint wrinkles on the forehead, around the eyes and beside the mouth."""
    p, shade = person, darker(person.skin_color, 0.62)
    if p.wrinkles <= 0.05:
        return
    for level in (0.50, 0.60, 0.71):
        x = np.linspace(-0.46, 0.46, 15)
        canvas.stroke(
            np.column_stack([x, -level + 0.05 * np.cos(x * 7 + p.seed % 7)]),
            0.022,
            shade,
            opacity=0.5 * p.wrinkles,
            soft=0.008,
        )
    for side in (-1, 1):
        for slope in (-0.25, 0.0, 0.3):
            start = side * (p.eye_distance + p.eye_width + 0.03)
            line = [(start + side * 0.035 * i, p.eye_level + slope * 0.035 * i) for i in range(4)]
            canvas.stroke(line, 0.02, shade, opacity=0.55 * p.wrinkles, soft=0.006)
        canvas.stroke(
            [(side * 0.07, -0.16), (side * 0.06, -0.25), (side * 0.065, -0.32)], 0.025, shade, opacity=0.5 * p.wrinkles
        )


def _nostrils(canvas: Canvas, person: Person) -> None:
    """Paint nostrils, the shadow under the tip and the creases of the wings."""
    p, base = person, nose_tip(person) + 0.125
    dark = darker(p.skin_color, 0.22)
    canvas.fill(ellipse(0, base + 0.01, 0.75 * p.nose_width, 0.045), darker(p.skin_color, 0.5), opacity=0.42, soft=0.03)
    for side in (-1, 1):
        hole = ellipse(side * 0.43 * p.nose_width, base - 0.012, 0.22 * p.nose_width + 0.008, 0.024, side * 0.25)
        canvas.fill(hole, dark, opacity=0.85, soft=0.007)
        wing = [
            (side * p.nose_width * a, base + b) for a, b in ((0.86, -0.17), (1.0, -0.11), (1.03, -0.05), (0.92, 0.0))
        ]
        canvas.stroke(wing, 0.03, darker(p.skin_color, 0.5), opacity=0.55, soft=0.012)


def _beard(canvas: Canvas, person: Person, rng: np.random.Generator) -> None:
    """Paint beard and moustache, from stubble to full."""
    p = person
    if p.beard + p.moustache <= 0:
        return
    across, down, depth = positions(canvas.axes)
    wide = np.abs(across)
    cheek_line = p.mouth_level - 0.18 - 0.75 * np.clip(wide - 0.42, 0, 1) ** 1.2
    beard = np.clip((down - cheek_line) / 0.16, 0, 1) * np.clip(
        (wide + 1.6 * (down - p.mouth_level) - 0.30) / 0.14, 0, 1
    )
    beard *= np.clip((depth + 0.15) / 0.2, 0, 1)
    lip = p.mouth_level - 0.055 - p.upper_lip
    moustache = np.clip((0.075 - np.abs(down - lip + 0.03 - 0.12 * wide**2)) / 0.05, 0, 1) * np.clip(
        (0.46 - wide) / 0.10, 0, 1
    )
    growth = np.maximum(beard * min(1.0, 1.15 * p.beard), moustache * min(1.0, 1.15 * p.moustache))
    grain = cv2.resize(rng.random((TEXTURE_SIZE // 2, TEXTURE_SIZE // 2), np.float32), (TEXTURE_SIZE, TEXTURE_SIZE))
    weight = np.clip(growth * (0.55 + 0.75 * grain), 0, 0.95)
    canvas.tint(weight.astype(np.float32), darker(p.hair_color, 0.9), HAIR_GLOSS / 2)


def _hair(canvas: Canvas, person: Person) -> None:
    """Paint hair or a head covering over everything else."""
    hidden = coverage(person, TEXTURE_SIZE)
    if person.hair_style == "buzz":
        hidden = hidden * np.float32(0.8)
    color = np.array(person.covering_color if covered(person) else person.hair_color, np.float32)
    texture, kept = strands(person, TEXTURE_SIZE) * hidden, 1 - hidden
    for channel in range(3):
        mixture = canvas.cells[..., channel] * kept + texture * color[channel]
        canvas.cells[..., channel] = np.minimum(mixture + np.float32(0.5), 255)
    gloss = np.float32(CLOTH_GLOSS if covered(person) else HAIR_GLOSS)
    canvas.cells[..., 3] = canvas.cells[..., 3] * kept + gloss * hidden
