"""What is built is what is in the tree, and what is installed is as small as promised."""

import configparser
import json
import re
import shutil
import subprocess
import sys
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

import edge_siamese
from edge_siamese.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
FOLDERS = {
    "edge_siamese": "edge_siamese",
    "edge_siamese_converter": "converter",
    "edge_siamese_firmware": "firmware_tools",
    "edge_siamese_benchmarks": "benchmarks",
}
HEAVY = {"tensorflow", "keras", "flatbuffers", "torch", "rich", "intelhex", "picamera2", "jinja2", "matplotlib"}


def settings() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def printed_by(code: str, *arguments: str, folder: Path | None = None) -> str:
    """Run Python code in a process of its own and return what it prints."""
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=folder, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of a copy of the tree, so that building leaves nothing behind."""
    copy, target = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for folder in FOLDERS.values():
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    code = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    printed_by(code, str(target), folder=copy)
    (built,) = target.glob("*.whl")
    return zipfile.ZipFile(built)


@pytest.fixture(scope="session")
def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return message_from_string(wheel.read(name).decode())


def test_the_wheel_holds_the_trees_files_and_no_others(wheel: zipfile.ZipFile) -> None:
    expected = {
        f"{package}/{path.relative_to(ROOT / folder)}"
        for package, folder in FOLDERS.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == expected


def test_every_package_says_that_it_is_typed(wheel: zipfile.ZipFile) -> None:
    assert {f"{package}/py.typed" for package in FOLDERS} <= set(wheel.namelist())


def test_the_versions_agree(metadata: Message) -> None:
    assert metadata["Version"] == edge_siamese.__version__
    newest = re.search(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == edge_siamese.__version__


def test_a_bare_install_has_four_dependencies_and_a_runtime_for_every_machine(metadata: Message) -> None:
    bare = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    names = {re.split(r"[<>=]", line)[0] for line in bare}
    assert names == {"numpy", "click", "opencv-python-headless", "ai-edge-litert", "tflite-runtime"}
    runtimes = {line.split("; ")[0]: line for line in bare if "lite" in line}
    assert all("platform_machine" in line for line in runtimes.values()), "exactly one runtime on each machine"


def test_every_extra_a_command_suggests_exists() -> None:
    extras = set(settings()["options.extras_require"])
    assert {entry.extra for entry in COMMANDS.values() if entry.extra} <= extras


def test_help_imports_nothing_that_takes_long() -> None:
    code = """
import sys
from edge_siamese.cli.main import main
try:
    main(["--help"])
except SystemExit as end:
    assert not end.code
sys.stdout.flush()
print()
print("heavy", sorted({"numpy", "cv2", "tensorflow", "ai_edge_litert"} & set(sys.modules)))
"""
    text = printed_by(code)
    assert "Usage: edge-siamese" in text
    assert text.splitlines()[-1] == "heavy []"


def test_no_module_of_the_device_imports_what_only_an_extra_installs() -> None:
    code = """
import importlib, json, pkgutil, sys
import edge_siamese
names = [module.name for module in pkgutil.walk_packages(edge_siamese.__path__, "edge_siamese.")]
names = [name for name in names if "hook-" not in name]  # PyInstaller's, which is there only while it runs it
for name in names:
    importlib.import_module(name)
print(json.dumps([names, sorted({name.split(".")[0] for name in sys.modules})]))
"""
    names, loaded = json.loads(printed_by(code))
    assert len(names) > 20
    assert not (HEAVY | set(FOLDERS) - {"edge_siamese"}) & set(loaded)
