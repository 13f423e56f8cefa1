"""The C runtime compiled on this machine: as a library for Python, and as programs under sanitizers."""

import ctypes
import shutil
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_siamese.decision import Decision, Outcome, Reason
from edge_siamese.gallery.container.verdicts import GalleryVerdict
from edge_siamese.quality.glasses import GlassesRule
from edge_siamese_firmware.runtime_c.sources import runtime_sources

COMPILER = shutil.which("gcc") or shutil.which("cc")
FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wno-sign-conversion", "-Werror")
SANITIZERS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
_OF_BOARDS = {"es_app.c"}
_OUTCOMES, _REASONS = tuple(Outcome), tuple(Reason)


def write_sources(folder: Path) -> list[str]:
    """Write the runtime to a folder; returns the names of the sources to compile."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in runtime_sources().items():
        (folder / name).write_text(text)
    return sorted(name for name in runtime_sources() if name.endswith(".c"))


def compile_runtime(folder: Path, *options: str, sources: Sequence[Path] = (), compiler: str | None = None) -> None:
    """Compile the runtime and other sources in a folder."""
    names = [name for name in write_sources(folder) if (folder / "es_config.h").exists() or name not in _OF_BOARDS]
    command = [str(compiler or COMPILER), *FLAGS, *options, "-I.", *names, *map(str, sources)]
    built = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[:4000]


@dataclass
class Twin:
    """The library, with the Python types of its results."""

    library: ctypes.CDLL
    kept: bytes = b""

    def open(self, data: bytes, digest: bytes, dimension: int, zero_point: int) -> GalleryVerdict:
        """Open a gallery, which stays the one that `observe` uses."""
        self.kept = data
        return GalleryVerdict(self.library.twin_open(data, len(data), digest, dimension, zero_point))

    def use_glasses(self, rule: GlassesRule) -> None:
        """Set the glasses rule of the open gallery."""
        self.library.twin_glasses(rule.direction.tobytes(), rule.level_q15, rule.raise_q15)

    def name(self, person: int) -> str:
        self.library.twin_name.restype = ctypes.c_char_p
        return bytes(self.library.twin_name(person)).decode()

    def observe(self, embedding: npt.NDArray[np.int8], doubt: Reason | None, threshold: int) -> Decision:
        """Add a look at the face; a new gallery begins with no looks."""
        values = (ctypes.c_int32 * 8)()
        self.library.twin_observe(embedding.tobytes(), _code(doubt), threshold, values)
        return self._decision(list(values), threshold)

    def decide(self, scores: Sequence[int], threshold: int, doubt: Reason | None) -> Decision:
        """Decide; the names are those of the numbers 0, 1, 2 ..."""
        values, given = (ctypes.c_int32 * 8)(), (ctypes.c_int32 * max(len(scores), 1))(*scores)
        self.library.twin_decide(given, len(scores), threshold, _code(doubt), values)
        return self._decision(list(values), threshold, named=False)

    def threshold(self, points: Sequence[tuple[int, int]], target_fpir: float) -> int | None:
        """The threshold for the open gallery, with the model's points as (comparisons, threshold)."""
        count = max(len(points), 1)
        comparisons = (ctypes.c_uint32 * count)(*(point[0] for point in points))
        thresholds = (ctypes.c_int16 * count)(*(point[1] for point in points))
        found = ctypes.c_int16()
        (bits,) = struct.unpack("<Q", struct.pack("<d", target_fpir))
        known = self.library.twin_threshold(
            comparisons, thresholds, len(points), ctypes.c_uint64(bits), ctypes.byref(found)
        )
        return found.value if known else None

    def _decision(self, values: list[int], threshold: int, *, named: bool = True) -> Decision:
        outcome, reason, person, has_score, score, has_margin, margin, applied = values
        assert applied == threshold
        identity = None if person == -1 else self.name(person) if named else str(person)
        return Decision(
            _OUTCOMES[outcome],
            _REASONS[reason],
            identity,
            score if has_score else None,
            margin if has_margin else None,
            threshold,
        )


def _code(doubt: Reason | None) -> int:
    return _REASONS.index(doubt or Reason.OK)
