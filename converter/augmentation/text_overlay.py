"""Writing and signs on a background: round letters and icons look more like small faces than most things do.

Lines of letters in the strokes of OpenCV's fonts, of many sizes and weights, and rows of icons made of a few shapes.
"""

import string

import cv2
import numpy as np

from edge_siamese.frames import RGB

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)
_LETTERS = string.ascii_letters + string.digits + "@&%?!$#" + 6 * "aeosgcdbpqBSOCGRQ0689"


def written_over(image: RGB, rng: np.random.Generator) -> RGB:
    """A copy with some lines of writing or rows of icons at random places; perhaps on a plain ground of one color."""
    canvas = image.copy()
    if rng.random() < 0.4:
        canvas[:] = _color(rng)
    for _ in range(int(rng.integers(1, 5))):
        height = float(np.exp(rng.uniform(np.log(9), np.log(image.shape[0] / 3))))
        place = rng.uniform(-0.2, 0.9) * canvas.shape[1], rng.uniform(0, 1) * canvas.shape[0]
        draw = _write if rng.random() < 0.7 else _draw_icons
        for row in range(int(rng.integers(1, 5))):
            draw(canvas, (int(place[0]), int(place[1] + 1.6 * row * height)), height, rng)
    return canvas


def _write(canvas: RGB, place: tuple[int, int], height: float, rng: np.random.Generator) -> None:
    text = "".join(rng.choice(list(_LETTERS + "   "), int(rng.integers(3, 20))))
    font = int(rng.choice(_FONTS)) | (cv2.FONT_ITALIC if rng.random() < 0.2 else 0)
    strokes = max(1, round(height * rng.uniform(0.04, 0.3)))
    cv2.putText(canvas, text, place, font, height / 22, _color(rng), strokes, cv2.LINE_AA)


def _draw_icons(canvas: RGB, place: tuple[int, int], height: float, rng: np.random.Generator) -> None:
    apart = height * rng.uniform(1.2, 2.5)
    for column in range(int(rng.integers(1, 8))):
        middle = np.array([place[0] + column * apart, place[1]])
        for _ in range(int(rng.integers(1, 6))):
            at = tuple(int(value) for value in middle + rng.normal(0, 0.2, 2) * height)
            axes = tuple(max(1, int(value)) for value in rng.uniform(0.05, 0.5, 2) * height)
            filled = -1 if rng.random() < 0.6 else max(1, round(height * 0.08))
            if rng.random() < 0.6:
                cv2.ellipse(canvas, at, axes, float(rng.uniform(0, 180)), 0, 360, _color(rng), filled, cv2.LINE_AA)
            else:
                opposite = (at[0] + axes[0], at[1] + axes[1])
                cv2.rectangle(canvas, at, opposite, _color(rng), filled, cv2.LINE_AA)


def _color(rng: np.random.Generator) -> tuple[int, ...]:
    """Gray, black and white as often as colors."""
    if rng.random() < 0.6:
        return ((0, 255, int(rng.integers(256)))[rng.integers(3)],) * 3
    return tuple(int(value) for value in rng.integers(0, 256, 3))
