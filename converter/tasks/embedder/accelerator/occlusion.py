"""Drawn occlusions of aligned 112x112 crops in JAX: masks, sunglasses, frames, hands and rectangles.

The places are those of the alignment template (`edge_siamese.alignment`): the eyes near (38, 52) and (74, 52), the nose near
(56, 72), the corners of the mouth near (42, 92) and (71, 92).
"""

from typing import Any

import jax
import jax.numpy as jnp

SIZE = 112
KINDS = 5


def occlude(key: Any, images: Any) -> Any:
    """Draw one random occlusion on each image, float32 ``(B, 112, 112, 3)``."""
    kind_key, color_key, jitter_key, texture_key = jax.random.split(key, 4)
    count = len(images)
    kind = jax.random.randint(kind_key, (count,), 0, KINDS)
    jitter = jax.random.uniform(jitter_key, (count, 6), minval=-1.0, maxval=1.0)
    grid = jnp.arange(SIZE, dtype=jnp.float32)
    x, y = grid[None, None, :], grid[None, :, None]
    shapes = [shape(x, y, jitter) for shape in (_mask, _sunglasses, _frames, _hand, _rectangle)]
    covered = jnp.select([(kind == number)[:, None, None] for number in range(KINDS)], shapes)
    return jnp.where(covered[..., None], _colors(color_key, texture_key, kind), images)


def _colors(color_key: Any, texture_key: Any, kind: Any) -> Any:
    """A color an image ``(B, S, S, 3)`` with a slight texture: dark for glasses, skin for hands, any for the rest."""
    count = len(kind)
    free = jax.random.uniform(color_key, (count, 3), minval=0.0, maxval=255.0)
    dark = free * 0.15
    skin = jnp.asarray([205.0, 160.0, 135.0]) * (0.35 + 0.75 * free[:, :1] / 255.0)
    glasses = ((kind == 1) | (kind == 2))[:, None]
    color = jnp.where(glasses, dark, jnp.where((kind == 3)[:, None], skin, free))
    texture = 5.0 * jax.random.normal(texture_key, (count, SIZE, SIZE, 1))
    return color[:, None, None, :] + texture


def _at(jitter: Any, number: int, middle: float, extent: float) -> Any:
    return (middle + extent * jitter[:, number])[:, None, None]


def _ellipse(x: Any, y: Any, center_x: Any, center_y: Any, width: Any, height: Any) -> Any:
    """Squared distance from a center, 1 on the ellipse."""
    return ((x - center_x) / width) ** 2 + ((y - center_y) / height) ** 2


def _mask(x: Any, y: Any, jitter: Any) -> Any:
    """The lower face, from the bridge of the nose or below it."""
    inside = (
        _ellipse(x, y, _at(jitter, 0, 56, 4), _at(jitter, 1, 88, 5), _at(jitter, 2, 44, 8), _at(jitter, 3, 38, 6)) < 1
    )
    edge = _at(jitter, 4, 68, 8) + 0.12 * jnp.abs(x - 56)
    return inside & (y > edge)


def _lenses(x: Any, y: Any, jitter: Any) -> tuple[Any, Any]:
    """Squared distances from both lenses, 1 at their rims."""
    width, height = _at(jitter, 2, 15, 3), _at(jitter, 3, 12, 4)
    drop, shift = _at(jitter, 1, 53, 3), _at(jitter, 0, 0, 3)
    return (_ellipse(x, y, 38.3 + shift, drop, width, height), _ellipse(x, y, 73.5 + shift, drop, width, height))


def _bars(x: Any, y: Any, jitter: Any) -> Any:
    """Bridge and temples of glasses."""
    drop, shift = _at(jitter, 1, 53, 3), _at(jitter, 0, 0, 3)
    thin = jnp.abs(y - drop + 3) < _at(jitter, 4, 2.0, 0.8)
    return thin & ((jnp.abs(x - 56 - shift) < 8) | (jnp.abs(x - 56 - shift) > 32))


def _sunglasses(x: Any, y: Any, jitter: Any) -> Any:
    right, left = _lenses(x, y, jitter)
    return (right < 1) | (left < 1) | _bars(x, y, jitter)


def _frames(x: Any, y: Any, jitter: Any) -> Any:
    right, left = _lenses(x, y, jitter)
    inner = (1 - _at(jitter, 5, 0.2, 0.08)) ** 2
    return ((right < 1) & (right > inner)) | ((left < 1) & (left > inner)) | _bars(x, y, jitter)


def _hand(x: Any, y: Any, jitter: Any) -> Any:
    """A tilted ellipse that enters from below or from a side."""
    angle = _at(jitter, 5, 0, 1.2)
    center_x, center_y = _at(jitter, 0, 56, 45), _at(jitter, 1, 92, 22)
    u = (x - center_x) * jnp.cos(angle) + (y - center_y) * jnp.sin(angle)
    v = (y - center_y) * jnp.cos(angle) - (x - center_x) * jnp.sin(angle)
    return _ellipse(u, v, 0.0, 0.0, _at(jitter, 2, 15, 6), _at(jitter, 3, 34, 10)) < 1


def _rectangle(x: Any, y: Any, jitter: Any) -> Any:
    width, height = _at(jitter, 2, 15, 7), _at(jitter, 3, 15, 7)
    return (jnp.abs(x - _at(jitter, 0, 56, 40)) < width) & (jnp.abs(y - _at(jitter, 1, 56, 40)) < height)
