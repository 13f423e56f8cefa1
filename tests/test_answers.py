"""The page of answers names tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/answers.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"\[`(\w+)`\]\(\.\./([\w/]+\.py)\)", PAGE)))


@cache
def defined_in(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("name", "file"), NAMED)
def test_a_test_that_is_named_exists(name: str, file: str) -> None:
    path = ROOT / file
    assert path.is_file()
    assert name in defined_in(path)


def test_every_complaint_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| complaint")]
    assert len(rows) > 30
    assert [row for row in rows if not re.search(r"\[`test_\w+`\]\(", row)] == []
