"""The examples on the page "From Python" run as they stand there, one after the other."""

import re
from pathlib import Path

import pytest

from edge_siamese import __all__ as exported
from edge_siamese.image_io import write_image
from edge_siamese.rendering import DEMO_SEEDS, Person, View, render_background, render_portrait

PAGE = (Path(__file__).parents[1] / "docs" / "python.md").read_text(encoding="utf-8")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that the page names, in the current folder."""
    monkeypatch.chdir(tmp_path)
    anna = Person.from_seed(DEMO_SEEDS[0])
    for name, yaw in {"anna-1": -10.0, "anna-2": 0.0, "visitor": 8.0}.items():
        write_image(Path(f"{name}.png"), render_portrait(anna, View(yaw=yaw)).image)
    write_image(Path("holiday.png"), render_background((240, 320), seed=3).astype("uint8"))


@pytest.mark.usefixtures("photos")
def test_the_examples_run_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    shared: dict[str, object] = {}
    for example in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(compile(example, "docs/python.md", "exec"), shared)
    first, face, decision, error = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"True ok 0\.\d+ 0\.001", first)
    assert "match Anna: score 0." in face
    assert decision.startswith("match ok Anna 0.")
    assert error.startswith("holiday.png: not a gallery")
    assert error.endswith("holiday.png")


def test_the_table_has_every_exported_name() -> None:
    table = "\n".join(line for line in PAGE.splitlines() if line.startswith("|"))
    named = set(re.findall(r"`(\w+)`", table))
    assert {name for name in exported if not name.endswith("Error") and name != "__version__"} <= named
