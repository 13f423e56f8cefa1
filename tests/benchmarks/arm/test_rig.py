"""The rig lies in a cache folder, knows its version and builds QEMU's command."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge_siamese.arm_cost import CORES
from edge_siamese.errors import RuntimeMissingError
from edge_siamese_benchmarks.arm.rig import MANIFEST, Rig, RigManifest, device_path, rig_folder, rig_version


def test_the_environment_names_the_folder() -> None:
    assert rig_folder({"EDGE_SIAMESE_ARM_RIG": "/somewhere/rig"}) == Path("/somewhere/rig")
    assert rig_folder({"XDG_CACHE_HOME": "/cache"}) == Path(f"/cache/edge-siamese/arm-{rig_version()}")


@pytest.mark.parametrize("environment", [{}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "relative"}])
def test_without_one_it_is_in_the_users_cache(environment: dict[str, str]) -> None:
    assert rig_folder(environment) == Path.home() / ".cache/edge-siamese" / f"arm-{rig_version()}"


def test_a_manifest_is_read_back(tmp_path: Path, manifest: RigManifest) -> None:
    manifest.write(tmp_path)
    assert Rig.open(tmp_path) == Rig(tmp_path, manifest)


def test_an_absent_rig_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(
        RuntimeMissingError, match=r"no Arm rig there; set one up with `edge-siamese bench arm --setup`"
    ):
        Rig.open(tmp_path / "none")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1}', "\x00"])
def test_a_damaged_manifest_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(RuntimeMissingError, match="damaged"):
        Rig.open(tmp_path)


def test_a_rig_of_another_version_is_rejected_with_both(tmp_path: Path, manifest: RigManifest) -> None:
    replace(manifest, version="older").write(tmp_path)
    with pytest.raises(RuntimeMissingError, match=f"version {rig_version()}, found older"):
        Rig.open(tmp_path)


def test_the_command_emulates_the_core_and_counts_on_request(tmp_path: Path, manifest: RigManifest) -> None:
    rig = Rig(tmp_path, manifest)
    command = rig.command(CORES["a76"], ["guest.py"], {"A": "1"}, count=True)
    assert command[0] == str(tmp_path / "qemu/usr/bin/qemu-aarch64")
    assert command[command.index("-cpu") + 1] == "cortex-a76"
    assert command[command.index("-L") + 1] == str(tmp_path / "root-a76")
    assert command[command.index("-plugin") + 1] == str(tmp_path / "counter.so")
    assert {"A=1", "PYTHONHASHSEED=0"} <= set(command)
    assert command[-2:] == [str(tmp_path / "root-a76/usr/bin/python3.11"), "guest.py"]
    assert "-plugin" not in rig.command(CORES["a76"], [], {}, count=False)


def test_an_installed_qemu_keeps_its_own_path(tmp_path: Path, manifest: RigManifest) -> None:
    rig = Rig(tmp_path, replace(manifest, qemu="/usr/bin/qemu-aarch64", libraries=[]))
    assert rig.command(CORES["a72"], [], {}, count=False)[0] == "/usr/bin/qemu-aarch64"


def test_qemu_gets_its_libraries_and_none_of_pythons_variables(
    tmp_path: Path, manifest: RigManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/host")
    environment = Rig(tmp_path, manifest).host_environment(tmp_path / "counts")
    assert environment["LD_LIBRARY_PATH"] == str(tmp_path / "qemu/lib")
    assert environment["INSTRUCTION_COUNTS"] == str(tmp_path / "counts")
    assert "PYTHONPATH" not in environment


def test_the_guest_sees_the_device_package_alone() -> None:
    with device_path() as path:
        assert [entry.name for entry in path.iterdir()] == ["edge_siamese"]
        assert (path / "edge_siamese/errors.py").is_file()
    assert not path.exists()


def test_the_manifest_is_plain_json(tmp_path: Path, manifest: RigManifest) -> None:
    manifest.write(tmp_path)
    assert json.loads((tmp_path / MANIFEST).read_text())["python"] == "python3.11"
