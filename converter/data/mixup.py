"""Faces nobody has: mixtures of two training crops, with the teacher's own answer as the target.

A teacher that answers for every image the student sees lets a small data set last (Beyer et al., "Knowledge
distillation: a good teacher is patient and consistent", CVPR 2022). A mixture is known by its number alone: the same
crops and number give the same image, so only the targets are stored.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track

from ..checkpoints import load_arrays, save_arrays

Image = npt.NDArray[np.uint8]
Teacher = Callable[[Iterable[Image]], Iterator[npt.NDArray[np.float32]]]

_SEED = 20_000
_PLAIN, _BLEND = 0.15, 0.5  # shares: bent only, blended throughout; the rest is cut along a soft line
_MAX_BEND_PIXELS = 5.0


class Mixtures:
    """Mixtures 0 to `count` of `crops`, uint8 ``(N, S, S, 3)``, made when asked for."""

    def __init__(self, crops: npt.NDArray[np.uint8], count: int) -> None:
        self.crops, self.count = crops, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> Image:
        if not 0 <= number < self.count:
            raise IndexError(f"mixture {number} of {self.count}")
        return mixture(self.crops, int(number))

    def __iter__(self) -> Iterator[Image]:
        return (self[number] for number in range(self.count))


def mixture(crops: npt.NDArray[np.uint8], number: int) -> Image:
    """The mixture of that number from `crops`, uint8 ``(N, S, S, 3)``: uint8 ``(S, S, 3)``."""
    rng = np.random.default_rng((_SEED, number))
    first, second = (_flipped(crops[row], rng) for row in rng.integers(0, len(crops), 2))
    kind = rng.random()
    if kind >= _PLAIN:
        share: float | npt.NDArray[np.float32] = float(rng.uniform(0.3, 0.7))
        if kind >= _PLAIN + _BLEND:
            share = _soft_line(first.shape[0], rng)
        mixup = first * np.float32(1.0) * share + second * np.float32(1.0) * (1 - share)
        first = np.asarray(mixup + 0.5, np.uint8)
    return _bent(first, rng) if rng.random() < 0.6 else first


def mixture_targets(mixtures: Mixtures, teacher: Teacher, cache: Path) -> npt.NDArray[np.float32]:
    """The teacher's embeddings of all mixtures, read from or kept in `cache`: float32 ``(N, D)``."""
    if cache.exists() and len(targets := load_arrays(cache)["targets"]) == len(mixtures):
        return targets.astype(np.float32)
    console = Console(stderr=True)
    images = track(mixtures, "asking the teacher", total=len(mixtures), console=console, transient=True)
    targets = np.stack(list(teacher(images)))
    save_arrays(cache, {"targets": targets.astype(np.float16)})
    return targets


def _flipped(crop: Image, rng: np.random.Generator) -> Image:
    return crop[:, ::-1] if rng.random() < 0.5 else crop


def _soft_line(size: int, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """A share per pixel ``(S, S, 1)`` that goes from 0 to 1 across a line near the center."""
    angle = rng.uniform(0, 2 * np.pi)
    across = np.add.outer(*(np.linspace(-1, 1, size, dtype=np.float32) * f(angle) for f in (np.sin, np.cos)))
    softness = rng.uniform(0.03, 0.3)
    return np.asarray(np.clip((across - rng.uniform(-0.35, 0.35)) / softness + 0.5, 0, 1), np.float32)[..., None]


def _bent(image: Image, rng: np.random.Generator) -> Image:
    """Move features by some pixels, smoothly: a face of other proportions."""
    size = image.shape[0]
    grid = rng.normal(0.0, _MAX_BEND_PIXELS / 2, (5, 5, 2)).astype(np.float32)
    field = cv2.resize(np.clip(grid, -_MAX_BEND_PIXELS, _MAX_BEND_PIXELS), (size, size), interpolation=cv2.INTER_CUBIC)
    columns, indices = np.meshgrid(np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32))
    return np.asarray(
        cv2.remap(
            image, columns + field[..., 0], indices + field[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    )
