"""Report of `bench delegates` as text and JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edge_siamese.cli.shared.output import table

from ..timing.facts import HostFacts
from .configurations import ConfigurationResult
from .edge_tpu import CompileCheck, Placement
from .ethos_u import EthosEstimate
from .operator_profile import OperatorProfile


@dataclass(frozen=True, eq=False)
class DelegateReport:
    """Results by model and configuration, and what is known without the hardware.

    Attributes:
        facts: the host and XNNPACK's kernels.
        results: measured configurations, and those that do not run here.
        checks: operators that the Edge TPU's compiler would map.
        placements: what its logs say.
        estimates: vela's estimates for Ethos-U.
        profiles: durations of operators.
        notes: further sentences.
        warnings: what spoiled the measurement.
        partial: why the measurement is partial; empty if it is complete.
    """

    facts: HostFacts
    results: Sequence[ConfigurationResult]
    checks: Sequence[CompileCheck] = ()
    placements: Sequence[Placement] = ()
    estimates: Sequence[EthosEstimate] = ()
    profiles: Sequence[OperatorProfile] = ()
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()
    partial: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "conditions": self.facts.to_json(),
            "warnings": list(self.warnings),
            "partial": self.partial,
            "results": [each.to_json() for each in self.results],
            "edge_tpu": {
                "checks": [each.to_json() for each in self.checks],
                "placements": [each.to_json() for each in self.placements],
            },
            "ethos_u": [each.to_json() for each in self.estimates],
            "profiles": [each.to_json() for each in self.profiles],
            "notes": list(self.notes),
        }

    def text(self) -> str:
        """The report as text."""
        rows = [_row(each) for each in self.results]
        header = ("model", "delegate", "samples", "median ms", "p90", "times the first", "agreement, min cosine")
        parts = ["\n".join(self.facts.lines()), table(rows, header=header, align="<<>")]
        parts.append("\n".join([*_not_run(self.results), *_failed(self.results)]))
        parts.append("\n".join(f"Edge TPU, by Coral's list: {each.text()}" for each in self.checks))
        parts += [each.text() for each in self.placements]
        parts += [each.text() for each in self.profiles]
        parts.append("\n".join([*(each.text() for each in self.estimates), *self.notes]))
        parts.append("\n".join(f"Warning: {sentence}" for sentence in self.warnings))
        if self.partial:
            parts.append(f"Partial: {self.partial}")
        return "\n\n".join(part for part in parts if part)


def _row(each: ConfigurationResult) -> tuple[str, ...]:
    title = each.configuration.title
    if each.samples is None:
        return each.model, title, "-", "-", "-", "-", "-"
    summary, agreement = each.samples.summary(), each.agreement
    median, p90, *_ = summary.milliseconds()
    ratio = each.ratio.text() if each.ratio else "-"
    agreed = f"{agreement.cosine:.5f} {agreement.basis}" + (" FAILED" if agreement.failed else "") if agreement else "-"
    return each.model, title, str(len(each.samples)), median, p90, ratio, agreed


def _not_run(results: Sequence[ConfigurationResult]) -> list[str]:
    """One line for each reason, with the configurations that it concerns."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    every = {each.model for each in results}
    for each in results:
        if each.reason or each.note:
            text = f"not run here: {each.reason}" if each.reason else each.note
            by_reason.setdefault((each.configuration.title, text), []).append(each.model)
    return [
        f"{title}: {text}" + ("" if every == set(models) else f" ({', '.join(models)})")
        for (title, text), models in by_reason.items()
    ]


def _failed(results: Sequence[ConfigurationResult]) -> list[str]:
    return [
        f"{each.model}, {each.configuration.title}: {each.agreement.failed}"
        for each in results
        if each.agreement and each.agreement.failed
    ]
