"""Results of ``bench arm`` as tables and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from edge_siamese.arm_cost import CORES
from edge_siamese.cli.shared.output import table

from .counts import Count
from .layers import Breakdown, LayerCost
from .rig import RigManifest

COUNTED_NOTE = (
    "Instructions of one run on one thread, counted under emulation. Instructions are neither cycles nor time."
)
PREDICTED_NOTE = (
    "Instructions of one run on one thread, predicted by the cost model, not counted. Neither cycles nor time."
)
_MILLION = 1e6


@dataclass(frozen=True)
class Row:
    """One line of the main table: a network, a pipeline or a step of it.

    Attributes:
        name, part: what was run, and which step of it; ``""`` for the whole.
        macs: multiply-accumulates of one run; 0 where they are not known.
        runs: how often one answer runs the network: 2 with the mirror image.
        instructions: by core; a core is absent where something failed.
        by_instruction_kind: by core, instructions of each kind; empty for a prediction.
        facts: what else is known, such as how many faces were found.
        errors: by core: why there is no count.
    """

    name: str
    part: str
    macs: int
    runs: int = 1
    instructions: dict[str, float] = field(default_factory=dict)
    by_instruction_kind: dict[str, dict[str, float]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the tables call it."""
        return f"  {self.part}" if self.part else self.name

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON; ``instructions_per_mac`` only where multiply-accumulates are known."""
        per_mac = (
            {core: round(value / self.macs, 4) for core, value in self.instructions.items()} if self.macs else None
        )
        return {
            "name": self.name,
            "part": self.part or None,
            "macs": self.macs or None,
            "runs_per_answer": self.runs,
            "instructions": {core: round(value) for core, value in self.instructions.items()},
            "instructions_per_mac": per_mac,
            "by_instruction_kind": {
                core: {kind: round(value) for kind, value in kinds.items()}
                for core, kinds in self.by_instruction_kind.items()
            },
            "facts": self.facts,
            "errors": self.errors,
        }


def rows_of(counts: Sequence[Count], macs: dict[str, int], runs: dict[str, int]) -> list[Row]:
    """Counts of several cores, brought together by name and part, in the order of the first core's."""
    rows: dict[tuple[str, str], Row] = {}
    for count in counts:
        known = macs.get(count.name, 0) if not count.part else 0
        row = rows.setdefault(
            (count.name, count.part), Row(count.name, count.part, known, runs.get(count.name, 1), facts={**count.facts})
        )
        if count.error:
            row.errors[count.core] = count.error
        else:
            row.instructions[count.core] = count.instructions
            row.by_instruction_kind[count.core] = dict(count.by_kind)
    return list(rows.values())


@dataclass(frozen=True)
class ArmReport:
    """What one command found.

    Attributes:
        basis: ``"counted"`` or ``"predicted"``.
        cores: in the order of the columns.
        rows: the main table.
        breakdowns: by network: its operators, for each core.
        image: of the pipelines; ``""`` without one.
        manifest: of the rig; None for a prediction.
        partial: whether the run was interrupted.
        show_layers: whether the text lists every operator.
    """

    basis: str
    cores: list[str]
    rows: list[Row]
    breakdowns: dict[str, list[Breakdown]]
    image: str = ""
    manifest: RigManifest | None = None
    partial: bool = False
    show_layers: bool = False

    def text(self) -> str:
        """The report as text tables."""
        parts = [COUNTED_NOTE if self.basis == "counted" else PREDICTED_NOTE, self._cores_text(), self._main_table()]
        parts += [self._errors(), self._instruction_kinds(), self._operator_kinds()]
        if self.show_layers:
            parts += [_layer_table(name, self._of_cores(name)) for name in self.breakdowns]
        if self.partial:
            parts.append("Partial: the run was interrupted; this is what was counted until then.")
        return "\n\n".join(part for part in parts if part)

    def to_json(self) -> dict[str, Any]:
        """The body of the JSON document."""
        return {
            "basis": self.basis,
            "unit": "executed instructions of one run on one thread",
            "partial": self.partial,
            "cores": {core: CORES[core].title for core in self.cores},
            "image": self.image or None,
            "qemu": self.manifest.qemu_version if self.manifest else None,
            "wheels": self.manifest.wheels if self.manifest else None,
            "results": [row.to_json() for row in self.rows],
            "operators": {
                name: {breakdown.core: _breakdown_json(breakdown) for breakdown in self._of_cores(name)}
                for name in self.breakdowns
            },
        }

    def _of_cores(self, name: str) -> list[Breakdown]:
        return [breakdown for core in self.cores for breakdown in self.breakdowns[name] if breakdown.core == core]

    def _cores_text(self) -> str:
        lines = [f"{core}: {CORES[core].title}" for core in self.cores]
        if self.manifest:
            lines.append(f"QEMU {self.manifest.qemu_version}, {', '.join(self.manifest.wheels[:3])}")
        if self.image:
            lines.append(f"pipelines on {self.image}")
        return "\n".join(lines)

    def _main_table(self) -> str:
        header = ["millions", "MMACs", *(cell for core in self.cores for cell in (core, "per MAC"))]
        lines = []
        for row in self.rows:
            title = row.title + (f" ({row.runs} runs an answer)" if row.runs > 1 else "")
            cells = [title, f"{row.macs / _MILLION:.1f}" if row.macs else ""]
            for core in self.cores:
                value = row.instructions.get(core)
                cells.append("-" if value is None else f"{value / _MILLION:.2f}")
                cells.append(f"{value / row.macs:.3f}" if value is not None and row.macs else "")
            lines.append(cells)
        return table(lines, header=header)

    def _errors(self) -> str:
        found = [f"{row.name}, {core}: {error}" for row in self.rows for core, error in row.errors.items()]
        missing = [
            f"{name}, {breakdown.core}: not {breakdown.basis}: {', '.join(breakdown.missing)}"
            for name in self.breakdowns
            for breakdown in self._of_cores(name)
            if breakdown.missing
        ]
        return "\n".join(found + missing)

    def _instruction_kinds(self) -> str:
        lines: list[list[str]] = []
        kinds: list[str] = []
        for row in self.rows:
            for core in self.cores:
                by_kind = row.by_instruction_kind.get(core)
                if by_kind and not row.part:
                    kinds = kinds or list(by_kind)
                    total = sum(by_kind.values()) or 1.0
                    lines.append([row.name, core, *(f"{100 * by_kind[kind] / total:.1f}" for kind in kinds)])
        header = ["% by instruction", "core", *(kind.replace("_", " ") for kind in kinds)]
        return table(lines, header=header, align="<<>") if lines else ""

    def _operator_kinds(self) -> str:
        lines = []
        for name in self.breakdowns:
            for breakdown in self._of_cores(name):
                if breakdown.missing:  # shares of the rest would mislead; the sentences above name what is missing
                    continue
                shares = [f"{label} {100 * share:.1f}" for label, share in breakdown.by_kind().items()]
                lines.append([name, breakdown.core, breakdown.basis, ", ".join(shares)])
        return table(lines, header=["% by operator", "core", "basis", "largest first"], align="<") if lines else ""


def _layer_table(name: str, breakdowns: Sequence[Breakdown]) -> str:
    if not breakdowns:
        return ""
    header = ["", "operator", "output", "MMACs"]
    header += [cell for breakdown in breakdowns for cell in (breakdown.core, "per MAC", "%")]
    lines = []
    for layers in zip(*(breakdown.layers for breakdown in breakdowns), strict=True):
        operator = layers[0].operator
        shape = "x".join(map(str, operator.output_shape))
        macs = f"{operator.macs / _MILLION:.2f}" if operator.macs else ""
        cells = [str(layers[0].index), operator.label, shape, macs]
        for breakdown, layer in zip(breakdowns, layers, strict=True):
            cells += _layer_cells(layer, breakdown.instructions)
        lines.append(cells)
    caption = f"{name}: operators in thousands, {breakdowns[0].basis}; - is computed in advance or by another operator"
    return f"{caption}\n{table(lines, header=header, align='><<>')}"


def _layer_cells(layer: LayerCost, total: float) -> list[str]:
    if layer.operator.is_free:
        return ["-", "", ""]
    macs = layer.operator.macs
    per_mac = f"{layer.instructions / macs:.3f}" if macs else ""
    return [f"{layer.instructions / 1e3:.1f}", per_mac, f"{100 * layer.instructions / (total or 1.0):.1f}"]


def _breakdown_json(breakdown: Breakdown) -> dict[str, Any]:
    total = breakdown.instructions or 1.0
    return {
        "basis": breakdown.basis,
        "missing": list(breakdown.missing),
        "share_by_kind": {label: round(share, 5) for label, share in breakdown.by_kind().items()},
        "layers": [
            {
                "index": layer.index,
                "kind": layer.operator.kind,
                "label": layer.operator.label,
                "output": list(layer.operator.output_shape),
                "macs": layer.operator.macs,
                "instructions": round(layer.instructions),
                "share": round(layer.instructions / total, 5),
            }
            for layer in breakdown.layers
        ],
    }
