"""A rig that runs the guest on the host's Python, and the real one where it is set up."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.arm_cost import ArmCore
from edge_siamese.errors import RuntimeMissingError
from edge_siamese.models import named_model
from edge_siamese_benchmarks.arm.rig import Rig, RigManifest, rig_version

STEP = (1_000, 500, 20)  # what the pretended counter adds from mark to mark
KINDS = ("multiply", "load", "other")


def marks_text(count: int) -> str:
    lines = [f"kinds {' '.join(KINDS)}"]
    lines += [f"mark {mark} {' '.join(str(step * (mark + 1)) for step in STEP)}" for mark in range(count)]
    return "\n".join(lines) + "\n"


@dataclass
class HostRig:
    """Runs the guest's program on the host's Python and pretends that the counter saw `STEP` between marks."""

    manifest: RigManifest
    crash_at: str = ""
    returncode: int = -11
    runs: list[tuple[str, list[str]]] = field(default_factory=list)
    after_run: Callable[[], None] = lambda: None

    def run(
        self, core: ArmCore, arguments: Sequence[str], environment: Mapping[str, str], *, counts: Path, **options: Any
    ) -> "subprocess.CompletedProcess[str]":
        options.pop("started")
        job, results = Path(arguments[1]), Path(arguments[2])
        items = json.loads(job.read_text())["items"]
        self.runs.append((core.name, [item["name"] for item in items]))
        command = [sys.executable, *arguments]
        ended = subprocess.run(command, env=os.environ | dict(environment), text=True, check=False, cwd="/", **options)
        if self.crash_at in [item["name"] for item in items]:
            lines = results.read_text().splitlines(keepends=True)
            begun = next(i for i, line in enumerate(lines) if json.loads(line).get("started") == self.crash_at)
            results.write_text("".join(lines[: begun + 1]))
            ended.returncode = self.returncode
        counts.write_text(marks_text(200))
        self.after_run()
        return ended


@pytest.fixture
def manifest() -> RigManifest:
    return RigManifest(
        rig_version(), "qemu/usr/bin/qemu-aarch64", "7.2.22", ["qemu/lib"], "python3.11", ["numpy==2.4.6"]
    )


@pytest.fixture
def host_rig(manifest: RigManifest) -> HostRig:
    return HostRig(manifest)


@pytest.fixture
def small_model() -> Path:
    path = named_model("embedder-small")
    assert path
    return path


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of the real data, for tests marked data."""
    folder = os.environ.get("EDGE_SIAMESE_DATA")
    if not folder:
        pytest.skip("EDGE_SIAMESE_DATA names no folder")
    return Path(folder)


@pytest.fixture(scope="session")
def arm_rig() -> Rig:
    """The rig, for tests marked arm64."""
    try:
        return Rig.open()
    except RuntimeMissingError as error:
        pytest.skip(str(error))
