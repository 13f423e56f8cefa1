"""The systemd service: unit, install into an image with systemd's own programs, rating of its hardening."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge_siamese.cli.main import main
from edge_siamese.configuration import read_file
from edge_siamese.errors import DataError, EdgeSiameseError
from edge_siamese.system import service
from edge_siamese.system.service import ServiceFiles, unit_text

PROGRAM = Path("/opt/edge-siamese/bin/edge-siamese")


def settings(text: str) -> dict[str, list[str]]:
    """Values of each key of a unit."""
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        found.setdefault(key, []).append(value)
    return found


def test_the_unit_starts_the_program_watches_it_and_gives_it_a_user_of_its_own() -> None:
    found = settings(unit_text(PROGRAM))
    assert found["ExecStart"] == ["/opt/edge-siamese/bin/edge-siamese run"]
    assert found["Type"] == ["notify"]
    assert (found["WatchdogSec"], found["Restart"], found["User"]) == (["60"], ["always"], ["edge-siamese"])
    assert "EDGE_SIAMESE_CONFIG=/etc/edge-siamese/edge-siamese.toml" in found["Environment"][0]
    assert found["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert (found["NoNewPrivileges"], found["CapabilityBoundingSet"]) == (["yes"], [""])


def test_a_program_in_a_home_folder_stays_readable_and_odd_paths_are_quoted() -> None:
    assert settings(unit_text(PROGRAM))["ProtectHome"] == ["yes"]
    found = settings(unit_text(Path("/home/pi/my env/100%/edge-siamese")))
    assert found["ProtectHome"] == ["read-only"]
    assert found["ExecStart"] == ['"/home/pi/my env/100%%/edge-siamese" run']


def test_only_groups_that_exist_are_used(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/group").write_text("root:x:0:\nvideo:x:44:pi\ngpio:x:997:\n")
    assert service.existing_groups(tmp_path) == ["video", "gpio"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_rates_the_hardening_ok(tmp_path: Path) -> None:
    unit = tmp_path / "edge-siamese.service"
    unit.write_text(unit_text(PROGRAM))
    ended = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=30", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-2000:]
    rating = re.search(r"exposure level for edge-siamese.service: ([\d.]+) (\w+)", ended.stdout)
    assert rating is not None
    assert float(rating[1]) <= 3.0
    assert rating[2] == "OK"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_no_mistake_in_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "edge-siamese.service"
    unit.write_text(unit_text(Path("/bin/true")))
    ended = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert [line for line in ended.stderr.splitlines() if unit.name in line] == []


class Programs:
    """Notes the programs of systemd that are run, and answers with a text."""

    def __init__(self, answer: str = "") -> None:
        self.ran: list[list[str]] = []
        self.answer = answer

    def __call__(self, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        self.ran.append(list(words))
        return subprocess.CompletedProcess(list(words), 0, self.answer, "")


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd is not installed")
def test_an_image_gets_the_service_with_systemds_own_programs(tmp_path: Path) -> None:
    files = ServiceFiles(tmp_path)
    written = service.install(files, camera='rtsp://10.0.0.2/"door"', program=PROGRAM)
    assert written == [files.unit, files.user, files.configuration]
    assert read_file(files.configuration).tables["run"]["camera"] == 'rtsp://10.0.0.2/"door"'
    assert (tmp_path / "etc/systemd/system/multi-user.target.wants/edge-siamese.service").is_symlink()
    assert "edge-siamese:" in (tmp_path / "etc/passwd").read_text()
    assert service.uninstall(files) == [files.unit, files.user]
    assert files.configuration.exists()
    assert not (tmp_path / "etc/systemd/system/multi-user.target.wants/edge-siamese.service").is_symlink()


def test_a_configuration_that_is_there_is_kept(tmp_path: Path) -> None:
    files, run = ServiceFiles(tmp_path), Programs()
    service.install(files, program=PROGRAM, run=run)
    files.configuration.write_text("[run]\ncamera = 1\n")
    assert service.install(files, program=PROGRAM, run=run) == [files.unit, files.user]
    assert files.configuration.read_text() == "[run]\ncamera = 1\n"
    assert [words[0] for words in run.ran] == ["systemd-sysusers", "systemctl"] * 2


def test_the_new_configuration_passes_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = ServiceFiles(tmp_path)
    service.install(files, program=PROGRAM, run=Programs())
    monkeypatch.setenv("EDGE_SIAMESE_CONFIG", str(files.configuration))
    with pytest.raises(SystemExit) as ended:
        main(["config", "check"])
    assert not ended.value.code


def test_a_program_that_the_services_user_cannot_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = tmp_path / "closed"
    (closed / "bin").mkdir(parents=True)
    (closed / "bin/edge-siamese").touch(0o755)
    monkeypatch.setattr("sys.executable", str(closed / "bin/python"))
    closed.chmod(0o700)
    with pytest.raises(DataError, match=r"other users may not read it.*/opt/edge-siamese"):
        service.installed_program()


def test_the_state_is_what_systemd_tells() -> None:
    answer = "LoadState=loaded\nActiveState=active\nSubState=running\nNRestarts=3\nStatusText=watching 0: a=b\n"
    found = service.status(run=Programs(answer))
    assert (found["ActiveState"], found["NRestarts"], found["StatusText"]) == ("active", "3", "watching 0: a=b")
    with pytest.raises(EdgeSiameseError, match="not installed: sudo edge-siamese service install"):
        service.status(run=Programs("LoadState=not-found\nActiveState=inactive\n"))


def test_what_is_not_installed_cannot_be_removed(tmp_path: Path) -> None:
    with pytest.raises(EdgeSiameseError, match="the service is not installed"):
        service.uninstall(ServiceFiles(tmp_path), run=Programs())


def test_a_system_without_systemd_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    for command in ("status", "logs"):
        with pytest.raises(SystemExit) as ended:
            main(["service", command, "--json"])
        assert ended.value.code == 1
        assert "not found; the service needs a system with systemd" in json.loads(capsys.readouterr().out)["error"]
