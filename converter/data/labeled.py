"""Images with a name for what each shows: what every loader gives and every training takes."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class LabeledImages:
    """Prepared images of one size, with their classes.

    Attributes:
        images: uint8 ``(N, H, W, C)``, gray for C = 1, RGB for C = 3.
        names: class of each image: a person, a character. Classes sort by name.
        paths: where each came from, inside its source; no two are equal.
        groups: a level above the class that a split must not cut (an alphabet), or None where there is none.
        skipped: path -> why it gave no image.

    Raises:
        ValueError: the parts are not equally long, or `images` is not as described.
    """

    images: npt.NDArray[np.uint8]
    names: list[str]
    paths: list[str]
    groups: list[str] | None = None
    skipped: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4 or self.images.shape[3] not in {1, 3}:
            found = f"{self.images.dtype} {self.images.shape}"
            raise ValueError(f"images: expected uint8 (N, H, W, 1 or 3), found {found}")
        for part in (self.names, self.paths, self.groups):
            if part is not None and len(part) != len(self.images):
                raise ValueError(f"expected a name, path and group for each of {len(self.images)} images")

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names, shape and images, hex."""
        digest = hashlib.sha256("\0".join(self.names).encode())
        digest.update(repr(self.images.shape).encode())
        digest.update(np.ascontiguousarray(self.images).data)
        return digest.hexdigest()

    @cached_property
    def content_digests(self) -> list[str]:
        """SHA-256 of each image's pixels, hex: equal for the same image under two paths."""
        return [hashlib.sha256(np.ascontiguousarray(image).data).hexdigest() for image in self.images]

    @cached_property
    def classes(self) -> list[str]:
        """The names, sorted, each once."""
        return sorted(set(self.names))

    def labels(self) -> npt.NDArray[np.int64]:
        """int64 ``(N,)``: position of each image's class in `classes`."""
        place = {name: number for number, name in enumerate(self.classes)}
        return np.array([place[name] for name in self.names], np.int64)

    def counts(self) -> dict[str, int]:
        """Images of each class, in the order of `classes`."""
        found = Counter(self.names)
        return {name: found[name] for name in self.classes}

    def where(self, keep: npt.NDArray[np.bool_]) -> "LabeledImages":
        """The images for which `keep` ``(N,)`` is true; what was skipped is of the whole and not passed on."""
        indices = np.flatnonzero(keep)
        return replace(
            self,
            images=self.images[indices],
            names=[self.names[row] for row in indices],
            paths=[self.paths[row] for row in indices],
            groups=None if self.groups is None else [self.groups[row] for row in indices],
            skipped={},
        )
