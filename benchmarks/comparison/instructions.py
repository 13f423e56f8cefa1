"""Instructions of contestants on Arm cores: counted on the rig of `bench arm`, or predicted by its cost model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from edge_siamese.errors import EdgeSiameseError

from .contestants import Contestant

Progress = Callable[[int, int], None]
Basis = Literal["counted", "predicted"]
SIZE = (320, 240)


@dataclass(frozen=True)
class Instructions:
    """Instructions of one contestant.

    Attributes:
        by_core: instructions by name of the core.
        basis: ``"counted"`` under emulation, or ``"predicted"`` by the cost model.
        scope: what they cover.
    """

    by_core: dict[str, float]
    basis: Basis
    scope: str

    def to_json(self) -> dict[str, Any]:
        counts = {core: round(value) for core, value in self.by_core.items()}
        return {"instructions": counts, "basis": self.basis, "scope": self.scope}


@dataclass(frozen=True)
class InstructionRun:
    """Instructions by name of the contestant, and why some are missing."""

    results: dict[str, Instructions]
    missing: dict[str, str]


def measure_instructions(
    contestants: Sequence[Contestant], core_names: str, progress: Progress = lambda done, total: None
) -> InstructionRun:
    """Count what the rig can run; without a rig, predict the int8 networks.

    Args:
        contestants: the contestants.
        core_names: names of cores, separated by commas.
        progress: called with the number of counts done and the total.

    Raises:
        DataError: a core is unknown.
    """
    from ..arm.rig import Rig

    try:
        rig = Rig.open()
    except EdgeSiameseError as error:
        return _predicted(contestants, core_names, str(error))
    return _counted(contestants, core_names, rig, progress)


def _counted(contestants: Sequence[Contestant], core_names: str, rig: Any, progress: Progress) -> InstructionRun:
    from edge_siamese.arm_cost import parse_cores

    from ..arm.session import count
    from ..arm.subjects import CountedSubject, Image

    items = {each.name: item for each in contestants if (item := _item(each))}
    subjects = [CountedSubject(name, item) for name, (item, _) in items.items()]
    report = count(subjects, parse_cores(core_names), Image.rendered(*SIZE), rig, progress=progress)
    results: dict[str, Instructions] = {}
    missing = {each.name: "its package does not run on the rig" for each in contestants if each.name not in items}
    for row in report.rows:
        if not row.part and row.instructions:
            results[row.name] = Instructions(dict(row.instructions), "counted", items[row.name][1])
        if row.errors:
            missing[row.name] = "; ".join(f"{core}: {error}" for core, error in row.errors.items())
    return InstructionRun(results, missing)


def _item(each: Contestant) -> tuple[dict[str, Any], str] | None:
    """The rig's job for a contestant and what it covers, or None."""
    image = f"detection to embedding, one face, {SIZE[0]} x {SIZE[1]}"
    if each.peer is None:
        return {"kind": "analyze"} | {role: str(path) for role, path in each.files.items()}, image
    if each.peer.pipeline:
        files = {"yunet": str(each.files["detector"]), "embedder": str(each.files["embedder"])}
        return {"kind": "peer_pipeline", "width": SIZE[0], "height": SIZE[1]} | files, image
    if len(each.peer.networks) == len(each.files) == 1:
        return {"kind": "network", "path": str(each.files[each.peer.networks[0]])}, "the network alone"
    return None


def _predicted(contestants: Sequence[Contestant], core_names: str, reason: str) -> InstructionRun:
    from edge_siamese.arm_cost import parse_cores, predict
    from edge_siamese.tflite.model_card import read_card

    cores = parse_cores(core_names)
    results: dict[str, Instructions] = {}
    missing = {}
    for each in contestants:
        if each.peer is not None:
            missing[each.name] = reason
            continue
        runs = {"detector": 1, "embedder": 2 if read_card(each.files["embedder"]).average_flip else 1}
        by_core = dict.fromkeys((core.name for core in cores), 0.0)
        for role, times in runs.items():
            for prediction in predict(each.files[role], cores):
                by_core[prediction.core] += times * prediction.instructions
        results[each.name] = Instructions(by_core, "predicted", "the networks alone")
    return InstructionRun(results, missing)
