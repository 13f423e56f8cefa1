"""The device's tests are run on the arm64 Python, which its child programs use too."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge_siamese.arm_cost import CORES, ArmCore
from edge_siamese.errors import DataError
from edge_siamese_benchmarks.arm import device_tests
from edge_siamese_benchmarks.arm.rig import Rig, RigManifest


class _Recorder(Rig):
    calls: list[tuple[list[str], dict[str, str], str, Path]] = []  # noqa: RUF012

    def run(
        self, core: ArmCore, arguments: Sequence[str], environment: Mapping[str, str] | None = None, **options: Any
    ) -> "subprocess.CompletedProcess[str]":
        script = Path((environment or {})["EDGE_SIAMESE_ARM_PYTHON"])
        assert os.access(script, os.X_OK)
        assert (script.parent / "edge_siamese_firmware").is_symlink()
        self.calls.append((list(arguments), dict(environment or {}), script.read_text(), options["cwd"]))
        return subprocess.CompletedProcess([], 5)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tests/edge_siamese").mkdir(parents=True)
    (tmp_path / "tests/edge_siamese/test_one.py").touch()
    return tmp_path


def _run(tree: Path, manifest: RigManifest, *arguments: str) -> tuple[list[str], dict[str, str], str, Path]:
    _Recorder.calls.clear()
    rig = _Recorder(tree / "rig", manifest)
    assert device_tests.run_device_tests(rig, CORES["a53"], arguments, tree) == 5
    return _Recorder.calls[0]


def test_all_of_the_devices_tests_by_default(tree: Path, manifest: RigManifest) -> None:
    arguments, environment, script, folder = _run(tree, manifest, "-m", "not data")
    assert arguments[:2] == ["-m", "pytest"]
    assert arguments[-3:] == ["-m", "not data", "tests/edge_siamese"]
    assert folder == tree
    assert script.startswith("#!/bin/sh\nexec ")
    assert script.endswith('"$@"\n')
    assert "cortex-a53" in script
    assert f"PYTHONPATH={environment['PYTHONPATH']}" in script


def test_named_tests_instead(tree: Path, manifest: RigManifest) -> None:
    arguments = _run(tree, manifest, "tests/edge_siamese/test_one.py::test_it")[0]
    assert arguments[-1] == "tests/edge_siamese/test_one.py::test_it"


def test_those_of_the_abi_exist_and_take_few_examples(
    monkeypatch: pytest.MonkeyPatch, manifest: RigManifest, tmp_path: Path
) -> None:
    root = Path(__file__).parents[3]
    assert [name for name in device_tests.ABI_TESTS if not (root / name).exists()] == []
    for name in (*device_tests.NOT_EMULATED, device_tests._HUNDREDS_OF_IMAGES):
        file, _, test = name.partition("::TestSharing::")
        assert f"def {test}(" in (root / file).read_text()
    _Recorder.calls.clear()
    monkeypatch.setattr(Rig, "open", lambda: _Recorder(tmp_path / "rig", manifest))
    monkeypatch.chdir(root)
    assert device_tests.main(["--core", "a76", "--abi", "-q"]) == 5
    ((arguments, environment, script, _),) = _Recorder.calls
    assert set(device_tests.ABI_TESTS) <= set(arguments)
    assert arguments[-1] == "-q"
    assert environment["HYPOTHESIS_PROFILE"] == "few"
    assert "cortex-a76" in script


def test_another_folder_is_rejected(tmp_path: Path, manifest: RigManifest) -> None:
    with pytest.raises(DataError, match="expected a tree with tests/edge_siamese"):
        device_tests.run_device_tests(Rig(tmp_path, manifest), CORES["a72"], [], tmp_path)


def test_errors_are_sentences(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EDGE_SIAMESE_ARM_RIG", str(tmp_path))
    assert device_tests.main([]) == 1
    assert "no Arm rig there" in capsys.readouterr().err
    assert device_tests.main(["--core", "a99"]) in {1, 2}
