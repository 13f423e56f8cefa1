"""Conditions that strangers can share: a mask, sunglasses, glasses, darkness or infrared light, drawn on photos.

Strangers in the same condition look more alike to an embedder than strangers in general. Training shows these conditions,
the condition measure (`quality.conditions`) is fitted on `random_condition`, and its evaluation uses `CONDITIONS`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from ..frames import RGB
from .people import Color
from .wearables import Glasses, Mask

Draw = Callable[[RGB, npt.NDArray[np.floating], np.random.Generator], RGB]


@dataclass(frozen=True)
class Darkness:
    """Low light: the pixels times `factor`, with sensor noise of the standard deviation `noise`."""

    factor: float = 0.1
    noise: float = 2.5

    def draw(self, image: RGB, rng: np.random.Generator) -> RGB:
        """Darken a uint8 ``(H, W, 3)`` image; return a copy."""
        return _noisy(image.astype(np.float32) * self.factor, self.noise, rng, channels=3)


@dataclass(frozen=True)
class Infrared:
    """Active infrared light: gray from the red channel, pale skin, a bright spot around the face, soft, with noise.

    Attributes:
        gamma: exponent of the red channel; below 1 skin becomes pale.
        gain: factor of the brightness.
        spot: standard deviation of the light's spot in eye distances; 0 is even light.
        blur: width of the 3x3 softening: 0 none, 1 full.
        noise: standard deviation of the noise.
    """

    gamma: float = 0.6
    gain: float = 1.15
    spot: float = 1.6
    blur: float = 1.0
    noise: float = 6.0

    def draw(self, image: RGB, landmarks: npt.NDArray[np.floating], rng: np.random.Generator) -> RGB:
        """Light a uint8 ``(H, W, 3)`` image; return a copy. `landmarks` is ``(5, 2)`` in its pixels."""
        red = (image[..., 0] / np.float32(255.0)) ** np.float32(self.gamma) * np.float32(self.gain)
        if self.spot > 0:
            x, y = landmarks[:3].mean(axis=0)
            width = self.spot * max(float(np.hypot(*(landmarks[1] - landmarks[0]))), 1.0)
            down, across = np.ogrid[: image.shape[0], : image.shape[1]]
            red = red * np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * width**2)).astype(np.float32)
        gray = np.clip(red, 0, 1) * np.float32(255)
        soft = gray + np.float32(self.blur) * (cv2.GaussianBlur(gray, (3, 3), 0) - gray)
        return np.repeat(_noisy(soft[..., None], self.noise, rng, channels=1), 3, axis=2)


def _gray(image: RGB, _landmarks: npt.NDArray[np.floating], _rng: np.random.Generator) -> RGB:
    return np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def _worn(item: Mask | Glasses) -> Draw:
    return lambda image, landmarks, _: item.draw(image, landmarks)


def _dark(factor: float) -> Draw:
    return lambda image, _, rng: Darkness(factor).draw(image, rng)


_BLACK: Color = (15.0, 15.0, 18.0)
CONDITIONS: dict[str, Draw] = {
    "mask blue": _worn(Mask()),
    "mask white pleated": _worn(Mask((235.0, 236.0, 232.0), top=0.36, width=0.9, chin=1.75, pleats=3, straps=True)),
    "mask black": _worn(Mask((28.0, 28.0, 32.0), top=0.3, width=0.85, chin=1.7, straps=True)),
    "mask pink respirator": _worn(Mask((214.0, 150.0, 160.0), top=0.28, width=0.8, chin=1.65, cone=True)),
    "sunglasses black": _worn(Glasses(_BLACK, 0.40, 0.30, thickness=0.07, opacity=1.0)),
    "sunglasses square": _worn(Glasses((70.0, 40.0, 25.0), 0.42, 0.27, 0.4, 0.06, (38.0, 30.0, 26.0), 0.97, drop=0.04)),
    "sunglasses tinted": _worn(
        Glasses((170.0, 140.0, 70.0), 0.41, 0.34, 0.75, 0.03, (95.0, 70.0, 45.0), 0.65, drop=0.08)
    ),
    "sunglasses mirror": _worn(
        Glasses((60.0, 60.0, 66.0), 0.40, 0.30, 0.8, 0.05, (120.0, 160.0, 205.0), 0.9, drop=0.04)
    ),
    "frames black": _worn(Glasses()),
    "frames square": _worn(Glasses((52.0, 34.0, 24.0), 0.40, 0.25, 0.4, 0.08, drop=0.03)),
    "frames round thin": _worn(Glasses((150.0, 128.0, 84.0), 0.34, 0.33, 1.0, 0.03, drop=0.05)),
    "frames half": _worn(Glasses((30.0, 30.0, 36.0), 0.40, 0.24, 0.5, 0.06, drop=0.03, rim=0.5)),
    "dark x0.2": _dark(0.2),
    "dark x0.1": _dark(0.1),
    "dark x0.05": _dark(0.05),
    "infrared spot": lambda image, landmarks, rng: Infrared().draw(image, landmarks, rng),
    "infrared even": lambda image, landmarks, rng: Infrared(0.7, 1.0, 0.0, 1.0, 4.0).draw(image, landmarks, rng),
    "gray": _gray,
}
"""Drawing functions of the evaluated conditions, by name; the first word of a name is its kind."""


def _random_mask(rng: np.random.Generator) -> Draw:
    color = rng.uniform(15, 240) + rng.uniform(-60, 60, 3) * (rng.random() < 0.6)
    if rng.random() < 0.3:  # near the color of skin
        color = rng.uniform(70, 235) * np.array([1.0, rng.uniform(0.62, 0.85), rng.uniform(0.55, 0.85)])
    return _worn(
        Mask(
            _color(color),
            top=rng.uniform(0.2, 0.55),
            width=rng.uniform(0.75, 1.05),
            chin=rng.uniform(1.55, 1.95),
            pleats=int(rng.integers(0, 5)),
            cone=bool(rng.random() < 0.3),
            straps=bool(rng.random() < 0.5),
        )
    )


def _random_glasses(rng: np.random.Generator, opacity: float) -> Draw:
    frame = _color(
        rng.choice((15.0, 25.0, 50.0, 90.0, 140.0)) * np.array([1.0, rng.uniform(0.7, 1), rng.uniform(0.5, 1.05)])
    )
    lens = _color(rng.uniform(10, 60) * (1 + 2.0 * (rng.random() < 0.25)) * rng.uniform(0.7, 1.3, 3))
    size = rng.uniform(0.85, 1.15)
    return _worn(
        Glasses(
            frame,
            half_width=0.39 * size,
            half_height=rng.uniform(0.2, 0.36) * size,
            squareness=rng.uniform(0.35, 1.0),
            thickness=rng.uniform(0.02, 0.09),
            lens_color=lens,
            opacity=opacity,
            drop=rng.uniform(-0.02, 0.1),
            rim=0.5 if rng.random() < 0.2 else 1.0,
        )
    )


def _random_infrared(rng: np.random.Generator) -> Draw:
    light = Infrared(
        gamma=rng.uniform(0.5, 0.9),
        gain=rng.uniform(0.9, 1.25),
        spot=rng.uniform(1.2, 2.6),
        blur=rng.uniform(0.3, 1.0),
        noise=rng.uniform(2.0, 8.0),
    )
    return light.draw


def _random_darkness(rng: np.random.Generator) -> Draw:
    light = Darkness(float(np.exp(rng.uniform(np.log(0.04), np.log(0.2)))), rng.uniform(1.0, 4.0))
    return lambda image, _, again: light.draw(image, again)


KINDS: dict[str, Callable[[np.random.Generator], Draw]] = {
    "mask": _random_mask,
    "sunglasses": lambda rng: _random_glasses(rng, rng.uniform(0.6, 1.0)),
    "frames": lambda rng: _random_glasses(rng, 0.0),
    "dark": _random_darkness,
    "infrared": _random_infrared,
}
"""Functions that draw a random condition of a kind, for training and fitting."""


def random_condition(kind: str, rng: np.random.Generator) -> Draw:
    """A condition of a kind of `KINDS` with random color, shape and strength."""
    return KINDS[kind](rng)


def _color(values: npt.NDArray[np.floating]) -> Color:
    red, green, blue = (float(value) for value in np.clip(values, 0, 255))
    return red, green, blue


def _noisy(values: npt.NDArray[np.float32], deviation: float, rng: np.random.Generator, *, channels: int) -> RGB:
    noise = rng.normal(0.0, deviation, (*values.shape[:2], channels)).astype(np.float32)
    return np.asarray(np.clip(values + noise, 0, 255), np.uint8)
