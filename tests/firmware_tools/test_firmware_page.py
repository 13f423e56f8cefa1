"""Every firmware command of docs/firmware.md runs, in the order of the page, but for those that need a port."""

import os
import re
import shlex
from pathlib import Path

import pytest

from edge_siamese import FaceEngine
from edge_siamese.cli.main import main
from edge_siamese.image_io import write_image
from edge_siamese.models import named_model
from edge_siamese.rendering import View, render_portrait

from .emulated import PEOPLE, gallery_of

PAGE = Path(__file__).parents[2] / "docs" / "firmware.md"
_NEED_HARDWARE = ("--port", "firmware merge", "check esp ", "/mnt/card", "gallery build")


def commands() -> list[str]:
    """The commands of the page that can run here."""
    found: list[str] = re.findall(r"^\$ edge-siamese (firmware .+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [command for command in found if not any(words in command for words in _NEED_HARDWARE)]


def test_the_page_has_commands() -> None:
    assert len(commands()) > 15


@pytest.mark.skipif(
    "EDGE_SIAMESE_ALL_BOARDS" not in os.environ, reason="EDGE_SIAMESE_ALL_BOARDS is not set: takes minutes"
)
def test_every_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with FaceEngine.open(named_model("embedder-small"), named_model("detector-small"), delegate="reference") as engine:
        gallery_of(engine).save(tmp_path / "family.esg")
    write_image(tmp_path / "photo.jpg", render_portrait(PEOPLE[0], View()).image)
    for command in commands():
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(command))
        assert not ended.value.code, command
