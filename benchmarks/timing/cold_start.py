"""Cold start: time from the start of a process to its first answer, with the files already in memory."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from edge_siamese.errors import EdgeSiameseError
from edge_siamese.image_io import write_image

from .latency import sample_portrait
from .samples import LatencySamples

STAGES = ("cold: import", "cold: open models", "cold: first photo", "cold: process")
_CHILD = "edge_siamese_benchmarks.timing.cold_start_child"


def cold_starts(settings: Sequence[str], repeat: int) -> dict[str, LatencySamples]:
    """Start `repeat` processes one after another and time their first answer.

    Args:
        settings: embedder and detector file, delegate, threads and the limit of XNNPACK's kernels, as text.
        repeat: number of processes.

    Returns:
        Samples of `STAGES`: importing the package, opening and testing the models, analyzing the first photo, and the
        whole process from its start to its end.

    Raises:
        EdgeSiameseError: a process failed; with the last line that it printed.
    """
    taken: dict[str, list[int]] = {stage: [] for stage in STAGES}
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "portrait.png"
        write_image(photo, sample_portrait().image)
        for _ in range(repeat):
            start = time.perf_counter_ns()
            done = subprocess.run(
                [sys.executable, "-m", _CHILD, str(photo), *settings], capture_output=True, text=True, check=False
            )
            ended = time.perf_counter_ns()
            if done.returncode:
                last = (done.stderr.strip() or "no message").splitlines()[-1]
                raise EdgeSiameseError(f"cold start: the process failed with exit code {done.returncode}: {last}")
            phases = json.loads(done.stdout)
            for stage, ns in zip(STAGES, [*phases, ended - start], strict=True):
                taken[stage].append(ns)
    return {stage: LatencySamples.of(stage, ns, range(len(ns))) for stage, ns in taken.items()}
