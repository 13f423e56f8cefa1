"""Reference durations of a host, as multiples of the calibration workload, and the comparison with them."""

import json
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Self

from edge_siamese.atomic import write_atomically
from edge_siamese.envelope import envelope
from edge_siamese.errors import DataError

from ..timing.facts import HostFacts
from ..timing.measuring import RunLength
from ..timing.ratios import Ratio, ratio
from ..timing.samples import LatencySamples
from .calibration import CALIBRATION

COMMAND, SCHEMA_VERSION = "bench-reference", 1
LENGTH = RunLength(warmup=10, queries=400, seconds=0.0, max_seconds=180.0)
SHORTEST = 100 / LENGTH.per_block
"""Percentile that is the shortest run of a block: what the work takes when nothing interrupts it."""
MIN_TOLERANCE, MAX_TOLERANCE = 0.08, 0.15
_SPREADS = 1.5


@dataclass(frozen=True)
class StageReference:
    """Reference of one stage.

    Attributes:
        ratio: duration as a multiple of the calibration workload: median of several measurements.
        spread: largest of these measurements divided by the smallest, minus 1.
    """

    ratio: float
    spread: float

    @property
    def tolerance(self) -> float:
        """By how much a duration may exceed the reference, as a share of it: 8 % or 1.5 times the spread."""
        return max(MIN_TOLERANCE, _SPREADS * self.spread)

    @property
    def is_steady(self) -> bool:
        """Whether a stage that becomes 20 % slower is distinguished from noise; others are not checked."""
        return self.tolerance <= MAX_TOLERANCE

    def limit(self) -> float:
        return self.ratio * (1 + self.tolerance)


@dataclass(frozen=True)
class StageChange:
    """A stage compared with its reference.

    Attributes:
        stage: its name.
        found: multiple of the calibration workload now.
        reference: the reference.
    """

    stage: str
    found: Ratio
    reference: StageReference

    @property
    def is_regression(self) -> bool:
        """Whether the whole interval of the duration is beyond the tolerance."""
        return self.reference.is_steady and self.found.low > self.reference.limit()

    @property
    def change(self) -> float:
        """Relative change of the duration, 0.2 for 20 % longer."""
        return self.found.value / self.reference.ratio - 1

    def verdict(self) -> str:
        if not self.reference.is_steady:
            return "too unsteady to check"
        return "SLOWER" if self.is_regression else "ok"

    def row(self) -> tuple[str, ...]:
        """Cells of a table for people."""
        return (
            self.stage,
            f"{self.reference.ratio:.3f}",
            f"{self.found.value:.3f}",
            f"{self.found.low:.3f} to {self.found.high:.3f}",
            f"{self.change:+.1%}",
            f"{self.reference.tolerance:.0%}",
            self.verdict(),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "found": self.found.to_json(),
            "reference": self.reference.ratio,
            "tolerance": self.reference.tolerance,
            "change": self.change,
            "verdict": self.verdict(),
        }


@dataclass(frozen=True)
class HostReference:
    """Reference durations of a host.

    Attributes:
        host: key of the host, from `host_key`.
        identity: what has to be equal for a comparison: digests of the models, runtime, delegate, threads, kernels.
        stages: reference by stage.
        measurements: number of measurements behind it.
        source: file it was read from; empty if it was measured now.
    """

    host: str
    identity: dict[str, Any]
    stages: dict[str, StageReference]
    measurements: int
    source: str = ""

    @classmethod
    def of(cls, facts: HostFacts, models: Mapping[str, str], runs: Sequence[Mapping[str, Ratio]]) -> Self:
        """The reference from several measurements."""
        stages = {}
        for stage in runs[0]:
            values = [run[stage].value for run in runs]
            stages[stage] = StageReference(statistics.median(values), max(values) / min(values) - 1)
        return cls(host_key(facts), identity_of(facts, models), stages, len(runs))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a reference file.

        Raises:
            DataError: it is not a reference of this version.
            OSError: it cannot be read.
        """
        expected = f"edge-siamese/{COMMAND}/{SCHEMA_VERSION}"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["schema"] != expected:
                raise DataError(f"{path}: expected schema {expected}, found {content['schema']}", path=path)
            stages = {
                name: StageReference(float(one["ratio"]), float(one["spread"]))
                for name, one in content["stages"].items()
            }
            return cls(content["host"], content["identity"], stages, content["measurements"], str(path))
        except DataError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path}: expected a file of bench check --write, schema {expected} ({error})", path=path
            ) from error

    @classmethod
    def shipped(cls, host: str) -> Self:
        """The reference of a host that ships with this package.

        Raises:
            DataError: there is none.
        """
        path = Path(str(files(__package__) / f"{host}.json"))
        if not path.is_file():
            raise DataError(
                f"{host}: there is no reference of this host; measure one with edge-siamese bench check --write FILE, and "
                "check with --reference FILE"
            )
        return cls.read(path)

    def write(self, path: Path) -> None:
        """Write the reference file atomically."""
        text = json.dumps(envelope(COMMAND, self.to_json(), schema_version=SCHEMA_VERSION), indent=1) + "\n"
        with write_atomically(path) as stream:
            stream.write(text.encode())

    def to_json(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "identity": self.identity,
            "measurements": self.measurements,
            "unit": f"shortest of {LENGTH.per_block} runs, as a multiple of the calibration workload; median of blocks",
            "stages": {
                name: {"ratio": round(one.ratio, 5), "spread": round(one.spread, 5)}
                for name, one in self.stages.items()
            },
        }

    def require(self, facts: HostFacts, models: Mapping[str, str]) -> None:
        """Check that a comparison with this host makes sense.

        Raises:
            DataError: the host, a model, the runtime or its settings are others.
        """
        now = {"host": host_key(facts), **identity_of(facts, models)}
        then = {"host": self.host, **self.identity}
        for name, value in now.items():
            if then.get(name) != value:
                raise DataError(
                    f"{self.source}: the reference has {name} {then.get(name)}, this run has {value}; measure another "
                    "reference with --write"
                )

    def changes(self, found: Mapping[str, Ratio]) -> list[StageChange]:
        """Each stage of the reference compared with its duration now."""
        return [
            StageChange(stage, found[stage], reference) for stage, reference in self.stages.items() if stage in found
        ]


def stage_ratios(samples: Mapping[str, LatencySamples]) -> dict[str, Ratio]:
    """Durations of all stages as multiples of the calibration workload.

    Raises:
        DataError: too few blocks were measured.
    """
    unit = samples[CALIBRATION]
    return {label: ratio(taken, unit, SHORTEST) for label, taken in samples.items() if label != CALIBRATION}


def identity_of(facts: HostFacts, models: Mapping[str, str]) -> dict[str, Any]:
    """What has to be equal for a comparison."""
    return {
        **{f"{task} digest": digest for task, digest in models.items()},
        "runtime": facts.runtime,
        "delegate": facts.delegate,
        "threads": facts.threads,
        "kernels": facts.kernels.convolution if facts.kernels else "",
    }


def host_key(facts: HostFacts) -> str:
    """Name of a kind of host: its board or processor, and the family of XNNPACK's kernels; also the name of its file."""
    machine = facts.host.model if facts.host.is_raspberry_pi else facts.host.processor
    words = [machine or "unknown", facts.kernels.family if facts.kernels else facts.delegate]
    return re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")
