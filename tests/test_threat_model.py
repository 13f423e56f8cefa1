"""Every row of the threat model names tests that exist, or says that there are none."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "threat-model.md"
NAME = re.compile(r"`([\w/]+\.py)::(\w+|\*)`")


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if not line.startswith("| threat")
    ]


@cache
def files(name: str) -> list[Path]:
    """The test files with a name; the name may have folders in front."""
    return [path for path in (ROOT / "tests").rglob(Path(name).name) if path.as_posix().endswith("/" + name)]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_the_tests_of_a_threat_exist(row: list[str]) -> None:
    assert len(row) == 3
    found = NAME.findall(row[2])
    assert found or row[2] == "none"
    for name, test in found:
        paths = files(name)
        assert paths, name
        assert test == "*" or any(f"def {test}(" in path.read_text("utf-8") for path in paths), f"{name}::{test}"


def test_the_page_has_rows() -> None:
    assert len(rows()) > 20
