"""Setting up says what is missing in one sentence, and leaves nothing half done."""

from pathlib import Path

import pytest

from edge_siamese.arm_cost import CORES
from edge_siamese.errors import EdgeSiameseError, RuntimeMissingError
from edge_siamese_benchmarks.arm import rig_setup
from edge_siamese_benchmarks.arm.cpuinfo import cpuinfo
from edge_siamese_benchmarks.arm.rig import Rig, RigManifest
from edge_siamese_benchmarks.arm.rig_setup import check_qemu_version, failure_line, set_up


def _silent(step: str) -> None:
    """Say nothing."""


@pytest.mark.parametrize("tool", ["gcc", "apt-get", "dpkg-deb"])
def test_a_missing_tool_names_its_package(tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig_setup.shutil, "which", lambda name: None if name == tool else f"/usr/bin/{name}")
    package = {"gcc": "gcc libc6-dev", "apt-get": "apt", "dpkg-deb": "dpkg"}[tool]
    with pytest.raises(RuntimeMissingError, match=f"^{tool} is needed .*: apt-get install {package}$") as caught:
        set_up(_silent, tmp_path / "rig")
    assert caught.value.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def _tools(folder: Path, **programs: str) -> None:
    folder.mkdir()
    for name, program in programs.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{program}\n")
        path.chmod(0o755)


def test_a_qemu_that_cannot_be_downloaded_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tools(
        tmp_path / "bin",
        gcc="exit 0",
        dpkg_deb="exit 0",
        dpkg="echo amd64",
        apt_get="echo 'E: no network' >&2; exit 100",
    )
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(RuntimeMissingError, match=r"apt-get install qemu-user \(.*E: no network") as caught:
        set_up(_silent, tmp_path / "rig")
    assert "\n" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"], "nothing half done is left"


@pytest.mark.parametrize(
    ("shown", "version"),
    [
        ("qemu-aarch64 version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright", "7.2.22"),
        ("qemu-aarch64 version 8.2.2 (Debian 1:8.2.2+ds-0ubuntu1)", "8.2.2"),
        ("qemu-aarch64 version 8.0", "8.0"),
    ],
)
def test_qemu_with_the_counters_interface_is_taken(shown: str, version: str) -> None:
    assert check_qemu_version(shown) == version


@pytest.mark.parametrize("shown", ["qemu-aarch64 version 10.0.2", "qemu-aarch64 version 6.2.0", "", "nonsense"])
def test_another_qemu_is_rejected_with_what_was_found(shown: str) -> None:
    with pytest.raises(RuntimeMissingError, match=r"expected version 7\.2 to 8\.2.*found (qemu|nothing|nonsense)"):
        check_qemu_version(shown)


def test_the_line_that_says_why() -> None:
    assert failure_line("W: old\nE: no such package\nE: more") == "E: no such package"
    assert failure_line("counter.c:1:2: error: expected ;\n1 error") == "counter.c:1:2: error: expected ;"
    assert failure_line("one\ntwo\n") == "two"
    assert failure_line("") == ""


def test_a_folder_with_something_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(EdgeSiameseError, match="expected an Arm rig or an empty folder"):
        set_up(_silent, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_rig_that_is_there_is_not_made_again(tmp_path: Path, manifest: RigManifest) -> None:
    manifest.write(tmp_path)
    steps: list[str] = []
    assert set_up(steps.append, tmp_path) == Rig(tmp_path, manifest)
    assert steps == []


def _finish(manifest: RigManifest, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(work: Path, tell: object) -> None:
        (work / "made").touch()
        manifest.write(work)

    monkeypatch.setattr(rig_setup, "_check_tools", lambda: None)
    monkeypatch.setattr(rig_setup, "_build", build)


def test_an_older_rig_is_replaced(tmp_path: Path, manifest: RigManifest, monkeypatch: pytest.MonkeyPatch) -> None:
    _finish(manifest, monkeypatch)
    folder = tmp_path / "rig"
    folder.mkdir()
    (folder / "rig.json").write_text("{}")
    set_up(_silent, folder)
    assert (folder / "made").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["rig"]


def test_a_failure_leaves_the_older_rig(tmp_path: Path, manifest: RigManifest, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(work: Path, tell: object) -> None:
        raise RuntimeMissingError("no network")

    _finish(manifest, monkeypatch)
    monkeypatch.setattr(rig_setup, "_build", fail)
    folder = tmp_path / "rig"
    folder.mkdir()
    (folder / "rig.json").write_text("{}")
    with pytest.raises(RuntimeMissingError, match="no network"):
        set_up(_silent, folder)
    assert [path.name for path in folder.iterdir()] == ["rig.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["rig"]


def test_every_core_gets_its_own_cpuinfo_and_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root/program").write_text("x")
    for core in CORES.values():
        rig_setup._make_root(tmp_path / "root", tmp_path / core.name, core)
        assert (tmp_path / core.name / "proc/cpuinfo").read_text() == cpuinfo(core)
        assert (tmp_path / core.name / "program").samefile(tmp_path / "root/program")
