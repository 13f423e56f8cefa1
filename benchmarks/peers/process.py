"""A peer in a process of its own: requests with a time limit, and answers that are checked.

A peer that crashes, hangs or answers nonsense costs its own row; the others go on.
"""

import json
import math
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import EdgeSiameseError
from edge_siamese.faces import Face

from .adapter import About, Files

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")  # fmt: skip
_LAST_ERRORS = 4000


class PeerError(EdgeSiameseError):
    """A peer does not start, crashed, did not answer in time, or answered nonsense; the message says which."""


class MissingPackageError(PeerError):
    """The environment of a peer lacks its package."""


@dataclass(frozen=True)
class Timing:
    """Duration of one run in nanoseconds: of the wall clock, and of the process's threads on the processor."""

    wall_ns: int
    cpu_ns: int


class PeerProcess:
    """One adapter in its process, on one core and with one thread.

    Args:
        adapter: ``module:factory`` in `adapters`.
        files: its model files.
        search_path: folder with the packages of this project, for the process's ``PYTHONPATH`` (`search_path`).
        python: interpreter of the environment that has the project's package.
        core: core to run on; None for any.
        kernels: limit of XNNPACK's kernels (`timing.xnnpack`); empty for none.
        start_seconds, seconds: time limits of the start and of one answer.

    Attributes:
        about: description of the adapter.

    Raises:
        PeerError: it does not start.
    """

    def __init__(
        self,
        adapter: str,
        files: Files,
        search_path: Path,
        *,
        python: Path | None = None,
        core: int | None = None,
        kernels: str = "",
        start_seconds: float = 120,
        seconds: float = 60,
    ) -> None:
        self._seconds = seconds
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed with the process
        command = [str(python or sys.executable), "-m", "edge_siamese_benchmarks.peers.worker", adapter]
        try:
            self._process = subprocess.Popen(
                [
                    *command,
                    json.dumps({role: str(path) for role, path in files.items()}),
                    *([kernels] if kernels else []),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=_environment(os.environ, search_path),
                start_new_session=True,
            )
        except OSError as error:
            self._errors.close()
            raise PeerError(
                f"{command[0]}: expected a Python to run it, cannot be started ({error.strerror})"
            ) from error
        if core is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self._process.pid, {core})
        self._buffer = b""
        self._dimension: int | None = None
        try:
            answer = self._reply(start_seconds, "the start")
            self.about = About(**answer["about"])
        except (KeyError, TypeError) as error:
            self.close()
            raise PeerError(f"expected a description at the start, found {answer}") from error
        except PeerError:
            self.close()
            raise

    def show(self, pixels: Path) -> None:
        """Give it an image, a .npy file of uint8 ``(H, W, 3)`` RGB."""
        self._ask({"do": "image", "path": str(pixels)}, "reading an image")

    def detect(self, untimed: int = 0) -> tuple[list[Face], Timing]:
        """Faces of the image, without landmarks, and the duration.

        Raises:
            PeerError: no answer, or a box that is none.
        """
        answer = self._ask({"do": "detect", "untimed": untimed}, "detection")
        faces = [_face(row) for row in _of_type(answer, "faces", list)]
        return faces, _timing(answer)

    def embed(self, face: int, untimed: int = 0) -> tuple[npt.NDArray[Any], Timing]:
        """Embedding of a face by its position in the last detection: int8 or float64 ``(D,)``, and the duration.

        Raises:
            PeerError: no answer, or a vector of another length, with values that are no numbers, or of zeros.
        """
        answer = self._ask({"do": "embed", "face": face, "untimed": untimed}, "embedding")
        return self._vector(answer), _timing(answer)

    def peak_memory(self) -> int | None:
        """The largest resident memory of the process so far in bytes; None if its system does not say.

        Raises:
            PeerError: no answer.
        """
        peak = self._ask({"do": "memory"}, "memory").get("peak_bytes")
        return peak if isinstance(peak, int) else None

    def close(self) -> None:
        """End the process, and what it started."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with suppress(BrokenPipeError):
                    stream.close()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, request: dict[str, Any], what: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise PeerError(f"{what}: {self._ending()}") from error
        return self._reply(self._seconds, what)

    def _reply(self, seconds: float, what: str) -> dict[str, Any]:
        line = self._line(seconds, what)
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise PeerError(f"{what}: expected a JSON object, found {line[:60]!r}") from error
        if not isinstance(answer, dict):
            raise PeerError(f"{what}: expected a JSON object, found {line[:60]!r}")
        if answer.get("missing_package"):
            raise MissingPackageError(f"its environment has no package {answer['missing_package']}")
        if answer.get("error"):
            raise PeerError(f"{what}: {answer['error']}")
        return answer

    def _line(self, seconds: float, what: str) -> bytes:
        """The next line of the process's output, within a time limit."""
        assert self._process.stdout is not None
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise PeerError(f"{what}: no answer within {seconds:g} s")
                more = os.read(self._process.stdout.fileno(), 1 << 16)
                if not more:
                    raise PeerError(f"{what}: {self._ending()}")
                self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _ending(self) -> str:
        """How the process ended, with its last words."""
        code = self._process.wait()
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(self._errors.tell() - _LAST_ERRORS, 0))
        lines = [line.strip() for line in self._errors.read().decode(errors="replace").splitlines() if line.strip()]
        ended = f"stopped by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"
        return f"its process {ended}" + (f" ({lines[-1][:300]})" if lines else "")

    def _vector(self, answer: dict[str, Any]) -> npt.NDArray[Any]:
        try:
            vector = np.array(_of_type(answer, "vector", list), np.float64)
        except (TypeError, ValueError) as error:
            raise PeerError("embedding: expected a vector of numbers, found something else") from error
        if vector.ndim != 1 or not len(vector):
            raise PeerError(f"embedding: expected a vector, found an array of shape {vector.shape}")
        self._dimension = self._dimension or len(vector)
        if len(vector) != self._dimension:
            raise PeerError(f"embedding: expected {self._dimension} values as before, found {len(vector)}")
        wrong = int(np.count_nonzero(~np.isfinite(vector)))
        if wrong:
            raise PeerError(f"embedding: expected finite numbers, found {wrong} of {len(vector)} that are not")
        if not vector.any():
            raise PeerError("embedding: expected a direction, found zeros only")
        return vector.astype(np.int8) if answer.get("is_int8") else vector


def _environment(variables: Mapping[str, str], search_path: Path) -> dict[str, str]:
    return dict(variables) | _ONE_THREAD | {"PYTHONPATH": str(search_path), "PYTHONSAFEPATH": "1"}


def _face(row: object) -> Face:
    """A face of five numbers: box and score.

    Raises:
        PeerError: they are not that.
    """
    is_row = isinstance(row, list) and len(row) == 5 and all(isinstance(value, (int, float)) for value in row)
    if not is_row or not all(math.isfinite(value) for value in row) or min(row[2:4]) <= 0:  # type: ignore[attr-defined, index]
        raise PeerError(f"detection: expected boxes of finite numbers with a width and a height, found {str(row)[:80]}")
    values = np.array(row, np.float64)
    return Face(values[:4].astype(np.float32), np.zeros((5, 2), np.float32), float(values[4]))


def _timing(answer: dict[str, Any]) -> Timing:
    return Timing(_of_type(answer, "wall_ns", int), _of_type(answer, "cpu_ns", int))


def _of_type(answer: dict[str, Any], name: str, kind: type) -> Any:
    if not isinstance(answer.get(name), kind):
        raise PeerError(f"expected '{name}' in the answer, found {str(answer)[:80]}")
    return answer[name]
