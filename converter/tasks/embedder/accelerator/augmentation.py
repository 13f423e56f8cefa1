"""Augmentation of aligned 112x112 crops in JAX: whole batches inside a compiled step.

`vary` changes what the teacher sees as well: reflection, position, mixtures of two faces. `degrade` changes what the student
sees alone: light, color, infrared, low resolution, blur, sensor noise, JPEG and drawn occlusions.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .augmentation_options import DeviceAugmentation
from .occlusion import occlude

SIZE = 112
_LOW_SIDES = (28, 40, 56, 76)
_BLUR_RADIUS = 4
_LUMA = (0.299, 0.587, 0.114)
Images = Any
"""float32 ``(B, 112, 112, 3)`` RGB, 0 to 255."""


def vary(key: Any, images: Images, options: DeviceAugmentation) -> Images:
    """Flip, warp by a small similarity, and mix some images with the image before them in the batch."""
    flip, warp, mix = jax.random.split(key, 3)
    flipped = jax.random.bernoulli(flip, options.flip, (len(images), 1, 1, 1))
    images = jnp.where(flipped, images[:, :, ::-1], images)
    images = _warped(warp, images, options)
    return _sometimes(mix, options.mixture, images, _mixed)


def degrade(key: Any, images: Images, options: DeviceAugmentation) -> Images:
    """Apply the effects of camera, light and occlusion; the result is clipped to 0 to 255."""
    effects: list[tuple[float, Callable[[Any, Images], Images]]] = [
        (options.occlusion, occlude),
        (options.light, _lit),
        (options.gray, lambda key, images: _gray(images)),
        (options.infrared, _infrared),
        (options.low_resolution, _low_resolution),
        (options.blur, _blurred),
        (options.dark, _dark),
        (options.noise, _noisy),
        (options.jpeg, _jpeg),
    ]
    for number, (probability, effect) in enumerate(effects):
        images = jnp.clip(_sometimes(jax.random.fold_in(key, number), probability, images, effect), 0.0, 255.0)
    return images


def _sometimes(key: Any, probability: float, images: Images, effect: Callable[[Any, Images], Images]) -> Images:
    """Apply an effect to a random share of the images."""
    if probability <= 0:
        return images
    choice, inner = jax.random.split(key)
    chosen = jax.random.bernoulli(choice, probability, (len(images), 1, 1, 1))
    return jnp.where(chosen, effect(inner, images), images)


def _each(key: Any, images: Images, low: float, high: float, channels: int = 1) -> Any:
    return jax.random.uniform(key, (len(images), 1, 1, channels), minval=low, maxval=high)


def _warped(key: Any, images: Images, options: DeviceAugmentation) -> Images:
    turn, grow, move = jax.random.split(key, 3)
    count = len(images)
    angle = jnp.deg2rad(options.rotation_degrees / 2) * jax.random.normal(turn, (count,))
    scale = jnp.exp(options.scale * jax.random.normal(grow, (count,)))
    shift = options.shift_pixels / 2 * jax.random.normal(move, (count, 2))
    center = (SIZE - 1) / 2
    rows, columns = jnp.meshgrid(jnp.arange(SIZE) - center, jnp.arange(SIZE) - center, indexing="ij")
    cosine, sine = (jnp.cos(angle) / scale)[:, None, None], (jnp.sin(angle) / scale)[:, None, None]
    x = cosine * columns - sine * rows + center + shift[:, 0, None, None]
    y = sine * columns + cosine * rows + center + shift[:, 1, None, None]
    return jax.vmap(_sampled)(images, x, y)


def _sampled(image: Any, x: Any, y: Any) -> Any:
    """Sample an image bilinearly; pixels outside repeat the border."""
    x, y = jnp.clip(x, 0, SIZE - 1), jnp.clip(y, 0, SIZE - 1)
    left, top = jnp.floor(x).astype(jnp.int32), jnp.floor(y).astype(jnp.int32)
    right, bottom = jnp.minimum(left + 1, SIZE - 1), jnp.minimum(top + 1, SIZE - 1)
    u, v = (x - left)[..., None], (y - top)[..., None]
    above = image[top, left] * (1 - u) + image[top, right] * u
    below = image[bottom, left] * (1 - u) + image[bottom, right] * u
    return above * (1 - v) + below * v


def _mixed(key: Any, images: Images) -> Images:
    """Blend each image with its neighbor, half of them along a soft line."""
    share_key, angle_key, place_key, soft_key, kind_key = jax.random.split(key, 5)
    grid = jnp.linspace(-1, 1, SIZE)
    angle = _each(angle_key, images, 0.0, 2 * jnp.pi)[..., 0]
    across = jnp.sin(angle) * grid[None, :, None] + jnp.cos(angle) * grid[None, None, :]
    place, softness = _each(place_key, images, -0.35, 0.35)[..., 0], _each(soft_key, images, 0.03, 0.3)[..., 0]
    line = jnp.clip((across - place) / softness + 0.5, 0, 1)[..., None]
    share = jnp.where(_each(kind_key, images, 0, 1) < 0.5, _each(share_key, images, 0.3, 0.7), line)
    return images * share + jnp.roll(images, 1, axis=0) * (1 - share)


def _lit(key: Any, images: Images) -> Images:
    """Gain, offset, gamma and a color cast."""
    gamma_key, gain_key, cast_key, offset_key = jax.random.split(key, 4)
    count = len(images)
    gamma = jnp.exp(0.25 * jax.random.normal(gamma_key, (count, 1, 1, 1)))
    gain = jnp.exp(0.2 * jax.random.normal(gain_key, (count, 1, 1, 1)))
    cast = jnp.exp(0.06 * jax.random.normal(cast_key, (count, 1, 1, 3)))
    offset = 0.06 * jax.random.normal(offset_key, (count, 1, 1, 1))
    levels = jnp.clip(images / 255.0, 1e-4, 1.0)  # the gradient of a power is not finite at zero
    return ((levels**gamma - 0.5) * gain * cast + 0.5 + offset) * 255.0


def _gray(images: Images) -> Images:
    return jnp.broadcast_to(images @ jnp.asarray(_LUMA)[:, None], images.shape)


def _infrared(key: Any, images: Images) -> Images:
    """Near-infrared light: pale skin from the red channel, a bright spot of the lamp, flat, noisy, gray."""
    x_key, y_key, width_key, noise_key = jax.random.split(key, 4)
    grid = jnp.arange(SIZE, dtype=jnp.float32)
    x, y = _each(x_key, images, 46, 66)[..., 0], _each(y_key, images, 48, 72)[..., 0]
    width = _each(width_key, images, 45, 80)[..., 0]
    spot = jnp.exp(-((grid[None, None, :] - x) ** 2 + (grid[None, :, None] - y) ** 2) / (2 * width**2))
    red = jnp.clip(images[..., 0] / 255.0, 1e-4, 1.0) ** 0.6
    gray = 255.0 * jnp.clip(red * spot * 1.15, 0, 1) + 6.0 * jax.random.normal(noise_key, red.shape)
    return jnp.broadcast_to(gray[..., None], images.shape)


def _dark(key: Any, images: Images) -> Images:
    light, noise = jax.random.split(key)
    return images * _each(light, images, 0.08, 0.4) + 2.5 * jax.random.normal(noise, images.shape)


def _noisy(key: Any, images: Images) -> Images:
    strength, noise = jax.random.split(key)
    return images + _each(strength, images, 2.0, 14.0) * jax.random.normal(noise, images.shape)


def _low_resolution(key: Any, images: Images) -> Images:
    """Reduce each image to one of some sizes and enlarge it again."""
    choice = jax.random.randint(key, (len(images), 1, 1, 1), 0, len(_LOW_SIDES))
    result = images
    for number, side in enumerate(_LOW_SIDES):
        small = jax.image.resize(images, (len(images), side, side, 3), "linear", antialias=True)
        result = jnp.where(choice == number, jax.image.resize(small, images.shape, "linear"), result)
    return result


def _blurred(key: Any, images: Images) -> Images:
    """Gaussian blur of 0.5 to 2 pixels."""
    sigma = _each(key, images, 0.5, 2.0)
    offsets = range(-_BLUR_RADIUS, _BLUR_RADIUS + 1)
    weights = jnp.stack([jnp.exp(-(offset**2) / (2 * sigma**2)) for offset in offsets])
    weights = weights / weights.sum(0)
    for axis in (1, 2):
        padding = [(0, 0)] * 4
        padding[axis] = (_BLUR_RADIUS, _BLUR_RADIUS)
        padded = jnp.pad(images, padding, mode="edge")
        taps = [jax.lax.slice_in_dim(padded, tap, tap + SIZE, axis=axis) for tap in range(len(offsets))]
        images = sum(weight * tap for weight, tap in zip(weights, taps, strict=True))
    return images


def _jpeg(key: Any, images: Images) -> Images:
    """Quantize the cosine transform of 8x8 blocks as JPEG does (ITU-T T.81, annex K), without subsampling of color."""
    quality = _each(key, images, 25, 80)[..., None, None]
    scale = jnp.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    steps = jnp.maximum(1.0, jnp.round(jnp.asarray(_QUANTIZATION, jnp.float32) * scale))
    blocks = (_ycbcr(images) - 128.0).reshape(-1, SIZE // 8, 8, SIZE // 8, 8, 3).transpose(0, 1, 3, 5, 2, 4)
    cosine = _cosine_matrix()
    spectrum = cosine @ blocks @ cosine.T
    blocks = cosine.T @ (jnp.round(spectrum / steps) * steps) @ cosine
    return _rgb(blocks.transpose(0, 1, 4, 2, 5, 3).reshape(images.shape) + 128.0)


def _cosine_matrix() -> Any:
    frequency, place = jnp.meshgrid(jnp.arange(8), jnp.arange(8), indexing="ij")
    matrix = 0.5 * jnp.cos((2 * place + 1) * frequency * jnp.pi / 16)
    return matrix.at[0].mul(jnp.sqrt(0.5))


def _ycbcr(images: Images) -> Any:
    luma = images @ jnp.asarray(_LUMA)
    blue, red = (images[..., 2] - luma) * 0.564 + 128.0, (images[..., 0] - luma) * 0.713 + 128.0
    return jnp.stack([luma, blue, red], axis=-1)


def _rgb(ycbcr: Any) -> Images:
    luma, blue, red = ycbcr[..., 0], ycbcr[..., 1] - 128.0, ycbcr[..., 2] - 128.0
    return jnp.stack([luma + 1.403 * red, luma - 0.344 * blue - 0.714 * red, luma + 1.773 * blue], axis=-1)


_QUANTIZATION = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
]
