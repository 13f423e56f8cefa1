"""Draws masks, glasses and sunglasses on a photo of a face, from the five landmarks.

They are drawn for training, for fitting the condition measure and for its evaluation. Lengths are in units of the face:
horizontally the distance of the eyes, vertically the distance from the eyes to the mouth.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..frames import RGB
from .camera import Field, Floats
from .canvas import mixed, polygon_mask
from .overlay import blend, draw_line, size_of
from .people import Color


@dataclass(frozen=True)
class Mask:
    """A mask over nose, mouth and chin.

    Attributes:
        color: color of the cloth.
        top: upper edge at the nose: 0 at the eyes, 1 at the mouth.
        width: half width in eye distances.
        chin: lowest point, from the eyes.
        pleats: number of horizontal folds.
        cone: whether a fold runs down the middle and the sides recede into shadow, as with a respirator.
        straps: whether two straps lead to each ear.
    """

    color: Color = (120.0, 180.0, 215.0)
    top: float = 0.42
    width: float = 0.95
    chin: float = 1.85
    pleats: int = 0
    cone: bool = False
    straps: bool = False

    def draw(self, image: RGB, landmarks: npt.NDArray[np.floating]) -> RGB:
        """Draw the mask on a copy of a uint8 ``(H, W, 3)`` image; `landmarks` is ``(5, 2)`` in its pixels."""
        face, canvas = _FaceAxes(landmarks), image.astype(np.float32)
        nose, width = face.nose, self.width
        edge = [(0.0, self.top - 0.04), (0.3 * width, self.top - 0.03), (width, self.top + 0.05), (0.84 * width, 1.3),
                (0.42 * width, self.chin - 0.15), (0.0, self.chin)]  # fmt: skip
        outline = np.array([*edge, *((-u, v) for u, v in reversed(edge[1:-1]))]) + np.array([nose, 0.0])
        thick = max(0.04 * face.eye_distance, 0.6)
        if self.straps:
            for side in (-1, 1):
                for height, end in ((self.top + 0.08, 0.1), (1.25, 0.7)):
                    strap = face.pixels([(nose + side * 0.8 * width, height), (side * 1.35, end)])
                    draw_line(canvas, strap, thick, mixed(self.color, (245.0, 245.0, 245.0), 0.5))
        blend(canvas, polygon_mask(face.pixels(outline), size_of(canvas)), np.array(self.color), 1.0)
        if self.cone:
            for side in (-1, 1):
                half = [
                    (0.45 * side, self.top),
                    (side * width, self.top + 0.06),
                    (side * 0.84 * width, 1.3),
                    (0.3 * side, self.chin),
                ]
                shadow = face.pixels(np.array(half) * np.array([0.98, 1.0]) + np.array([nose, 0.0]))
                blend(canvas, polygon_mask(shadow, size_of(canvas), 0.05 * face.eye_distance), np.zeros(3), 0.18)
            draw_line(
                canvas,
                face.pixels([(nose, self.top), (nose, self.chin)]),
                thick,
                mixed(self.color, (0.0, 0.0, 0.0), 0.3),
            )
        for height in np.linspace(self.top + 0.25, 1.4, self.pleats + 2)[1:-1]:
            fold = face.pixels([(nose - 0.85 * width, height), (nose, height + 0.06), (nose + 0.85 * width, height)])
            draw_line(canvas, fold, thick, mixed(self.color, (0.0, 0.0, 0.0), 0.18))
        return _rounded(canvas)


@dataclass(frozen=True)
class Glasses:
    """Glasses or sunglasses.

    Attributes:
        frame_color: color of the frame.
        half_width, half_height: of a lens, in eye distances.
        squareness: shape of a lens: 1 is an ellipse, smaller is a rounded rectangle, 0.3 almost a rectangle.
        thickness: of the frame, in eye distances.
        lens_color: color of the lenses.
        opacity: of the lenses, 0 to 1: 0 is clear, 0.6 tinted, 1 hides the eyes.
        drop: position of the lens below the eye, in eye distances.
        rim: part of the lens with a rim, from the top: 1 all around, 0.5 the upper half.
    """

    frame_color: Color = (15.0, 15.0, 18.0)
    half_width: float = 0.38
    half_height: float = 0.28
    squareness: float = 1.0
    thickness: float = 0.06
    lens_color: Color = (15.0, 15.0, 18.0)
    opacity: float = 0.0
    drop: float = 0.0
    rim: float = 1.0

    def draw(self, image: RGB, landmarks: npt.NDArray[np.floating]) -> RGB:
        """Draw the glasses on a copy of a uint8 ``(H, W, 3)`` image; `landmarks` is ``(5, 2)`` in its pixels."""
        face, canvas = _FaceAxes(landmarks), image.astype(np.float32)
        thick = max(self.thickness * face.eye_distance, 0.6)
        for eye, side in ((landmarks[0], -1), (landmarks[1], 1)):
            outline = self._lens(face, eye)
            if self.opacity > 0:
                blend(canvas, polygon_mask(outline, size_of(canvas)), np.array(self.lens_color), self.opacity)
            upper = outline[len(outline) // 2 :]
            draw_line(canvas, outline if self.rim == 1 else upper, thick, self.frame_color, closed=self.rim == 1)
            hinge = eye + side * self.half_width * face.across
            draw_line(canvas, np.stack([hinge, hinge + side * 0.55 * face.across]), thick, self.frame_color)
        bridge = np.stack([landmarks[0] + self.half_width * face.across, landmarks[1] - self.half_width * face.across])
        draw_line(canvas, bridge, thick, self.frame_color)
        return _rounded(canvas)

    def _lens(self, face: "_FaceAxes", eye: npt.NDArray[np.floating]) -> Floats:
        """Outline ``(40, 2)`` of a lens in pixels; its second half is the upper one."""
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        cosine, sine = np.cos(angle), np.sin(angle)
        across = self.half_width * np.sign(cosine) * np.abs(cosine) ** self.squareness
        down = self.drop + self.half_height * np.sign(sine) * np.abs(sine) ** self.squareness
        return np.asarray(eye + across[:, None] * face.across + down[:, None] * face.upright)


class _FaceAxes:
    """Directions of a face in the image, from its landmarks."""

    def __init__(self, landmarks: npt.NDArray[np.floating]) -> None:
        right_eye, left_eye, nose, *mouth = landmarks.astype(np.float64)
        self.center = (right_eye + left_eye) / 2
        self.across = left_eye - right_eye
        self.down = (mouth[0] + mouth[1]) / 2 - self.center
        self.eye_distance = float(np.hypot(*self.across))
        self.upright = np.array([-self.across[1], self.across[0]])
        squared = max(self.eye_distance**2, 1e-9)
        self.nose = float((nose - self.center) @ self.across) / squared

    def pixels(self, points: npt.ArrayLike) -> Floats:
        """Pixels ``(N, 2)`` of positions: eye distances from the middle of the eyes, and eye-to-mouth distances down."""
        across, down = np.asarray(points, np.float64).T
        return np.asarray(self.center + across[:, None] * self.across + down[:, None] * self.down)


def _rounded(canvas: Field) -> RGB:
    return np.asarray(np.clip(canvas + np.float32(0.5), 0, 255), np.uint8)
