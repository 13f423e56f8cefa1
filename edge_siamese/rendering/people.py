"""Synthetic people: all traits of a person, generated from one seed.

Lengths are in *head units* of about 72 mm, half the width of an average head. The head's origin is the center of the
skull at eye level; x points to the image's right (the subject's left), y down, z out of the face.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TRAINING_SEEDS = range(4000)
"""Seeds of people for training."""
DEMO_SEEDS = range(1_000_000, 1_000_100)
"""Seeds of the people in the demo; no network was trained on them."""
GOLDEN_SEEDS = range(2_000_000, 2_000_016)
"""Seeds of the people in the golden vectors of the self-test."""

Color = tuple[float, float, float]
_Values = npt.NDArray[np.float64]

HAIR_STYLES = (
    "bald", "buzz", "short", "side", "fringe", "bob", "long", "curly", "afro", "receding", "bun", "scarf", "beanie",
)  # fmt: skip
"""Names of the hair styles, including head coverings."""
GLASSES_STYLES = ("none", "round", "square", "wide", "half")
"""Names of the glasses frames."""

_DOMAIN = 0xFACE  # separates the random numbers of people from all others
_SKIN_TONES = np.array(
    [(250, 222, 202), (240, 200, 172), (226, 178, 146), (203, 150, 115), (168, 114, 82), (126, 82, 58), (84, 55, 42)],
    float,
)
_EYE_COLORS = np.array(
    [(62, 40, 26), (88, 58, 34), (120, 88, 48), (98, 112, 70), (92, 124, 148), (128, 140, 148)], float
)
_HAIR_COLORS = np.array(
    [
        (22, 19, 19),
        (42, 30, 24),
        (72, 48, 32),
        (112, 76, 48),
        (168, 126, 78),
        (206, 172, 118),
        (142, 66, 34),
        (98, 42, 30),
    ],
    float,
)
_COVERING_COLORS = np.array(
    [(40, 44, 60), (130, 40, 50), (60, 90, 110), (200, 190, 175), (70, 80, 60), (120, 90, 130), (190, 150, 60)], float
)
_STYLES_OF_MEN = (0.09, 0.16, 0.25, 0.16, 0.07, 0.01, 0.03, 0.06, 0.04, 0.10, 0.0, 0.0, 0.03)
_STYLES_OF_WOMEN = (0.01, 0.02, 0.06, 0.07, 0.10, 0.19, 0.24, 0.09, 0.05, 0.0, 0.10, 0.05, 0.02)


@dataclass(frozen=True)
class Person:
    """Traits of one person: lengths in head units, colors in RGB 0 to 255, others 0 to 1, or -1 to 1 around the average.

    Create a person with :meth:`from_seed`; change single traits with :func:`dataclasses.replace`.
    """

    seed: int
    # skull
    head_width: float
    head_height: float
    head_depth: float
    jaw: float
    chin_width: float
    chin_length: float
    chin_prominence: float
    cheekbones: float
    cheeks: float
    forehead: float
    brow_ridge: float
    temples: float
    # eyes and brows
    eye_distance: float
    eye_level: float
    eye_width: float
    eye_height: float
    eye_tilt: float
    eye_depth: float
    eye_color: Color
    lid_crease: float
    lashes: float
    bags: float
    brow_level: float
    brow_thickness: float
    brow_tilt: float
    brow_arch: float
    brow_length: float
    # nose
    nose_length: float
    nose_width: float
    nose_height: float
    nose_bridge: float
    nose_hump: float
    nose_tip: float
    # mouth
    mouth_level: float
    mouth_width: float
    upper_lip: float
    lower_lip: float
    lip_redness: float
    mouth_curve: float
    # ears, skin
    ear_size: float
    ear_spread: float
    skin_color: Color
    ruddiness: float
    wrinkles: float
    freckles: float
    moles: tuple[tuple[float, float], ...]
    makeup: float
    # hair
    hair_style: str
    hair_color: Color
    hairline: float
    hair_volume: float
    parting: float
    covering_color: Color
    beard: float
    moustache: float
    # the rest
    glasses: str
    glasses_color: Color
    glasses_size: float
    neck_width: float
    shoulders: float

    @classmethod
    def from_seed(cls, seed: int) -> "Person":
        """Generate a person; the same seed gives the same person on every platform."""
        rng = np.random.default_rng([_DOMAIN, seed])
        male = bool(rng.random() < 0.5)
        age = float(rng.beta(1.6, 2.0))
        tone = float(rng.random())
        skin = _mixed(_SKIN_TONES, tone * (len(_SKIN_TONES) - 1)) + rng.normal(0, 4, 3)
        style = str(rng.choice(HAIR_STYLES, p=_STYLES_OF_MEN if male else _STYLES_OF_WOMEN))
        bearded = male and rng.random() < 0.45
        spectacled = rng.random() < 0.12 + 0.2 * age

        def about(mean: float, spread: float) -> float:
            return float(np.clip(rng.normal(mean, spread), mean - 2.2 * spread, mean + 2.2 * spread))

        def between(low: float, high: float) -> float:
            return float(rng.uniform(low, high))

        return cls(
            seed=seed,
            head_width=about(1.01 if male else 0.97, 0.06),
            head_height=about(1.61 if male else 1.56, 0.075),
            head_depth=about(1.24, 0.06),
            jaw=about(0.35 if male else -0.25, 0.55),
            chin_width=about(0.2 if male else -0.2, 0.6),
            chin_length=about(0.15 if male else -0.1, 0.55),
            chin_prominence=about(0.1, 0.55),
            cheekbones=about(0, 0.6),
            cheeks=about(0, 0.7),
            forehead=about(0, 0.6),
            brow_ridge=about(0.45 if male else -0.3, 0.45),
            temples=about(0, 0.5),
            eye_distance=about(0.424, 0.030),
            eye_level=about(0, 0.035),
            eye_width=about(0.215, 0.022),
            eye_height=about(0.092 if male else 0.104, 0.019),
            eye_tilt=about(0.012, 0.035),
            eye_depth=about(0, 0.6),
            eye_color=_color(_eye_color(rng, tone)),
            lid_crease=between(0, 1),
            lashes=between(0, 0.4) if male else between(0.3, 1),
            bags=float(np.clip(age + rng.normal(-0.2, 0.3), 0, 1)),
            brow_level=about(0.285 if male else 0.315, 0.035),
            brow_thickness=about(0.064 if male else 0.046, 0.016),
            brow_tilt=about(0, 0.05),
            brow_arch=about(0.03 if male else 0.05, 0.028),
            brow_length=about(0.275, 0.025),
            nose_length=about(0.475, 0.042),
            nose_width=about(0.235 if male else 0.215, 0.035),
            nose_height=about(0.205, 0.04),
            nose_bridge=about(0, 0.6),
            nose_hump=about(0, 0.6),
            nose_tip=about(0, 0.6),
            mouth_level=about(0.845, 0.042),
            mouth_width=about(0.345, 0.040),
            upper_lip=about(0.058 if male else 0.070, 0.019),
            lower_lip=about(0.082 if male else 0.094, 0.021),
            lip_redness=between(0.15, 0.6) if male else between(0.35, 1),
            mouth_curve=about(0, 0.022),
            ear_size=about(1.05 if male else 0.95, 0.13),
            ear_spread=about(0, 0.6),
            skin_color=_color(skin),
            ruddiness=between(0, 1),
            wrinkles=float(np.clip(age * 1.3 - 0.35 + rng.normal(0, 0.12), 0, 1)),
            freckles=between(0.3, 1) if rng.random() < 0.16 else 0.0,
            moles=tuple((between(-0.62, 0.62), between(-0.5, 1.2)) for _ in range(max(0, int(rng.integers(-2, 3))))),
            makeup=0.0 if male else max(0.0, between(-0.6, 1)),
            hair_style=style,
            hair_color=_color(_hair_color(rng, tone, age)),
            hairline=about(0.0, 0.5),
            hair_volume=between(0, 1),
            parting=between(-1, 1),
            covering_color=_color(_COVERING_COLORS[rng.integers(len(_COVERING_COLORS))] + rng.normal(0, 12, 3)),
            beard=between(0.25, 1) if bearded and rng.random() < 0.75 else (between(0, 0.2) if male else 0.0),
            moustache=between(0.3, 1) if bearded and rng.random() < 0.8 else (between(0, 0.2) if male else 0.0),
            glasses=str(rng.choice(GLASSES_STYLES[1:])) if spectacled else "none",
            glasses_color=_color(
                _mixed(np.array([(25, 22, 24), (95, 60, 40), (120, 122, 128), (120, 40, 50)]), rng.random() * 3)
            ),
            glasses_size=about(1.0, 0.1),
            neck_width=about(0.66 if male else 0.54, 0.05),
            shoulders=about(2.35 if male else 2.0, 0.15),
        )


def _mixed(palette: _Values, position: float) -> _Values:
    """Interpolate a ``(N, 3)`` palette at a fractional row."""
    return np.array([np.interp(position, np.arange(len(palette)), palette[:, i]) for i in range(3)])


def _color(values: _Values) -> Color:
    red, green, blue = np.clip(values, 8, 252)
    return float(red), float(green), float(blue)


def _eye_color(rng: np.random.Generator, tone: float) -> _Values:
    """Draw an eye color; light eyes occur only with light skin, darker skin has browner eyes."""
    return _mixed(_EYE_COLORS, float(rng.random()) * (5 if tone < 0.45 else 1.6)) + rng.normal(0, 5, 3)


def _hair_color(rng: np.random.Generator, tone: float, age: float) -> _Values:
    """Draw a hair color: any color with light skin, otherwise dark; gray with age."""
    if tone < 0.45:
        color = _HAIR_COLORS[rng.integers(len(_HAIR_COLORS))]
    else:
        color = _HAIR_COLORS[rng.integers(3 if tone < 0.65 else 2)]
    gray = float(np.clip((age - 0.55) * 2.2 + rng.normal(0, 0.25), 0, 1)) if age > 0.45 else 0.0
    shade = float(rng.uniform(150, 225))
    return np.asarray(color * (1 - gray) + shade * gray + rng.normal(0, 5, 3))
