"""Run the device loop in a process of its own, natively or on an emulated arm64, and read its memory at checkpoints."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from edge_siamese.arm_cost import ArmCore
from edge_siamese.errors import EdgeSiameseError
from edge_siamese.frames import RGB
from edge_siamese.models import default_model
from edge_siamese.tflite.model_card import read_card

from ..arm.rig import Rig, device_path
from ..timing.synthetic_gallery import random_gallery
from .process_memory import ProcessMemory, read_peak, read_process_memory

PROGRAM = "loop_program.py"
BUDGET_BYTES = 110 * 1024 * 1024  # for the device loop on a board with 512 MB, such as a Pi Zero 2


@dataclass(frozen=True)
class Checkpoint:
    """Memory of the loop at one step.

    Attributes:
        name: what was done just before: an import, ``"models"``, ``"gallery"``, ``"first frame"``, ``"loop"``, ``"end"``.
        frames: frames analyzed until then.
        memory: of the process.
    """

    name: str
    frames: int
    memory: ProcessMemory


@dataclass(frozen=True)
class LoopSettings:
    """What the loop runs on.

    Attributes:
        image: uint8 ``(H, W, 3)`` RGB, delivered as every frame.
        frames: number of frames.
        every: a checkpoint after this many frames.
        templates: size of the gallery.
        embedder, detector: model files; None for the default ones.
        delegate, threads: of the networks.
    """

    image: RGB
    frames: int = 600
    every: int = 20
    templates: int = 1000
    embedder: Path | None = None
    detector: Path | None = None
    delegate: str = "xnnpack"
    threads: int = 1


@dataclass(frozen=True)
class LoopMemory:
    """Memory of one run of the loop.

    Attributes:
        machine: ``"this machine"``, or the core that was emulated.
        checkpoints: in order.
        peak: largest resident bytes: the kernel's own record, or for an emulated program the largest of the
            checkpoints.
    """

    machine: str
    checkpoints: tuple[Checkpoint, ...]
    peak: int

    @property
    def is_within_budget(self) -> bool:
        return self.peak <= BUDGET_BYTES

    def steady(self) -> list[Checkpoint]:
        """The checkpoints of the loop without its first quarter, in which caches fill."""
        loop = [checkpoint for checkpoint in self.checkpoints if checkpoint.name == "loop"]
        return loop[len(loop) // 4 :]


def measure_here(settings: LoopSettings) -> LoopMemory:
    """Run the loop on this machine.

    Raises:
        EdgeSiameseError: the loop failed; with the last line that it printed.
    """
    with ExitStack() as stack:
        program, job = stack.enter_context(_job(settings, emulated=False))
        checkpoints, peak = _run([sys.executable, str(program), str(job)])
    return LoopMemory("this machine", tuple(checkpoints), peak)


def measure_emulated(settings: LoopSettings, rig: Rig, core: ArmCore) -> LoopMemory:
    """Run the loop with the aarch64 runtimes on an emulated core, and count the guest's memory without QEMU's own.

    The guest names its mappings; what of them is resident is read from QEMU's process, whose addresses are the same.

    Raises:
        EdgeSiameseError: the loop failed; with the last line that it printed.
    """
    with ExitStack() as stack:
        path = stack.enter_context(device_path())
        program, job = stack.enter_context(_job(settings, emulated=True))
        command = rig.command(core, [str(program), str(job)], {"PYTHONPATH": str(path)}, count=False)
        checkpoints, _ = _run(command, rig.host_environment())
    largest = max(checkpoint.memory.resident for checkpoint in checkpoints)
    return LoopMemory(core.title, tuple(checkpoints), largest)


@contextmanager
def _job(settings: LoopSettings, *, emulated: bool) -> Iterator[tuple[Path, Path]]:
    """The program and its job, in a folder that holds the image and the gallery."""
    with (
        tempfile.TemporaryDirectory(prefix="edge-siamese-memory-") as name,
        as_file(files(__package__).joinpath(PROGRAM)) as program,
    ):
        folder = Path(name)
        embedder = settings.embedder or default_model("embedder")
        random_gallery(read_card(embedder), settings.templates).save(folder / "gallery.esg")
        settings.image.tofile(folder / "image.raw")
        job: dict[str, Any] = {
            "image": str(folder / "image.raw"),
            "shape": settings.image.shape,
            "gallery": str(folder / "gallery.esg"),
            "embedder": settings.embedder and str(settings.embedder.absolute()),
            "detector": settings.detector and str(settings.detector.absolute()),
            "delegate": settings.delegate,
            "threads": settings.threads,
            "frames": settings.frames,
            "every": settings.every,
            "emulated": emulated,
        }
        (folder / "job.json").write_text(json.dumps(job))
        yield program, folder / "job.json"


def _run(command: Sequence[str], environment: dict[str, str] | None = None) -> tuple[list[Checkpoint], int]:
    checkpoints: list[Checkpoint] = []
    peak = 0
    with tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, bufsize=1
        ) as process:
            assert process.stdin
            assert process.stdout
            for line in process.stdout:
                report = json.loads(line)
                memory = read_process_memory(process.pid, report["mappings"])
                checkpoints.append(Checkpoint(report["at"], report["frames"], memory))
                peak = read_peak(process.pid)
                process.stdin.write("\n")
                process.stdin.flush()
        if process.returncode or not checkpoints:
            errors.seek(0)
            last = (errors.read().strip() or f"exit status {process.returncode}").splitlines()[-1]
            raise EdgeSiameseError(f"memory: the loop failed: {last}")
    return checkpoints, peak
