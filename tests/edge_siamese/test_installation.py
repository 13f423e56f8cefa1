"""Installation advice: the pip command of the running environment."""

import sys
from pathlib import Path

import pytest

from edge_siamese.installation import install_command, pip_command


def test_a_virtual_environment_below_the_current_folder_is_named_relatively(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert install_command("edge-siamese[web]") == ".venv/bin/python -m pip install 'edge-siamese[web]'"


def test_a_virtual_environment_elsewhere_is_named_whole_and_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "prefix", "/opt/my door/venv")
    monkeypatch.setattr(sys, "executable", "/opt/my door/venv/bin/python")
    assert pip_command("uninstall numpy") == "'/opt/my door/venv/bin/python' -m pip uninstall numpy"


def test_outside_a_virtual_environment_one_is_made_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    command = install_command("numpy<2", "opencv-python-headless==4.11.0.86")
    assert command == (
        "python3 -m venv .venv && .venv/bin/python -m pip install 'numpy<2' opencv-python-headless==4.11.0.86"
    )
