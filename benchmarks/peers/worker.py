"""The program that runs one adapter: it answers requests on standard input with one JSON line each.

``python -m edge_siamese_benchmarks.peers.worker ADAPTER FILES [KERNELS]``: `ADAPTER` is ``module:factory`` in `adapters`,
`FILES` a JSON object of paths by role, `KERNELS` a limit of XNNPACK's kernels (`timing.xnnpack`). Whatever the project prints goes to standard error. Requests:

* ``{"do": "image", "path": P}``: load the pixels of a .npy file;
* ``{"do": "detect", "untimed": N}``: N runs that are not timed, then one; boxes and nanoseconds;
* ``{"do": "embed", "face": I, "untimed": N}``: the same for aligning and embedding face I of the last detection;
* ``{"do": "memory"}``: the largest resident memory so far in bytes, or null.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO, TypeVar

import numpy as np

from .adapter import Adapter, FoundFace

_Result = TypeVar("_Result")


class WorkerSession:
    """An adapter, the current image and the faces found on it."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        self._image = np.zeros((1, 1, 3), np.uint8)
        self._faces: list[FoundFace] = []

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request."""
        if request["do"] == "image":
            self._image, self._faces = np.ascontiguousarray(np.load(request["path"])), []
            return {}
        if request["do"] == "memory":
            return {"peak_bytes": peak_memory()}
        if request["do"] == "detect":
            self._faces, times = timed(lambda: self._adapter.detect(self._image), request["untimed"])
            faces = [[*(float(side) for side in face.box), float(face.score)] for face in self._faces]
            return {"faces": faces} | times
        face = self._faces[request["face"]]
        vector, times = timed(lambda: self._adapter.embed(self._image, face), request["untimed"])
        values = np.asarray(vector)
        return {"vector": values.tolist(), "is_int8": values.dtype == np.int8} | times


def timed(action: Callable[[], _Result], untimed: int) -> tuple[_Result, dict[str, int]]:
    """Run an action `untimed` times, then once more, and return that result with its wall and processor time."""
    for _ in range(untimed):
        action()
    cpu, start = time.process_time_ns(), time.perf_counter_ns()
    result = action()
    return result, {"wall_ns": time.perf_counter_ns() - start, "cpu_ns": time.process_time_ns() - cpu}


def peak_memory() -> int | None:
    """The largest resident memory of this process so far in bytes; None if the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return 1024 * kilobytes[0] if kilobytes else None


def open_adapter(name: str, files: dict[str, str]) -> Adapter:
    """Load an adapter and its models."""
    module, _, factory = name.partition(":")
    found = importlib.import_module(f"{__package__}.adapters.{module}")
    adapter: Adapter = getattr(found, factory)({role: Path(path) for role, path in files.items()})
    return adapter


def _limit(kernels: str) -> None:
    """Limit XNNPACK in this process, before a network is loaded."""
    from ..timing.xnnpack import limit_kernels

    limit_kernels(kernels)  # type: ignore[arg-type]


def _check_limit() -> None:
    """Check the limit, if the adapter has already run a network."""
    from ..timing.xnnpack import check_limit, chosen_kernels

    if chosen_kernels():
        check_limit()


def _own_output() -> TextIO:
    """Standard output for answers only; what the project prints goes to standard error."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return output


def _failure(error: BaseException) -> dict[str, Any]:
    lines = str(error).strip().splitlines()
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return {"error": f"{type(error).__name__}: {lines[0] if lines else ''}"[:400], "missing_package": missing}


def main(name: str, files: str, kernels: str = "") -> None:
    """Open the adapter, say what it is, then answer requests until standard input ends."""
    output = _own_output()

    def say(answer: dict[str, Any]) -> None:
        output.write(json.dumps(answer) + "\n")
        output.flush()

    try:
        if kernels:
            _limit(kernels)
        adapter = open_adapter(name, json.loads(files))
        if kernels:
            _check_limit()
        say({"about": asdict(adapter.about())})
    except (Exception, SystemExit) as error:  # face_recognition ends the process when its models are missing
        say(_failure(error))
        return
    session = WorkerSession(adapter)
    for line in sys.stdin:
        try:
            say(session.answer(json.loads(line)))
        except Exception as error:
            say(_failure(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
