"""Contestants of a comparison: pipelines of this project and of others, each in its process."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge_siamese.errors import DataError
from edge_siamese.models import default_model, named_model

from ..peers.adapter import About, Files
from ..peers.process import MissingPackageError, PeerError, PeerProcess
from ..peers.registry import PEERS, MissingFileError, Peer, find_files, total_bytes
from ..peers.search_path import search_path

OURS = "edge-siamese"
_ADAPTER = "ours:Ours"
_MIN_PYTHON = (3, 11)


@dataclass(frozen=True)
class Contestant:
    """A pipeline to run.

    Attributes:
        name: unique name.
        title: name in tables.
        adapter: see `registry.Peer`.
        files: model files by role.
        license: of code and weights.
        install: how to get its package; empty for this project.
        python: interpreter with its package; None for this one.
        peer: the project; None for this one.
    """

    name: str
    title: str
    adapter: str
    files: Files
    license: str
    install: str = ""
    python: Path | None = None
    peer: Peer | None = None


@dataclass(frozen=True)
class NotRun:
    """A known project that was not run, and why."""

    name: str
    title: str
    reason: str


@dataclass(eq=False)
class Running:
    """A contestant in its process.

    Attributes:
        contestant: what runs.
        process: its process; None after it failed.
        about: description of its adapter.
        model_bytes: bytes of its model files, those in its package included.
        error: why it failed; empty while it has not.
        peak_bytes: its largest resident memory; None if unknown.
        notes: further remarks.
    """

    contestant: Contestant
    process: PeerProcess | None
    about: About
    model_bytes: int
    error: str = ""
    peak_bytes: int | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def embeds(self) -> bool:
        return self.about.embeds

    def read_memory(self) -> None:
        """Read the largest resident memory so far."""
        if self.process:
            try:
                self.peak_bytes = self.process.peak_memory()
            except PeerError as error:
                self.fail(error)

    def fail(self, error: PeerError) -> None:
        """End its process and keep the reason."""
        self.error = str(error)
        if self.process:
            self.process.close()
            self.process = None


def our_contestant(pair: str) -> Contestant:
    """The pipeline ``EMBEDDER+DETECTOR``: shipped models by name, or .tflite files.

    Raises:
        DataError: not two models.
    """
    embedder, plus, detector = pair.partition("+")
    paths = [named_model(name) or Path(name) for name in (embedder, detector)]
    if not (embedder and plus and detector) or not all(path.is_file() for path in paths):
        raise DataError(f"ours: expected EMBEDDER+DETECTOR, shipped models by name or .tflite files, found {pair!r}")
    is_default = paths == [default_model("embedder"), default_model("detector")]
    title = OURS if is_default else f"{OURS} {paths[0].stem} + {paths[1].stem}"
    files = {"embedder": paths[0].resolve(), "detector": paths[1].resolve()}
    return Contestant(title.replace(" + ", "+"), title, _ADAPTER, files, "Apache-2.0; weights for research only")


def peer_contestants(
    chosen: Mapping[str, Path | None], folder: Path | None, pythons: Mapping[str, Path]
) -> tuple[list[Contestant], list[NotRun]]:
    """The peers whose files are there, and those that lack one.

    Args:
        chosen: names, each with its file or None (`registry.chosen_peers`).
        folder: folder of peers' files.
        pythons: interpreters by name of the peer.
    """
    found, lacking = [], []
    for name, given in chosen.items():
        peer = PEERS[name]
        try:
            files = find_files(peer, given, folder)
        except MissingFileError as error:
            if given is not None:
                raise
            lacking.append(NotRun(name, peer.title, str(error)))
            continue
        python = pythons.get(name)
        found.append(Contestant(name, peer.title, peer.adapter, files, peer.license, peer.install, python, peer))
    return found, lacking


def parse_pythons(words: Sequence[str]) -> dict[str, Path]:
    """Interpreters of ``NAME=PATH`` words.

    Raises:
        DataError: a word has another form, an unknown name, or no program at the path.
    """
    pythons = {}
    for word in words:
        name, _, path = word.partition("=")
        if name not in PEERS or not path:
            raise DataError(f"peer-python: expected NAME=PATH with one of {', '.join(PEERS)}, found {word!r}")
        if not os.access(path, os.X_OK) or Path(path).is_dir():
            raise DataError(f"peer-python: {path}: expected a Python interpreter, found none there")
        pythons[name] = Path(os.path.abspath(path))  # noqa: PTH100  a link to another environment's Python stays a link
    return pythons


@contextmanager
def started(
    contestants: Sequence[Contestant], *, seconds: float = 60, kernels: str = ""
) -> Iterator[tuple[list[Running], list[NotRun]]]:
    """Start every contestant on one core; those that do not start are listed with the reason.

    Args:
        contestants: what to start.
        seconds: time limit of an answer.
        kernels: limit of XNNPACK's kernels in those that LiteRT computes; empty for none.
    """
    core = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    running: list[Running] = []
    lacking: list[NotRun] = []
    with ExitStack() as stack:
        folder = stack.enter_context(search_path())
        for each in contestants:
            limit = kernels if each.peer is None or each.peer.litert else ""
            try:
                process = PeerProcess(
                    each.adapter, each.files, folder, python=each.python, core=core, seconds=seconds,
                    start_seconds=max(seconds, 120), kernels=limit,
                )  # fmt: skip
            except PeerError as error:
                lacking.append(NotRun(each.name, each.title, _reason(each, error)))
                continue
            stack.callback(process.close)
            model_bytes = total_bytes(each.files) + process.about.package_bytes
            notes = list(process.about.notes) + (["its kernels are not limited"] if kernels and not limit else [])
            running.append(Running(each, process, process.about, model_bytes, notes=notes))
        yield running, lacking


def _reason(contestant: Contestant, error: PeerError) -> str:
    """Why a contestant does not start, with the remedy if its package is missing or its Python is too old."""
    if isinstance(error, MissingPackageError):
        return f"{error}; {contestant.install}, and name that environment with --peer-python"
    if contestant.python and (version := _version_of(contestant.python)) < _MIN_PYTHON:
        found = ".".join(map(str, version))
        return f"{contestant.python}: expected Python {'.'.join(map(str, _MIN_PYTHON))} or later, found {found}"
    return str(error)


def _version_of(python: Path) -> tuple[int, ...]:
    """Major and minor version of an interpreter; the oldest accepted one where it does not say."""
    command = [str(python), "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL
        )
        return tuple(int(word) for word in ended.stdout.split()) or _MIN_PYTHON
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return _MIN_PYTHON
