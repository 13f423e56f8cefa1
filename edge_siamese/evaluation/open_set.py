"""Open-set split: some people are enrolled with part of their images, all others are strangers."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, eq=False)
class OpenSetSplit:
    """Image indices of an open-set trial, ascending.

    Attributes:
        enrolled: images used for enrollment, int64 ``(E,)``.
        known: other images of enrolled people, int64 ``(K,)``.
        strangers: images of all other people, int64 ``(S,)``.
    """

    enrolled: Indices
    known: Indices
    strangers: Indices

    @classmethod
    def assign(
        cls, images: Mapping[Name, Indices], enrolled: Collection[Name], enroll: Callable[[Indices], Indices]
    ) -> Self:
        """Assign images: some people are enrolled with part of their images.

        Args:
            images: indices of each person's images.
            enrolled: the people to enroll.
            enroll: slice of a person's images that is used for enrollment.
        """
        chosen = {name: enroll(images[name]) for name in images if name in enrolled}
        known = [np.setdiff1d(images[name], taken) for name, taken in chosen.items()]
        return cls(
            _joined(chosen.values()),
            _joined(known),
            _joined(indices for name, indices in images.items() if name not in chosen),
        )


def _joined(parts: Iterable[Indices]) -> Indices:
    return np.sort(np.concatenate([np.zeros(0, np.int64), *parts]))
