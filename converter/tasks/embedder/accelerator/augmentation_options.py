"""Options of the augmentation, apart from it so that reading settings does not import JAX."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DeviceAugmentation:
    """Probability of each effect, 0 to 1, and the extents of the warp."""

    flip: float = 0.5
    mixture: float = 0.3
    rotation_degrees: float = 8.0
    scale: float = 0.07
    shift_pixels: float = 5.0
    light: float = 0.6
    gray: float = 0.1
    infrared: float = 0.05
    dark: float = 0.05
    low_resolution: float = 0.2
    blur: float = 0.1
    noise: float = 0.1
    jpeg: float = 0.1
    occlusion: float = 0.15
