"""Result of a finished run, as a table and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...reports.run_report import RunReport

_ONE_SHOT = "{}-way one-shot"


@dataclass(frozen=True)
class TrainingResult:
    """A finished run.

    Attributes:
        model: path of the .tflite.
        page: path of the page.
        report: of the report.
        before, after: AUC and EER on the validation classes before and after training.
        parity: parity on the validation classes, see `quantization.parity.ParityReport.to_json`.
        serves_the_engine: True if `FaceEngine` supports the model.
    """

    model: Path
    page: Path
    report: RunReport
    before: dict[str, float]
    after: dict[str, float]
    parity: dict[str, Any]
    serves_the_engine: bool

    @property
    def skipped(self) -> dict[str, str]:
        """Reasons of skipped images, by path."""
        return self.report.data.skipped

    def to_json(self) -> dict[str, Any]:
        """Return the body of the JSON document ``edge-siamese/train``."""
        metrics = {"float": self.report.float_metrics, "int8": self.report.int8_metrics}
        return {
            "out": str(self.model.parent),
            "model": str(self.model),
            "report": str(self.page),
            "protocol": self.report.protocol,
            "before": self.before,
            "after": self.after,
            "parity": self.parity,
            "metrics": {name: each and each.model_dump(mode="json") for name, each in metrics.items()},
            "shipped": self.report.shipped_metrics and self.report.shipped_metrics.model_dump(mode="json"),
            "better_than_chance": not self.report.is_chance,
            "published": self.report.published and self.report.published.model_dump(mode="json"),
            "skipped": self.skipped,
        }

    def table(self) -> list[Sequence[str]]:
        """Return header and rows of the metrics: published, shipped embedder, float and int8 on the test classes."""
        evaluated = self.report.data.portions[-1]
        columns = {
            "shipped": self.report.shipped_metrics, "float": self.report.float_metrics, "int8": self.report.int8_metrics
        }  # fmt: skip
        metrics = {name: each for name, each in columns.items() if each}
        stated = self.report.published.metrics if self.report.published else {}
        published: dict[str, float] = {str(name): value for name, value in stated.items()}
        theirs = ["published"] if published else []
        rows: list[Sequence[str]] = [(f"{evaluated.classes} {self.report.data.classes} never seen", *theirs, *metrics)]
        for name, label in (("auc", "AUC"), ("eer", "EER"), ("accuracy", "accuracy")):
            beside = [f"{published[name]:.4f}" if name in published else "-"] if published else []
            rows.append((label, *beside, *(f"{each.verification[name]:.4f}" for each in metrics.values())))
        for place, one in enumerate(self.report.float_metrics.one_shot):
            shares = [
                f"{each.one_shot[place]['right']['rate']:.4f}" if place < len(each.one_shot) else "-"
                for each in metrics.values()
            ]
            rows.append((_ONE_SHOT.format(one["ways"]), *(["-"] if published else []), *shares))
        return rows
