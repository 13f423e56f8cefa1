"""Timing samples: durations under one label, with their percentiles and histogram."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import DataError

from .percentiles import Nanoseconds, percentile, percentile_interval

_BIN_RATIO = 1.05
_Bounds = tuple[int | None, int | None]


@dataclass(frozen=True)
class Summary:
    """Percentiles of durations in nanoseconds, by nearest rank, with 95 % intervals.

    Attributes:
        samples: number of samples.
        median, p90, p99, max: nanoseconds.
        median_interval_95, p90_interval_95, p99_interval_95: bounds in nanoseconds; None for a bound that so few
            samples cannot give.
    """

    samples: int
    median: int
    p90: int
    p99: int
    max: int
    median_interval_95: _Bounds = (None, None)
    p90_interval_95: _Bounds = (None, None)
    p99_interval_95: _Bounds = (None, None)

    def milliseconds(self) -> tuple[str, str, str, str]:
        """Median, p90, p99 and maximum in milliseconds, as text."""
        return milliseconds(self.median), milliseconds(self.p90), milliseconds(self.p99), milliseconds(self.max)

    def to_json(self) -> dict[str, Any]:
        """The values in nanoseconds, with the unit in the names."""
        fields = {name if name == "samples" else f"{name}_ns": value for name, value in asdict(self).items()}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()}


@dataclass(frozen=True)
class Histogram:
    """Number of samples by duration; all histograms share one grid of edges, each 5 % above the one before.

    Attributes:
        edges: nanoseconds, one more than counts; a bin includes its lower edge.
        counts: number of samples in each bin.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        return {"edges_ns": [round(edge, 1) for edge in self.edges], "counts": list(self.counts)}


@dataclass(frozen=True, eq=False)
class LatencySamples:
    """Durations of one thing, in the order they were measured. Samples of different labels are never joined.

    Attributes:
        label: what was measured: a stage, a model, a peer.
        ns: int64 ``(N,)``, durations in nanoseconds, in order of measurement.
        block: int64 ``(N,)``, rising numbers of the blocks in which they were measured (`measuring`).
    """

    label: str
    ns: Nanoseconds
    block: Nanoseconds

    def __post_init__(self) -> None:
        if self.ns.ndim != 1 or self.ns.shape != self.block.shape:
            raise ValueError(
                f"{self.label}: expected as many block numbers as samples, found {self.block.shape}, {self.ns.shape}"
            )
        if np.any(self.block[1:] < self.block[:-1]):
            raise ValueError(f"{self.label}: expected rising block numbers, found them in another order")
        if np.any(self.ns < 0):
            raise DataError(f"{self.label}: expected durations of at least 0 ns, found {self.ns.min()} ns")

    @classmethod
    def of(cls, label: str, ns: Sequence[int] | npt.NDArray[np.int64], block: Sequence[int] | None = None) -> Self:
        """Samples from integers; all in block 0 unless `block` gives the block of each."""
        values = np.asarray(ns, np.int64)
        return cls(label, values, np.zeros(len(values), np.int64) if block is None else np.asarray(block, np.int64))

    def __len__(self) -> int:
        return len(self.ns)

    @classmethod
    def joined(cls, label: str, parts: Sequence["LatencySamples"]) -> Self:
        """Samples of one label, from those of its blocks in order.

        Raises:
            ValueError: a part has another label.
        """
        for part in parts:
            if part.label != label:
                raise ValueError(f"samples of {label!r} and of {part.label!r} are of different things: not joined")
        empty = np.zeros(0, np.int64)
        return cls(
            label,
            np.concatenate([empty, *(part.ns for part in parts)]),
            np.concatenate([empty, *(part.block for part in parts)]),
        )

    @cached_property
    def ordered(self) -> Nanoseconds:
        """The samples, ascending.

        Raises:
            DataError: there are none.
        """
        if not len(self.ns):
            raise DataError(f"{self.label}: expected at least one sample, found none")
        return np.sort(self.ns)

    def percentile(self, percent: float) -> int:
        """Nearest-rank percentile in nanoseconds; see `percentiles.percentile`."""
        return percentile(self.ordered, percent)

    def interval(self, percent: float) -> _Bounds:
        """95 % interval of a percentile in nanoseconds; see `percentiles.percentile_interval`."""
        return percentile_interval(self.ordered, percent)

    def summary(self) -> Summary:
        """Median, p90, p99 and maximum.

        Raises:
            DataError: there are no samples.
        """
        median, p90, p99 = (self.percentile(percent) for percent in (50, 90, 99))
        intervals = (self.interval(percent) for percent in (50, 90, 99))
        return Summary(len(self.ns), median, p90, p99, int(self.ordered[-1]), *intervals)

    def histogram(self) -> Histogram:
        """Number of samples by duration, from the first to the last bin that holds one."""
        places = np.floor(np.log(np.maximum(self.ordered, 1)) / math.log(_BIN_RATIO) + 1e-9).astype(np.int64)
        counts = np.bincount(places - places[0])
        edges = [_BIN_RATIO**place for place in range(int(places[0]), int(places[-1]) + 2)]
        return Histogram(tuple(edges), tuple(counts.tolist()))

    def block_percentiles(self, percent: float) -> dict[int, int]:
        """The nearest-rank percentile of each block, by its number."""
        numbers, starts = np.unique(self.block, return_index=True)
        parts = np.split(self.ns, starts[1:]) if len(numbers) else []
        return {int(number): percentile(np.sort(part), percent) for number, part in zip(numbers, parts, strict=True)}


def milliseconds(ns: float) -> str:
    """Nanoseconds as milliseconds, with three decimals."""
    return f"{ns / 1e6:.3f}"
