"""The examples in the docstrings of the device package run and print what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

import edge_siamese

ROOT = Path(edge_siamese.__file__).parents[1]
WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "edge_siamese").rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_the_modules_that_people_start_from_have_examples() -> None:
    start = {"edge_siamese", "edge_siamese.engine", "edge_siamese.gallery.gallery", "edge_siamese.verifier"}
    assert start <= set(WITH_EXAMPLES)
