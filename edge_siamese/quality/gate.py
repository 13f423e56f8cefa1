"""What is measured of a face before it is embedded, and the gate: is there enough of it to be compared, and if not, why.

The limits are lenient: they turn away what cannot be recognized, not what is merely a poor photo. Of 900 in-the-wild
photos of the detector's training data, also reduced to faces of 40 and of 24 pixels, they refuse three, all seen
from the side. A comparison that passes may still come out as "unknown".
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..alignment import CROP_SIZE, TEMPLATE, align, similarity
from ..decision import Reason
from ..faces import Face
from ..frames import RGB
from .score import shipped_formula

# Rows and columns of the aligned crop between brows and chin, where skin is.
_INNER_FACE = (slice(20, 104), slice(20, 92))


@dataclass(frozen=True)
class QualityLimits:
    """What is still let through.

    Attributes:
        min_side: pixels of the frame along one side of the aligned crop; about the height of the face's box.
        min_sharpness: mean squared Sobel gradient (Tenengrad) of the crop divided by its variance, so that light and
            contrast cancel. Sharp photos have 2 to 15, a face of 24 pixels enlarged has 0.6 to 4, and a blur as
            wide as an eye leaves less than 0.5.
        min_brightness, max_brightness: mean gray of the crop, 0 to 255.
        min_contrast: standard deviation of the gray.
        max_yaw: how far the nose tip has left the middle between the eyes, in half eye distances; beyond 1 it covers
            an eye.
    """

    min_side: float = 20.0
    min_sharpness: float = 0.5
    min_brightness: float = 16.0
    max_brightness: float = 242.0
    min_contrast: float = 4.0
    max_yaw: float = 1.5


@dataclass(frozen=True)
class Quality:
    """What was measured of one face.

    Attributes:
        side, sharpness, brightness, contrast, yaw: see `QualityLimits`.
        roll: degrees between the eyes and the horizontal, 0 to 180.
        confidence: the detector's score, 0 to 1.
    """

    side: float
    sharpness: float
    brightness: float
    contrast: float
    yaw: float
    roll: float
    confidence: float

    def rejection(self, limits: QualityLimits) -> Reason | None:
        """Why this face cannot be compared, or None. Too much light counts as `Reason.DARK`: nothing to be seen."""
        if self.side < limits.min_side:
            return Reason.TOO_SMALL
        if self.yaw > limits.max_yaw:
            return Reason.POSE
        if not limits.min_brightness <= self.brightness <= limits.max_brightness or self.contrast < limits.min_contrast:
            return Reason.DARK
        if self.sharpness < limits.min_sharpness:
            return Reason.BLURRED
        return None

    @property
    def score(self) -> float:
        """The quality, 0 to 100, higher is better; see `quality_score`."""
        return shipped_formula().score(self)


def measure(image: RGB, face: Face) -> Quality:
    """Align and measure one face of a uint8 ``(H, W, 3)`` RGB image."""
    return measure_crop(align(image, face.landmarks), face)


def measure_crop(crop: RGB, face: Face) -> Quality:
    """Measure a face on its aligned crop, uint8 ``(112, 112, 3)``."""
    gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[_INNER_FACE]
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(gray))
    across, down = cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    gradient = float(np.vdot(across, across) + np.vdot(down, down)) / gray.size
    cosine, sine = (float(value) for value in similarity(face.landmarks, TEMPLATE)[:, 0])
    scale = math.hypot(cosine, sine)
    return Quality(
        side=CROP_SIZE / scale if scale > 0 else 0.0,
        sharpness=gradient / (deviation**2 + 1.0),
        brightness=mean,
        contrast=deviation,
        yaw=_yaw(face.landmarks),
        roll=abs(math.degrees(math.atan2(sine, cosine))),
        confidence=face.score,
    )


def _yaw(landmarks: npt.NDArray[np.floating]) -> float:
    right_eye, left_eye, nose = landmarks[:3].astype(np.float64)
    eyes = left_eye - right_eye
    squared = float(eyes @ eyes)
    return abs(2.0 * float((nose - right_eye) @ eyes) / squared - 1.0) if squared > 0 else float("inf")
