"""The shipped models behind one engine, opened once; and people made of patterns, with an engine that knows them again."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from edge_siamese.engine import FaceEngine
from edge_siamese.frames import RGB
from edge_siamese.image_io import write_image
from edge_siamese.operating_point import OperatingPoint
from tests.doubles import PatternAnalyzer, pattern_image


@pytest.fixture
def pattern() -> Callable[..., RGB]:
    """``pattern(person, shot, faces=1)``: an image for the engine below."""
    return pattern_image


@pytest.fixture
def pattern_engine() -> type[PatternAnalyzer]:
    return PatternAnalyzer


@pytest.fixture
def save_photo(tmp_path: Path) -> Callable[..., Path]:
    """``save_photo("anna/1.png", "anna", 1, faces=1)`` writes an image below the test's folder."""

    def write(path: str, person: str, captured: int, faces: int = 1) -> Path:
        target = tmp_path / path
        write_image(target, pattern_image(person, captured, faces))
        return target

    return write


@pytest.fixture
def people_folder(tmp_path: Path, save_photo: Callable[..., Path]) -> Callable[..., Path]:
    """``people_folder("people", {"anna": (1, 2)})`` writes shots 1 and 2 of anna and returns the folder."""

    def write(folder: str, captures: Mapping[str, tuple[int, ...]]) -> Path:
        for person, numbers in captures.items():
            for captured in numbers:
                save_photo(f"{folder}/{person}/{captured}.png", person, captured)
        return tmp_path / folder

    return write


@pytest.fixture
def operating_point() -> Callable[..., OperatingPoint]:
    """``operating_point(target_fmr, threshold=0)``"""

    def make(target_fmr: float, threshold: int = 0) -> OperatingPoint:
        return OperatingPoint(target_fmr, threshold, target_fmr / 2, 10_000, 50, 0.1, "5a" * 32)

    return make


@pytest.fixture(scope="session")
def engine() -> Iterator[FaceEngine]:
    with FaceEngine.default() as opened:
        yield opened
