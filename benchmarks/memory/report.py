"""Results of ``bench memory`` as text and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from edge_siamese.cli.shared.output import table

from .growth import Growth
from .imports import ImportCost
from .loop import BUDGET_BYTES, Checkpoint, LoopMemory
from .tensors import TensorMemory

_MB = 1024 * 1024
_SHOWN_IMPORTS = 8


def megabytes(size: float) -> str:
    """Bytes in MB of 1,048,576 bytes, such as ``"90.8"``."""
    return f"{size / _MB:.1f}"


@dataclass(frozen=True)
class MemoryReport:
    """Memory of the device loop.

    Attributes:
        loop: what was measured.
        growth: over its frames; None if there were too few.
        tensors: of each model.
        imports: time of each imported package, the slowest first; empty if it was not measured.
        input: description of image and gallery.
        delegate: of the networks.
        threads: of the networks.
    """

    loop: LoopMemory
    growth: Growth | None
    tensors: Sequence[TensorMemory]
    imports: Sequence[ImportCost]
    input: str
    delegate: str
    threads: int

    def text(self) -> str:
        """The report as text."""
        parts = [self._head(), self._steps(), self._verdicts(), self._tensors(), self._imports()]
        return "\n\n".join(part for part in parts if part)

    def to_json(self) -> dict[str, Any]:
        """The body of the JSON document; sizes in bytes."""
        growth = self.growth
        return {
            "machine": self.loop.machine,
            "input": self.input,
            "delegate": self.delegate,
            "threads": self.threads,
            "peak": self.loop.peak,
            "budget": BUDGET_BYTES,
            "within_budget": self.loop.is_within_budget,
            "growth": growth and asdict(growth) | {"bytes": growth.bytes, "steady": growth.is_steady},
            "checkpoints": [
                {"at": checkpoint.name, "frames": checkpoint.frames} | asdict(checkpoint.memory)
                for checkpoint in self.loop.checkpoints
            ],
            "models": [asdict(tensors) for tensors in self.tensors],
            "imports": [asdict(cost) for cost in self.imports],
        }

    def _head(self) -> str:
        emulated = "" if self.loop.machine == "this machine" else ", emulated; the emulator's own memory is not counted"
        return (
            f"Memory of the device loop on {self.loop.machine}{emulated}\n"
            f"{self.input}; delegate {self.delegate}, threads {self.threads}"
        )

    def _shown(self) -> list[Checkpoint]:
        steps = [checkpoint for checkpoint in self.loop.checkpoints if checkpoint.name != "loop"]
        return steps if steps[-1].name == "end" else [*steps, self.loop.checkpoints[-1]]

    def _steps(self) -> str:
        rows, before = [], 0
        for checkpoint in self._shown():
            memory = checkpoint.memory
            largest = [f"{name} {megabytes(size)}" for name, size in list(memory.by_library.items())[:4]]
            name = f"{checkpoint.frames} frames" if checkpoint.name == "end" else checkpoint.name
            added = megabytes(memory.resident - before)
            rows.append((name, megabytes(memory.resident), added, megabytes(memory.shareable), ", ".join(largest)))
            before = memory.resident
        return table(rows, header=["MB after", "resident", "added", "of files", "largest"], align="<>>><")

    def _verdicts(self) -> str:
        verdict = "within" if self.loop.is_within_budget else "over"
        budget = f"{verdict} the budget of {megabytes(BUDGET_BYTES)} MB for a board with 512 MB"
        lines = [f"peak: {megabytes(self.loop.peak)} MB, {budget}"]
        if self.growth:
            low, high = (bound * 1000 / 1024 for bound in self.growth.interval)
            word = "steady" if self.growth.is_steady else "growing"
            lines.append(
                f"growth: {word}: {self.growth.bytes / 1024:.0f} KB over {self.growth.frames} frames, "
                f"{low:.0f} to {high:.0f} KB for 1,000 frames (95 %)"
            )
        return "\n".join(lines)

    def _tensors(self) -> str:
        rows = [
            (each.name, *(f"{size / 1024:.0f}" for size in (each.file, each.weights, each.activations)))
            for each in self.tensors
        ]
        return table(rows, header=["model, KB", "file", "weights", "activations"], align="<>")

    def _imports(self) -> str:
        if not self.imports:
            return ""
        rows = [(cost.package, str(cost.modules), f"{cost.microseconds / 1e3:.0f}") for cost in self.imports]
        total = f"{sum(cost.microseconds for cost in self.imports) / 1e3:.0f}"
        shown = [*rows[:_SHOWN_IMPORTS], ("all", str(sum(cost.modules for cost in self.imports)), total)]
        return table(shown, header=["imports, files in memory", "modules", "ms"], align="<>")
