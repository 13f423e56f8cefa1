"""``docs/formats.md`` says what the code does: its generated parts are made again and compared."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from edge_siamese.gallery.container.reader import parse

PAGE = Path(__file__).parents[4] / "docs" / "formats.md"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("write_formats", PAGE.with_name("write_formats.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_says_what_the_code_does(generator: ModuleType) -> None:
    text = PAGE.read_text("utf-8")
    assert generator.written(text) == text, "run python docs/write_formats.py"


def test_a_page_without_the_place_of_a_part_is_rejected(generator: ModuleType) -> None:
    with pytest.raises(ValueError, match="expected <!-- begin header -->"):
        generator.written("# Formats")


def test_the_bytes_on_the_page_are_a_gallery() -> None:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.endswith("|") and line[:8].isalnum()]
    gallery = parse(b"".join(bytes.fromhex(line[10:59]) for line in lines), "the page")
    assert gallery.names == ("Anna", "Ben")
    assert gallery.operating_points[0].threshold_q15 == 16384
