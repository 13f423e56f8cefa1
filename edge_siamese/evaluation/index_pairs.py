"""Pairs of images by index, as samplers draw them and protocols compare them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class IndexPairs:
    """P pairs of images.

    Attributes:
        index: of both images, int64 ``(P, 2)``.
        is_genuine: whether they are of one class, bool ``(P,)``.
        fold: int64 ``(P,)`` from 0, or None.
    """

    index: npt.NDArray[np.int64]
    is_genuine: npt.NDArray[np.bool_]
    fold: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.is_genuine)
