"""Ethos-U: what Arm's compiler `vela` estimates for a network. Nothing is measured; vela runs as a program."""

import csv
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_siamese.errors import DataError, EdgeSiameseError, RuntimeMissingError

from .agreement import DelegateModel

_SECONDS = 300
_PLACED = re.compile(r"^(CPU|NPU) operators = (\d+)", re.MULTILINE)
_ACCELERATOR = re.compile(r"^ethos-u(?:55|65|85)-\d+$")


@dataclass(frozen=True)
class EthosEstimate:
    """vela's estimate for one network.

    Attributes:
        model: name of the model.
        accelerator: such as ``ethos-u55-128``.
        ms: estimated duration of one run, in milliseconds.
        cycles: estimated cycles.
        sram_kib, dram_kib, flash_kib: KiB of SRAM, of DRAM, and of flash outside the chip.
        on_npu, on_cpu: numbers of operators.
        vela: version.
    """

    model: str
    accelerator: str
    ms: float
    cycles: int
    sram_kib: float
    dram_kib: float
    flash_kib: float
    on_npu: int
    on_cpu: int
    vela: str

    def text(self) -> str:
        """One line."""
        memories = {"SRAM": self.sram_kib, "DRAM": self.dram_kib, "flash": self.flash_kib}
        memory = ", ".join(f"{kib:.0f} KiB {name}" for name, kib in memories.items() if kib)
        return (
            f"{self.model}: {self.accelerator}: {self.ms:.2f} ms, {self.cycles:,} cycles, {memory}; "
            f"{self.on_npu} operators on the NPU, {self.on_cpu} on the CPU (estimated by vela {self.vela}, not measured)"
        )

    def to_json(self) -> dict[str, Any]:
        return {"basis": "estimated"} | dict(vars(self))


def find_vela(given: Path | None) -> Path:
    """The program vela: the one given, the one beside this Python, or the one on the PATH.

    Raises:
        RuntimeMissingError: there is none.
    """
    beside = Path(sys.executable).with_name("vela")
    on_path = shutil.which("vela")
    for candidate in [given] if given else [beside, Path(on_path) if on_path else None]:
        if candidate and candidate.is_file():
            return candidate
    where = f"{given}: " if given else ""
    raise RuntimeMissingError(
        f"{where}the Ethos-U report needs the program vela: pip install ethos-u-vela, and name it with --vela"
    )


def check_accelerator(name: str) -> str:
    """The name of an accelerator as vela knows it.

    Raises:
        DataError: it has another form.
    """
    if not _ACCELERATOR.match(name):
        raise DataError(f"ethos-u: expected a configuration such as ethos-u55-128 or ethos-u65-256, found {name!r}")
    return name


def estimate(model: DelegateModel, accelerator: str, vela: Path) -> EthosEstimate:
    """Let vela compile a network, with its default system and memory.

    Raises:
        EdgeSiameseError: vela fails, or its output is not understood.
    """
    with tempfile.TemporaryDirectory(prefix="edge-siamese-vela-") as name:
        file = Path(name) / f"{model.path.stem}.tflite"
        file.write_bytes(model.network)
        try:
            ended = subprocess.run(
                [str(vela), "--accelerator-config", accelerator, "--output-dir", name, str(file)],
                capture_output=True, text=True, timeout=_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EdgeSiameseError(f"{vela}: expected vela to compile {model.name}: {error}") from error
        summaries = list(Path(name).glob("*_summary_*.csv"))
        if ended.returncode or not summaries:
            lines = [line for line in (ended.stderr + ended.stdout).splitlines() if line.strip()]
            raise EdgeSiameseError(
                f"{vela}: {model.name} is not compiled: {lines[-1][:200] if lines else 'no message'}"
            )
        with summaries[0].open(newline="") as stream:
            row = next(csv.DictReader(stream))
        return _estimate(model.name, accelerator, row, ended.stdout, _version(vela))


def _estimate(name: str, accelerator: str, row: dict[str, str], output: str, version: str) -> EthosEstimate:
    placed = {kind: int(count) for kind, count in _PLACED.findall(output)}
    try:
        return EthosEstimate(
            name, accelerator, 1e3 * float(row["inference_time"]), int(float(row["cycles_total"])),
            float(row["sram_memory_used"]), float(row["dram_memory_used"]), float(row["off_chip_flash_memory_used"]),
            placed["NPU"], placed["CPU"], version,
        )  # fmt: skip
    except (KeyError, ValueError) as error:
        raise EdgeSiameseError(f"vela {version}: its summary is not as expected: {error}") from error


def _version(vela: Path) -> str:
    ended = subprocess.run([str(vela), "--version"], capture_output=True, text=True, timeout=60, check=False)
    return ended.stdout.strip() or "of unknown version"
