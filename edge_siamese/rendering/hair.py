"""Hair and head coverings: coverage, height above the head and texture."""

import cv2
import numpy as np

from .camera import Field
from .chart import directions, polar
from .people import Person

_LONGITUDES = (0, 18, 36, 50, 62, 70, 80, 87, 97, 104, 130, 180)
# Height of the hair's lower edge (y of the unit head, downwards) at those longitudes.
_EDGES = {
    "normal": (-0.56, -0.55, -0.50, -0.38, -0.20, 0.02, 0.06, -0.14, -0.08, 0.40, 0.52, 0.55),
    "receding": (-0.62, -0.74, -0.72, -0.52, -0.26, 0.00, 0.05, -0.14, -0.08, 0.40, 0.52, 0.55),
    "fringe": (-0.27, -0.27, -0.26, -0.22, -0.05, 0.12, 0.15, 0.00, 0.00, 0.42, 0.52, 0.55),
    "curtain": (-0.57, -0.55, -0.46, -0.30, 0.05, 0.60, 0.95, 0.98, 0.98, 0.98, 0.98, 0.98),
    "scarf": (-0.42, -0.42, -0.38, -0.28, 0.10, 0.98, 0.98, 0.98, 0.98, 0.98, 0.98, 0.98),
    "beanie": (-0.36, -0.36, -0.35, -0.33, -0.30, -0.26, -0.22, -0.18, -0.14, -0.10, 0.0, 0.0),
}
_EDGE_OF_STYLE = {
    "receding": "receding", "fringe": "fringe", "bob": "curtain", "long": "curtain", "scarf": "scarf",
    "beanie": "beanie",
}  # fmt: skip
_LIFT = {
    "bald": 0.0, "buzz": 0.012, "short": 0.045, "side": 0.06, "fringe": 0.06, "bob": 0.10, "long": 0.09, "curly": 0.15,
    "afro": 0.24, "receding": 0.035, "bun": 0.035, "scarf": 0.08, "beanie": 0.08,
}  # fmt: skip


def covered(person: Person) -> bool:
    """Whether cloth hides the hair."""
    return person.hair_style in ("scarf", "beanie")


def coverage(person: Person, size: int) -> Field:
    """Coverage of each cell of the chart by hair or a head covering, float32 ``(size, size)``, 0 to 1."""
    if person.hair_style == "bald":
        return np.zeros((size, size), np.float32)
    longitude, side = polar(size)
    edges = np.array(_EDGES[_EDGE_OF_STYLE.get(person.hair_style, "normal")], np.float32)
    edges[:4] -= 0.06 * person.hairline * np.array([1, 1, 0.7, 0.4])
    edge = np.interp(longitude, _LONGITUDES, edges).astype(np.float32)
    if person.hair_style in ("side", "bob", "long"):  # hair falls over the forehead from the parting
        edge += _falling(person, longitude * side)
    soft = 0.012 if covered(person) else 0.035
    if not covered(person):
        edge += 0.05 * (_noise(person.seed, size // 6, size) - 0.5)
    return np.asarray(np.clip((edge - directions(size)[1]) / soft + 0.5, 0, 1), np.float32)


def _falling(person: Person, longitude: Field) -> Field:
    """Additional height of the hair across the forehead on the far side of the parting."""
    part = 25 * person.parting
    across = np.clip((part - longitude) / 55, 0, 1) if person.parting > 0 else np.clip((longitude - part) / 55, 0, 1)
    depth = 0.26 if person.hair_style == "side" else 0.2
    return np.asarray(depth * np.sin(np.pi * across**0.8) * (abs(person.parting) + 0.2), np.float32)


def lift(person: Person, hidden: Field) -> Field:
    """Height of the hair above the skull, as a fraction of the head's radius."""
    size = len(hidden)
    height = _LIFT[person.hair_style] * (0.6 + 0.8 * person.hair_volume)
    raised = cv2.GaussianBlur(hidden, (0, 0), size * 0.020) * height
    if person.hair_style in ("curly", "afro"):
        raised *= 0.8 + 0.4 * _noise(person.seed + 1, size // 8, size)
    if person.hair_style in ("short", "side", "fringe"):
        raised *= 1 + 0.5 * np.clip(-directions(size)[1] - 0.5, 0, 1)
    raised *= np.clip((directions(size)[2] + 0.40) / 0.35, 0, 1)  # flat towards the chart's border
    return np.asarray(raised, np.float32)


def strands(person: Person, size: int) -> Field:
    """Texture of hair or cloth as a color factor around 1, float32 ``(size, size)``."""
    if person.hair_style in ("curly", "afro", "buzz"):
        return 0.70 + 0.6 * _noise(person.seed + 2, size // (8 if person.hair_style == "curly" else 3), size)
    longitude, side = polar(size)
    _, y, _ = directions(size)
    if person.hair_style == "beanie":
        return np.asarray(0.92 + 0.14 * np.sin(np.radians(longitude) * 60) * np.sign(side), np.float32)
    rng = np.random.default_rng([3, person.seed])
    strip = cv2.GaussianBlur(rng.random((64, 512), np.float32), (0, 0), sigmaX=1.1, sigmaY=6)
    strip = (strip - strip.mean()) / strip.std()
    # Strands follow the meridians of the crown; sweeping shifts them with height.
    column = (longitude * side + 180) * (512 / 360) + 40 * person.parting * y
    row = (y + 1) * 31
    wave = cv2.remap(
        strip, column.astype(np.float32), row.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    amount = 0.05 if person.hair_style == "scarf" else 0.17
    return np.asarray(1 + amount * np.clip(wave, -2, 2), np.float32)


def _noise(seed: int, cells: int, size: int) -> Field:
    """Smooth noise, 0 to 1."""
    grid = np.random.default_rng([4, seed]).random((max(cells, 2), max(cells, 2)), np.float32)
    return np.asarray(np.clip(cv2.resize(grid, (size, size), interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)
