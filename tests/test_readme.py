"""What the README shows works as it stands there: every block is executed."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_siamese.cli.main import COMMANDS
from edge_siamese.demo.scenario import render_dataset, render_scenario

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ACTIVATION = ". .venv/bin/activate"


def blocks(language: str) -> list[str]:
    """Fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[tuple[str, list[str]]]:
    """Commands of a block, without comments, and the lines shown as the output of each."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:].split("    #")[0].strip(), []))
        else:
            found[-1][1].append(line)
    return found


def shape(line: str) -> str:
    """A line without what differs from run to run and from machine to machine: numbers and widths of columns."""
    return re.sub(r"\s+", " ", re.sub(r"[-+]?\d[\d,.:]*", "#", line)).strip()


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that `edge-siamese demo` leaves, in a folder of that name, and a gallery of the people."""
    folder = tmp_path_factory.mktemp("clone") / "demo-report"
    render_scenario(folder)
    render_dataset(folder / "dataset")
    done = run("edge-siamese gallery build people -o family.esg", folder)
    assert done.returncode == 0, done.stderr
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command line of the README as it stands there; ``edge-siamese`` is this environment's."""
    words = command.split()
    assert words[0] == "edge-siamese"
    return subprocess.run(
        [sys.executable, "-m", "edge_siamese", *words[1:]],
        cwd=folder, capture_output=True, text=True, timeout=900, check=False, env={**os.environ, "COLUMNS": "120"},
    )  # fmt: skip


RUNNABLE = [
    (command, shown)
    for block in blocks("console")
    for command, shown in commands(block)
    if command.startswith("edge-siamese ") and command != "edge-siamese demo"
]


@pytest.mark.parametrize(("command", "shown"), RUNNABLE, ids=[command for command, _ in RUNNABLE])
def test_every_command_prints_what_is_shown(command: str, shown: list[str], demo_folder: Path) -> None:
    entry = COMMANDS[command.split()[1]]
    for package in entry.needs:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"the command needs {package}")
    if "firmware" in command and importlib.util.find_spec("intelhex") is None:
        pytest.skip("the command needs intelhex")
    if "run/embedder.tflite" in command and not (demo_folder / "run" / "embedder.tflite").exists():
        pytest.skip("the training before it was skipped")
    done = run(command, demo_folder)
    assert done.returncode == 0, done.stderr
    printed = iter([shape(line) for line in done.stdout.splitlines()])
    of_this_machine = ("doctor", "pipeline")
    for line in shown:
        if line != "..." and not any(word in command for word in of_this_machine):
            assert shape(line) in printed, f"not printed, or in another order: {line}"
    if any(word in command for word in of_this_machine):
        names = {line.split()[0] for line in done.stdout.splitlines() if line.strip()}
        assert names & {line.split()[0] for line in shown if line.strip()}


def test_the_python_example_names_the_visitor(
    demo_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = blocks("python")
    assert len(example.splitlines()) <= 10
    monkeypatch.chdir(demo_folder)
    exec(compile(example, "README.md", "exec"), {})
    (line,) = capsys.readouterr().out.splitlines()
    outcome, name, score = line.split()
    assert (outcome, name) == ("match", "Ada")
    assert 0 < float(score) <= 1


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_every_make_target_exists() -> None:
    lines = [command for block in blocks("console") for command, _ in commands(block) if command.startswith("make ")]
    lines += re.findall(r"`(make [^`]+)`", README)
    assert len(lines) > 3
    for line in lines:
        done = subprocess.run(["make", "-n", *line.split()[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{line}: {done.stderr}"


def test_every_other_command_is_known() -> None:
    found = [command for block in blocks("console") for command, _ in commands(block)]
    other = {command for command in found if not command.startswith(("edge-siamese ", "make "))}
    assert other == {ACTIVATION, "cd demo-report"}
    named = re.findall(r"`edge-siamese ([a-z-]+)", README)
    assert set(named) <= set(COMMANDS)


def test_no_advice_is_to_install_outside_of_a_virtual_environment() -> None:
    texts = [README, *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))]
    assert [line for text in texts for line in text.splitlines() if re.match(r"^\$ (sudo )?pip3? install", line)] == []


def test_every_file_it_links_to_exists() -> None:
    linked = re.findall(r"\]\((?!https?://)([^)#]+)", README)
    assert [name for name in linked if not (ROOT / name).exists()] == []
