"""View of a rendering: pose, light and expression."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class View:
    """Pose, light and expression of one rendering; the defaults are frontal, neutral and evenly lit.

    Attributes:
        yaw: degrees; positive turns the face towards the image's right.
        pitch: degrees; positive looks up.
        roll: degrees; positive tilts the head clockwise in the image.
        light_azimuth: degrees; positive comes from the image's right.
        light_elevation: degrees above the horizon.
        light_strength: brightness of the directional light, about 0 to 1.2.
        ambient: brightness of the ambient light, about 0.2 to 0.8.
        color_temperature: kelvin; below 6500 is warmer, above is colder.
        smile: 0 to 1.
        mouth_open: 0 to 1.
        blink: 0 (open) to 1 (closed).
        brow: -1 (frown) to 1 (raised).
        gaze_x: -1 to 1, positive towards the image's right.
        gaze_y: -1 to 1, positive downwards.
        background: seed of the background and the clothes of a crop.
        without_glasses: whether the person's glasses are left out.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    light_azimuth: float = 20.0
    light_elevation: float = 35.0
    light_strength: float = 0.7
    ambient: float = 0.45
    color_temperature: float = 6500.0
    smile: float = 0.0
    mouth_open: float = 0.0
    blink: float = 0.0
    brow: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    background: int = 0
    without_glasses: bool = False

    @classmethod
    def random(cls, rng: np.random.Generator, difficulty: float = 1.0) -> "View":
        """Draw a random view.

        Args:
            rng: source of random numbers.
            difficulty: scale of all deviations from the frontal, neutral view; 0 is almost none, 1 is typical.
        """

        def about(spread: float, limit: float) -> float:
            return float(np.clip(rng.normal(0, spread * difficulty), -limit, limit))

        def sometimes(chance: float) -> float:
            return float(rng.random() * min(difficulty, 1.0)) if rng.random() < chance else 0.0

        return cls(
            yaw=about(14, 35),
            pitch=about(7, 20),
            roll=about(6, 20),
            light_azimuth=about(42, 100),
            light_elevation=30 + about(18, 45),
            light_strength=0.65 + about(0.17, 0.35),
            ambient=0.46 + about(0.09, 0.2),
            color_temperature=6500 + about(1300, 3000),
            smile=sometimes(0.45),
            mouth_open=sometimes(0.3),
            blink=sometimes(0.2) * (0.6 if rng.random() < 0.8 else 1.0),
            brow=about(0.35, 1),
            gaze_x=about(0.35, 1),
            gaze_y=about(0.2, 1),
            background=int(rng.integers(2**31)),
            without_glasses=bool(rng.random() < 0.15 * difficulty),
        )
