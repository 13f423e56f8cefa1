"""Command lines as users type them, on the engine that knows patterns."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edge_siamese import engine as engine_module
from edge_siamese.cli.main import main
from edge_siamese.operating_point import OperatingPoint


@dataclass(frozen=True)
class Answer:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> dict[str, Any]:
        (line,) = self.out.splitlines()
        report: dict[str, Any] = json.loads(line)
        return report


@pytest.fixture
def engine(pattern_engine: Any) -> Any:
    """Photos of one pattern person score about 0.8 with each other, those of two about 0; the threshold is 0.4."""
    return pattern_engine(operating_points=[OperatingPoint(0.01, 13107, 0.01, 10_000, 50, 0.1, "5a" * 32)])


@pytest.fixture
def delegates(monkeypatch: pytest.MonkeyPatch, engine: Any, tmp_path: Path) -> list[str]:
    """Puts the pattern engine in place of the models, and lists the delegates it was opened with."""
    opened: list[str] = []

    class Engine:
        @staticmethod
        def open(*paths: Path | None, delegate: str, threads: int, **rest: Path | None) -> Any:
            opened.append(delegate)
            return engine

    monkeypatch.setattr(engine_module, "FaceEngine", Engine)
    monkeypatch.chdir(tmp_path)
    return opened


@pytest.fixture
def command(delegates: list[str], capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """``command("gallery", "show", "people.esg")``"""

    def run(*arguments: str) -> Answer:
        capsys.readouterr()
        try:
            main(list(arguments))
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return run


@pytest.fixture
def people_esg(command: Callable[..., Answer], people_folder: Callable[..., Path], tmp_path: Path) -> Path:
    """A gallery of anna and ben in the current folder."""
    people_folder("people", {"anna": (1, 2), "ben": (1, 2)})
    answer = command("gallery", "build", "people", "-o", "people.esg", "--created", "2025-01-31T12:00:00Z")
    assert answer.code == 0, answer.err
    return tmp_path / "people.esg"
