"""Pictures with a name for what each shows: what every loader gives and every training takes."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class LabeledPictures:
    """Prepared pictures of one size, with their classes.

    Attributes:
        pictures: uint8 ``(N, H, W, C)``, gray for C = 1, RGB for C = 3.
        names: class of each picture: a person, a character. Classes sort by name.
        paths: where each came from, inside its source; no two are equal.
        groups: a level above the class that a split must not cut (an alphabet), or None where there is none.
        skipped: path -> why it gave no picture.

    Raises:
        ValueError: the parts are not equally long, or `pictures` is not as described.
    """

    pictures: npt.NDArray[np.uint8]
    names: list[str]
    paths: list[str]
    groups: list[str] | None = None
    skipped: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.pictures.dtype != np.uint8 or self.pictures.ndim != 4 or self.pictures.shape[3] not in {1, 3}:
            found = f"{self.pictures.dtype} {self.pictures.shape}"
            raise ValueError(f"pictures: expected uint8 (N, H, W, 1 or 3), found {found}")
        for part in (self.names, self.paths, self.groups):
            if part is not None and len(part) != len(self.pictures):
                raise ValueError(f"expected a name, path and group for each of {len(self.pictures)} pictures")

    def __len__(self) -> int:
        return len(self.pictures)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names, shape and pictures, hex."""
        digest = hashlib.sha256("\0".join(self.names).encode())
        digest.update(repr(self.pictures.shape).encode())
        digest.update(np.ascontiguousarray(self.pictures).data)
        return digest.hexdigest()

    @cached_property
    def content_digests(self) -> list[str]:
        """SHA-256 of each picture's pixels, hex: equal for the same picture under two paths."""
        return [hashlib.sha256(np.ascontiguousarray(picture).data).hexdigest() for picture in self.pictures]

    @cached_property
    def classes(self) -> list[str]:
        """The names, sorted, each once."""
        return sorted(set(self.names))

    def numbers(self) -> npt.NDArray[np.int64]:
        """int64 ``(N,)``: position of each picture's class in `classes`."""
        place = {name: number for number, name in enumerate(self.classes)}
        return np.array([place[name] for name in self.names], np.int64)

    def counts(self) -> dict[str, int]:
        """Pictures of each class, in the order of `classes`."""
        found = Counter(self.names)
        return {name: found[name] for name in self.classes}

    def where(self, keep: npt.NDArray[np.bool_]) -> "LabeledPictures":
        """The pictures for which `keep` ``(N,)`` is true; what was skipped is of the whole and not passed on."""
        rows = np.flatnonzero(keep)
        return replace(
            self,
            pictures=self.pictures[rows],
            names=[self.names[row] for row in rows],
            paths=[self.paths[row] for row in rows],
            groups=None if self.groups is None else [self.groups[row] for row in rows],
            skipped={},
        )
