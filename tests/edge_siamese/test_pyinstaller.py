import configparser
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from edge_siamese.__pyinstaller import get_hook_dirs
from edge_siamese.rendering import Person, View, render_portrait

APPLICATION = """
import sys
from edge_siamese import FaceEngine, read_image

with FaceEngine.default() as engine:
    print("faces:", len(engine.analyze(read_image(sys.argv[1]))))
"""


def test_pyinstaller_finds_the_hook() -> None:
    settings = configparser.ConfigParser()
    settings.read(Path(__file__).parents[2] / "setup.cfg")
    stated = settings["options.entry_points"]["pyinstaller40"]
    assert stated.strip() == f"hook-dirs = {get_hook_dirs.__module__}:{get_hook_dirs.__name__}"
    (folder,) = get_hook_dirs()
    assert [path.name for path in Path(folder).glob("hook-*.py")] == ["hook-edge_siamese.py"]


@pytest.mark.slow
def test_an_application_of_pyinstaller_finds_models_and_runtime(tmp_path: Path) -> None:
    pytest.importorskip("PyInstaller", reason="needs PyInstaller (pip install pyinstaller)")
    portrait = render_portrait(Person.from_seed(5), View(), size=(160, 160), face_height=90, background_seed=5).image
    cv2.imwrite(str(tmp_path / "photo.png"), cv2.cvtColor(portrait, cv2.COLOR_RGB2BGR))
    (tmp_path / "app.py").write_text(APPLICATION)
    build = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", "app.py"]
    done = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = subprocess.run(
        [tmp_path / "dist" / "app" / "app", "photo.png"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stdout) == (0, "faces: 1\n"), answer.stderr
