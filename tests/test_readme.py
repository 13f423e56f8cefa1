"""What the README shows works as it stands there."""

import re
from pathlib import Path

import cv2
import pytest

from edge_siamese.cli.main import COMMANDS, root
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_portrait

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
PEOPLE = {"Anna": DEMO_SEEDS[0], "Bela": DEMO_SEEDS[1], "Carla": DEMO_SEEDS[2]}


def blocks(language: str) -> list[str]:
    """Fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def photo(path: Path, seed: int, view: View) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = render_portrait(Person.from_seed(seed), view).image
    assert cv2.imwrite(str(path), image[..., ::-1])


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a gallery of rendered people and another image of the first of them."""
    monkeypatch.chdir(tmp_path)
    for name, seed in PEOPLE.items():
        for number, yaw in enumerate((-10.0, 0.0, 10.0)):
            photo(tmp_path / "people" / name / f"{number}.png", seed, View(yaw=yaw))
    photo(tmp_path / "visitor.jpg", PEOPLE["Anna"], View(yaw=5.0, smile=0.4))
    root(["gallery", "build", "people", "-o", "family.esg"], standalone_mode=False)


@pytest.mark.usefixtures("family")
def test_the_python_example_names_the_visitor(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = blocks("python")
    assert len(example.splitlines()) <= 10
    capsys.readouterr()
    exec(compile(example, "README.md", "exec"), {})
    (line,) = capsys.readouterr().out.splitlines()
    outcome, name, score = line.split()
    assert (outcome, name) == ("match", "Anna")
    assert 0 < float(score) <= 1


def test_every_command_line_names_a_command_that_exists() -> None:
    lines = [line for block in blocks("console") for line in block.splitlines()]
    named = [line.split()[2] for line in lines if line.startswith("$ edge-siamese ")]
    assert len(named) > 5
    assert set(named) <= set(COMMANDS)


def test_every_file_it_links_to_exists() -> None:
    linked = re.findall(r"\]\((?!https?://)([^)#]+)", README)
    assert [name for name in linked if not (Path(__file__).parents[1] / name).exists()] == []
