"""Which images meet in training: samplers of pairs and of batches, by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ...registry import checked_options, in_range, lookup, options_of
from .batches import BatchSampler, ByClass, Shuffled
from .hard import HardNegatives
from .pairs import AllGenuine, Chained, FixedCount, PairSampler, PerClass
from .population import Population

__all__ = ["SAMPLERS", "BatchSampler", "PairSampler", "SamplerEntry", "create_sampler"]


@dataclass(frozen=True)
class SamplerEntry:
    """A sampler of the registry.

    Attributes:
        kind: "pairs" is a `PairSampler`, "batches" a `BatchSampler`.
        make: of a population and a seed, options by keyword.
    """

    kind: Literal["pairs", "batches"]
    make: Callable[..., Any]

    @property
    def defaults(self) -> dict[str, Any]:
        """Options and their defaults."""
        return options_of(self.make)


SAMPLERS: dict[str, SamplerEntry] = {
    "per-class": SamplerEntry("pairs", PerClass),
    "chained": SamplerEntry("pairs", Chained),
    "fixed-count": SamplerEntry("pairs", FixedCount),
    "all-genuine": SamplerEntry("pairs", AllGenuine),
    "hard-negatives": SamplerEntry("pairs", HardNegatives),
    "by-class": SamplerEntry("batches", ByClass),
    "shuffled": SamplerEntry("batches", Shuffled),
}


def create_sampler(
    name: str,
    labels: npt.NDArray[np.integer],
    *,
    seed: int = 0,
    digests: Sequence[str] | None = None,
    **options: Any,
) -> Any:
    """The sampler of that name, as its entry's kind says.

    Args:
        name: in `SAMPLERS`.
        labels: class of each image, ``(N,)``.
        seed: 0 or more; another one gives other epochs.
        digests: content of each image, so that byte-equal ones are never paired; None takes all as different.
        options: in place of the entry's defaults.

    Raises:
        DataError: there is no sampler or option of that name, an option is out of its range, or the images have fewer
            than two classes, or no class with two different images.
    """
    entry = lookup("sampler", name, SAMPLERS)
    in_range(0, seed=seed)
    checked = checked_options(f"sampler {name}", entry.make, options)
    return entry.make(Population(labels, digests), seed, **checked)
