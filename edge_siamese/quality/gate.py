"""Quality gate: measures a face's quality and checks whether the face can be compared.

There are two limits, both set from measured errors (``edge-siamese quality-limits``, see docs/quality.md). Below the first, a
face is rejected, because most enrolled people would not be recognized. Between the two, a match is reliable, because strangers
do not score higher; but an enrolled person is missed at least twice as often as on an ordinary photo, so a low score gives
the decision "undecided" instead of "unknown".

A third check compares conditions that strangers can share (`quality.conditions`): two faces with masks or sunglasses, in
infrared light or in the dark are not compared, and such a face is not enrolled.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from ..alignment import CROP_SIZE, TEMPLATE, align, similarity
from ..decision import Reason
from ..faces import Face
from ..frames import RGB
from .conditions import Condition, Conditions, reason_of, shipped_conditions
from .score import shipped_formula

INNER_FACE = (slice(20, 104), slice(20, 92))
"""Rows and columns of the aligned crop between brows and chin, which show skin."""

DIM_BRIGHTNESS = 32.0
"""Mean gray of the crop below which a face is in `Condition.DARK`. Of 4,389 photos of LFW and CelebA the darkest has 44."""

CAUSES = {
    Reason.TOO_SMALL: "the face is too small",
    Reason.BLURRED: "the face is too blurred",
    Reason.DARK: "the face is too dark, too bright or too flat",
    Reason.POSE: "the face is turned too far to the side, or its orientation is not clear",
    Reason.OCCLUDED: "a mask, sunglasses or something else covers too much of the face",
    Reason.INFRARED: "the infrared light shows too little of the face",
}
"""Sentence for each reason of a rejection or doubt."""


@dataclass(frozen=True)
class QualityLimits:
    """Limits of a face's quality for a comparison and for the decision "unknown".

    Attributes:
        min_side: side of the aligned crop in pixels of the frame; about the height of the face's box.
        min_sharpness: mean squared Sobel gradient (Tenengrad) of the crop divided by its variance, so that light and
            contrast cancel. Sharp photos have 3 to 8; a blur as wide as an eye leaves less than 0.5.
        min_brightness, max_brightness: mean gray of the crop, 0 to 255.
        min_contrast: standard deviation of the gray levels.
        max_yaw: distance of the nose tip from the middle between the eyes, in half eye distances; above 1 it covers an eye.
        max_misfit: distance of the landmarks from the alignment template, in pixels of the crop (root mean square). Photos of
            the detector's training data have up to 11; five identical points have 24.
        unknown_side, unknown_sharpness: like `min_side` and `min_sharpness`; a face below either is never "unknown".
    """

    min_side: float = 20.0
    min_sharpness: float = 0.5
    min_brightness: float = 16.0
    max_brightness: float = 242.0
    min_contrast: float = 4.0
    max_yaw: float = 1.5
    max_misfit: float = 14.0
    unknown_side: float = 26.0
    unknown_sharpness: float = 2.0


@dataclass(frozen=True)
class Quality:
    """Measured quality of one face.

    Attributes:
        side, sharpness, brightness, contrast, yaw, misfit: see `QualityLimits`.
        roll: angle between the line through the eyes and the horizontal in degrees, 0 to 180.
        confidence: the detector's score, 0 to 1.
        conditions: conditions that strangers can share and that are present.
        suspected: conditions that are present or suspected: two faces with the same one are not compared.
    """

    side: float
    sharpness: float
    brightness: float
    contrast: float
    yaw: float
    roll: float
    confidence: float
    misfit: float = 0.0
    conditions: Conditions = frozenset()
    suspected: Conditions = frozenset()

    def rejection(self, limits: QualityLimits) -> Reason | None:
        """Reason why this face cannot be compared, or None. Too much light is `Reason.DARK` too."""
        if self.side < limits.min_side:
            return Reason.TOO_SMALL
        if self.yaw > limits.max_yaw or self.misfit > limits.max_misfit:
            return Reason.POSE
        if not limits.min_brightness <= self.brightness <= limits.max_brightness or self.contrast < limits.min_contrast:
            return Reason.DARK
        if self.sharpness < limits.min_sharpness:
            return Reason.BLURRED
        return None

    def doubt(self, limits: QualityLimits) -> Reason | None:
        """Reason why a low score of this face does not mean an unknown person, or None."""
        if self.side < limits.unknown_side:
            return Reason.TOO_SMALL
        return Reason.BLURRED if self.sharpness < limits.unknown_sharpness else reason_of(self.conditions)

    def template_rejection(self, limits: QualityLimits) -> Reason | None:
        """Reason why this face cannot be enrolled, or None: a rejection, or a condition that strangers can share."""
        return self.rejection(limits) or reason_of(self.conditions)

    def shared_reason(self, other: "Quality") -> Reason | None:
        """Reason why two faces cannot be compared, because both are in one condition; None if they can."""
        return reason_of(self.suspected & other.suspected)

    @property
    def score(self) -> float:
        """Quality score, 0 to 100, higher is better; see `quality.score`."""
        return shipped_formula().score(self)


def measure(image: RGB, face: Face) -> Quality:
    """Align and measure one face of a uint8 ``(H, W, 3)`` RGB image."""
    return measure_crop(align(image, face.landmarks), face)


def measure_crop(crop: RGB, face: Face, *, conditions: bool = True) -> Quality:
    """Measure the quality of a face on its aligned crop, uint8 ``(112, 112, 3)``.

    Args:
        crop: the aligned crop.
        face: the face, with the landmarks in its image.
        conditions: measure the conditions as well; without them the measurement takes a third of the time.
    """
    gray = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[INNER_FACE]
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(gray))
    across, down = cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    gradient = float(np.vdot(across, across) + np.vdot(down, down)) / gray.size
    matrix = similarity(face.landmarks, TEMPLATE)
    cosine, sine = (float(value) for value in matrix[:, 0])
    scale = math.hypot(cosine, sine)
    fitted = face.landmarks @ matrix[:, :2].T + matrix[:, 2]
    quality = Quality(
        side=CROP_SIZE / scale if scale > 0 else 0.0,
        sharpness=gradient / (deviation**2 + 1.0),
        brightness=mean,
        contrast=deviation,
        yaw=_yaw(face.landmarks),
        roll=abs(math.degrees(math.atan2(sine, cosine))),
        confidence=face.score,
        misfit=float(np.sqrt(np.square(fitted - TEMPLATE).sum(axis=1).mean())),
    )
    return with_conditions(quality, crop) if conditions else quality


def with_conditions(quality: Quality, crop: RGB) -> Quality:
    """The quality with the conditions of the aligned crop, uint8 ``(112, 112, 3)``."""
    dark = frozenset({Condition.DARK} if quality.brightness < DIM_BRIGHTNESS else ())
    present, suspected = shipped_conditions().measure(crop)
    return replace(quality, conditions=present | dark, suspected=suspected | dark)


def _yaw(landmarks: npt.NDArray[np.floating]) -> float:
    right_eye, left_eye, nose = landmarks[:3].astype(np.float64)
    eyes = left_eye - right_eye
    squared = float(eyes @ eyes)
    return abs(2.0 * float((nose - right_eye) @ eyes) / squared - 1.0) if squared > 0 else float("inf")
