"""The script that installs what tests run: it knows every such program, and never fails."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge_siamese_firmware.emulation.qemu import missing_tools

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / ".ci" / "test-tools"
# Part of any machine that builds this project, or Python packages that want an environment of their own.
ELSEWHERE = {"make", "true", "onnx2tf", "vela"}
# One of these is enough.
ALTERNATIVES = {"chromium-browser": "chromium", "google-chrome": "chromium", "cc": "gcc"}


def known_programs() -> set[str]:
    text = SCRIPT.read_text().partition('TOOLS="')[2].partition('"')[0]
    return {line.split()[0] for line in text.splitlines() if line.strip()}


def test_every_program_that_tests_look_for_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    looked_for = set(missing_tools().split(", "))
    for path in (ROOT / "tests").rglob("*.py"):
        source = path.read_text()
        looked_for |= set(re.findall(r'\bwhich\("([\w.-]+)"\)', source))
        for names in re.findall(r"map\(shutil\.which, \(([^)]*)\)", source):
            looked_for |= set(re.findall(r'"([\w.-]+)"', names))
    looked_for -= ELSEWHERE | {"arm-none-eabi-size"}  # comes with the compiler
    known = known_programs()
    assert {name for name in looked_for if not {name, ALTERNATIVES.get(name, name)} & known} == set()


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs: what the script itself calls, root, and no program of its table."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "env", "grep", "mktemp", "rm", "timeout", "touch", "chmod"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    write(folder / "id", "echo 0")
    return folder


def write(path: Path, body: str) -> None:
    path.write_text(f"#!/usr/bin/env bash\n{body}\n")
    path.chmod(0o755)


def run(folder: Path) -> str:
    ended = subprocess.run(
        [folder / "bash", SCRIPT], env={"PATH": str(folder)}, capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


def test_without_apt_get_the_missing_programs_and_their_packages_are_named(bare: Path) -> None:
    said = run(bare)
    assert all(name in said for name in known_programs())
    assert "there is no apt-get" in said
    assert "apt-get install gcc-aarch64-linux-gnu" in said


def test_who_is_not_root_gets_a_sentence(bare: Path) -> None:
    write(bare / "id", "echo 1000")
    write(bare / "apt-get", "exit 1")
    assert "that takes root" in run(bare)


def test_an_index_that_cannot_be_reached_is_one_sentence(bare: Path) -> None:
    write(bare / "apt-get", "echo 'E: Failed to fetch http://example.org/x' >&2; exit 100")
    said = run(bare)
    assert said.splitlines()[-1].startswith("Not installed: aarch64-linux-gnu-gcc")
    assert "E: Failed to fetch" in said


def test_one_package_that_the_index_lacks_does_not_cost_the_others(bare: Path) -> None:
    write(
        bare / "apt-get",
        'for word; do if [ "$word" = clang ]; then echo "E: Unable to locate package clang" >&2; exit 100; fi; done\n'
        f'case "${{@: -1}}" in gcc) touch {bare}/gcc; chmod +x {bare}/gcc;; esac',
    )
    last = run(bare).splitlines()[-1]
    named = last.partition("(")[0]
    assert "clang" in named
    assert " gcc " not in named
    assert "Unable to locate package clang" in last


def test_what_is_there_is_left_alone(bare: Path) -> None:
    for name in known_programs():
        write(bare / name, "")
    write(bare / "apt-get", f"touch {bare}/called")
    assert run(bare) == "Every program that tests run is installed.\n"
    assert not (bare / "called").exists()
