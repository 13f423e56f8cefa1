"""Paints the facial expression of a view: eyes, brows and mouth."""

import numpy as np

from .camera import Floats
from .canvas import Area, Canvas, darker, ellipse, mixed
from .head import nose_tip
from .people import Person
from .views import View

_LINE = np.linspace(-1, 1, 17)
_ARCH = 1 - _LINE**2
_IRIS = 0.083
_EYE_GLOSS = 200.0


def paint_expression(canvas: Canvas, person: Person, view: View) -> None:
    """Paint eyes, brows and mouth with the expression of `view`."""
    for side in (-1, 1):
        _eye(canvas, person, view, side)
        _brow(canvas, person, view, side)
        _fold(canvas, person, view, side)
    _mouth(canvas, person, view)


def _lids(person: Person, view: View, side: int) -> tuple[Floats, Floats]:
    """Upper and lower edge of an open eye, ``(17, 2)`` each, from the image's left to its right."""
    p = person
    closed = min(1.0, view.blink + 0.22 * view.smile)
    tilt = -side * p.eye_tilt * _LINE
    x = side * p.eye_distance + p.eye_width * _LINE
    peak = _ARCH**0.75 * (1 - 0.18 * side * -_LINE)
    droop = p.eye_height * 0.72
    upper = p.eye_level + tilt - peak * (p.eye_height * (1.05 + 0.15 * view.brow) * (1 - closed) - 0.5 * droop * closed)
    lower = p.eye_level + tilt + _ARCH * droop * (1 - 0.25 * view.smile)
    return np.column_stack([x, upper]), np.column_stack([x, np.maximum(lower, upper + 0.004)])


def _eye(canvas: Canvas, person: Person, view: View, side: int) -> None:
    """Paint white, iris, lids and lashes of one eye."""
    upper, lower = _lids(person, view, side)
    opening = canvas.area(np.vstack([upper, lower[::-1]]))
    p, skin = person, person.skin_color
    if p.lid_crease > 0.25:
        crease = upper - np.column_stack([0 * _LINE, 0.028 + 0.025 * _ARCH])
        canvas.stroke(crease, 0.02, darker(skin, 0.5), opacity=0.35 + 0.3 * p.lid_crease, soft=0.007)
    canvas.blend(opening, (226, 219, 213), 1.0, _EYE_GLOSS)
    if view.blink < 0.95:
        _iris(canvas, person, view, side, opening)
    canvas.stroke(upper + np.array([0, 0.012]), 0.035, (40, 25, 22), opacity=0.35, soft=0.012)
    canvas.stroke(upper, 0.026 + 0.022 * p.lashes, mixed(darker(skin, 0.22), (12, 9, 9), p.lashes), opacity=0.85)
    canvas.stroke(lower, 0.014 + 0.008 * p.lashes, darker(skin, 0.38), opacity=0.55)
    inner = side * (p.eye_distance - 0.93 * p.eye_width), p.eye_level + 0.93 * p.eye_tilt + 0.004
    canvas.fill(ellipse(*inner, 0.02, 0.012), (196, 120, 110), opacity=0.6 * (1 - view.blink))


def _iris(canvas: Canvas, person: Person, view: View, side: int, opening: Area) -> None:
    """Paint iris, dark rim, pupil and the light's reflection between the lids."""
    x = side * person.eye_distance + 0.07 * view.gaze_x
    y = person.eye_level - 0.012 + 0.035 * view.gaze_y
    color = person.eye_color
    canvas.fill_inside(ellipse(x, y, _IRIS, _IRIS), opening, darker(color, 0.5), gloss=_EYE_GLOSS)
    canvas.fill_inside(ellipse(x, y, 0.84 * _IRIS, 0.84 * _IRIS), opening, color, gloss=_EYE_GLOSS)
    lower = ellipse(x, y + 0.03, 0.5 * _IRIS, 0.4 * _IRIS)
    canvas.fill_inside(lower, opening, mixed(color, (255, 240, 200), 0.25), soft=0.01)
    canvas.fill_inside(ellipse(x, y, 0.42 * _IRIS, 0.42 * _IRIS), opening, (10, 9, 10), gloss=_EYE_GLOSS)
    gleam = ellipse(x + 0.03 * np.sign(view.light_azimuth or 1), y - 0.03, 0.016, 0.016, corners=8)
    canvas.fill_inside(gleam, opening, (255, 255, 255))


def _brow(canvas: Canvas, person: Person, view: View, side: int) -> None:
    p = person
    along = np.linspace(0, 1, 12)
    x = p.eye_distance - 0.26 + (p.brow_length + 0.29) * along
    raised = 0.075 * max(view.brow, 0.0) + 0.045 * min(view.brow, 0.0) * (1.3 - along)
    arch = p.brow_arch * 1.6 * np.sin(np.pi * along**1.25) - 0.05 * along**3
    y = p.eye_level - p.brow_level - raised - arch + p.brow_tilt * (0.5 - along)
    thick = p.brow_thickness * (1 - 0.72 * along**1.8) * np.minimum(1, 0.55 + 4 * along)
    brow = np.vstack([np.column_stack([x, y - thick]), np.column_stack([x, y + 0.7 * thick])[::-1]]) * (side, 1)
    color = mixed(darker(p.hair_color, 0.62), darker(p.skin_color, 0.35), 0.35)
    canvas.fill(brow, color, opacity=0.82, soft=0.014)


def _fold(canvas: Canvas, person: Person, view: View, side: int) -> None:
    """Paint the nasolabial fold, deeper with a smile and with age."""
    p = person
    depth = 0.08 + 0.38 * view.smile + 0.35 * p.wrinkles
    start, end = (
        (p.nose_width + 0.05, nose_tip(p) + 0.05),
        (p.mouth_width + 0.12 + 0.05 * view.smile, p.mouth_level - 0.02),
    )
    bend = np.linspace(0, 1, 9)
    x = start[0] + (end[0] - start[0]) * bend + 0.05 * np.sin(np.pi * bend)
    y = start[1] + (end[1] - start[1]) * bend
    canvas.stroke(
        np.column_stack([side * x, y]), 0.045, darker(p.skin_color, 0.55), opacity=min(depth, 0.7), soft=0.016
    )


def _mouth(canvas: Canvas, person: Person, view: View) -> None:
    p = person
    half = p.mouth_width + 0.065 * view.smile - 0.03 * view.mouth_open
    corner = p.mouth_level - p.mouth_curve - 0.06 * view.smile
    middle = p.mouth_level + 0.02 * view.smile
    x, line = half * _LINE, middle + (corner - middle) * np.abs(_LINE) ** 2.2
    gap = (0.06 * max(view.smile - 0.35, 0) + 0.17 * view.mouth_open) * _ARCH**0.8
    above, below = line - 0.35 * gap, line + 0.65 * gap
    bow = _ARCH**0.8 * (1 - 0.22 * np.exp(-((_LINE / 0.13) ** 2)))
    top = above - p.upper_lip * (1 - 0.25 * view.smile) * bow
    bottom = below + p.lower_lip * (1 - 0.2 * view.smile) * _ARCH**0.62
    red = mixed(darker(p.skin_color, 0.86), _lip_red(p), 0.25 + 0.5 * p.lip_redness)

    def between(high: Floats, low: Floats) -> Floats:
        return np.vstack([np.column_stack([x, high]), np.column_stack([x, low])[::-1]])

    canvas.fill(between(top, above), darker(red, 0.86), opacity=0.9, soft=0.008, gloss=120)
    canvas.fill(between(below, bottom), red, opacity=0.9, soft=0.010, gloss=190)
    canvas.fill(
        between(bottom + 0.03, bottom + 0.075 * _ARCH + 0.03), darker(p.skin_color, 0.6), opacity=0.3, soft=0.025
    )
    if gap.max() > 0.012:
        _inside(canvas, canvas.area(between(above, below)), x, above, gap)
    else:
        canvas.stroke(np.column_stack([x, line]), 0.022, darker(red, 0.3), opacity=0.85, soft=0.004)
    for side in (-1, 1):
        canvas.fill(ellipse(side * half, corner, 0.028, 0.02), darker(red, 0.4), opacity=0.4, soft=0.012)


def _inside(canvas: Canvas, opening: Area, x: Floats, above: Floats, gap: Floats) -> None:
    """Paint the inside of an open mouth: dark, tongue and upper teeth."""
    canvas.blend(opening, (58, 20, 20), 1.0, 20.0)
    low = above + gap
    canvas.fill_inside(
        ellipse(0, float(low.max()), 0.6 * float(x.max()), 0.4 * float(gap.max())), opening, (150, 70, 70), soft=0.02
    )
    teeth = above + np.minimum(gap, 0.035 + 0.2 * gap)
    row = np.vstack([np.column_stack([x, above]), np.column_stack([x, teeth])[::-1]]) * (0.86, 1)
    canvas.fill_inside(row, opening, (232, 226, 214), gloss=_EYE_GLOSS)


def _lip_red(person: Person) -> tuple[float, float, float]:
    brightness = max(sum(person.skin_color) / 600, 0.45)
    lipstick = mixed((196, 92, 92), (176, 30, 52), person.makeup)
    return darker(lipstick, brightness)
