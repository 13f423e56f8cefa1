"""Registry of samplers of pairs and of batches."""

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
    """Registry entry of a sampler.

    Attributes:
        kind: "pairs" is a `PairSampler`, "batches" a `BatchSampler`.
        make: function of a population, a seed and keyword options.
    """

    kind: Literal["pairs", "batches"]
    make: Callable[..., Any]

    @property
    def defaults(self) -> dict[str, Any]:
        """Return the options with their defaults."""
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
    """Create a `PairSampler` or `BatchSampler` by name.

    Args:
        name: key of `SAMPLERS`.
        labels: class of each image, ``(N,)``.
        seed: seed of the draws, 0 or more.
        digests: digest of each image, so that equal images are never paired; None treats all as different.
        options: options that replace the defaults.

    Raises:
        DataError: the name or an option is unknown, an option is out of range, there are fewer than two classes, or no
            class has two different images.
    """
    entry = lookup("sampler", name, SAMPLERS)
    in_range(0, seed=seed)
    checked = checked_options(f"sampler {name}", entry.make, options)
    return entry.make(Population(labels, digests), seed, **checked)
