"""A Linux firmware is installed beside the one in use; whenever the power goes, one of both is whole."""

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from edge_siamese.errors import EdgeSiameseError
from edge_siamese_firmware.boards import find_board
from edge_siamese_firmware.image.install import BASE, UNIT, LinuxInstallation, plan_installation, run_installation

from ..command import run_command
from .test_program_check import write_program

_COMMANDS = ("mkdir", "readlink", "rm", "tar", "cp", "sha256sum", "sync", "mv", "ln")
pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("sh", *_COMMANDS)), reason="not installed: the commands of coreutils"
)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    (tmp_path / "card").mkdir()
    return tmp_path / "card"


def _build(folder: Path, version: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "edge-siamese-firmware").write_bytes(f"program {version}".encode())
    (folder / "gallery.bin").write_bytes(f"gallery {version}".encode())
    return folder


def _plan(folder: Path, card: Path, *parts: str) -> LinuxInstallation:
    return plan_installation(folder, find_board("pi"), parts or ("firmware", "gallery"), str(card), "/dev/serial0")


def _in_use(card: Path) -> tuple[str, str]:
    """The program and the gallery that a boot would take, whose sums must be right."""
    current = card / BASE[1:] / "current"
    for line in (current / "sums.txt").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((current / name).read_bytes()).hexdigest() == digest
    return (current / "edge-siamese-firmware").read_text(), (current / "slot_a.bin").read_text()


def test_installations_alternate_between_the_directories(card: Path, tmp_path: Path) -> None:
    for number, directory in enumerate("abab"):
        assert run_installation(_plan(_build(tmp_path / "build", str(number)), card)) == directory
        assert _in_use(card) == (f"program {number}", f"gallery {number}")
    assert (card / BASE[1:] / "current" / "edge-siamese-firmware").stat().st_mode & 0o111
    unit = (card / UNIT[1:]).read_text()
    assert "--width 320 --height 240" in unit
    assert "--skip 38400 --line /dev/serial0" in unit
    assert (card / UNIT[1:]).parent.joinpath("multi-user.target.wants", Path(UNIT).name).resolve() == card / UNIT[1:]


def test_a_part_that_is_not_given_stays(card: Path, tmp_path: Path) -> None:
    with pytest.raises(EdgeSiameseError, match="there is no firmware in use that could be kept"):
        run_installation(_plan(_build(tmp_path / "build", "1"), card, "gallery"))
    run_installation(_plan(_build(tmp_path / "build", "1"), card))
    (card / BASE[1:] / "current" / "slot_b.bin").write_text("updated over the line")
    run_installation(_plan(_build(tmp_path / "build", "2"), card, "firmware"))
    assert _in_use(card) == ("program 2", "gallery 1")
    assert (card / BASE[1:] / "current" / "slot_b.bin").read_text() == "updated over the line"
    run_installation(_plan(_build(tmp_path / "build", "3"), card, "gallery"))
    assert _in_use(card) == ("program 2", "gallery 3")


def _cutting(folder: Path, count: Path) -> None:
    """Commands that end the script at the call whose number is in `count`: before it works or behind it, by turns."""
    folder.mkdir()
    for name in _COMMANDS:
        real = shutil.which(name)
        (folder / name).write_text(
            f'#!/bin/sh\nleft=$(cat {count})\necho $((left - 1)) > {count}\n[ "$left" = 0 ] && exit 9\n'
            f'{real} "$@" || exit\n[ "$left" = 1 ] && [ -e {count}.behind ] && exit 9\nexit 0\n'
        )
        (folder / name).chmod(0o755)


@pytest.mark.parametrize("behind", [False, True])
def test_the_power_goes_at_every_command(
    card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behind: bool
) -> None:
    run_installation(_plan(_build(tmp_path / "build", "old"), card))
    count = tmp_path / "count"
    _cutting(tmp_path / "bin", count)
    (tmp_path / "count.behind").touch() if behind else None
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    plan = _plan(_build(tmp_path / "build", "new"), card)
    cuts = 0
    for cut in range(40):
        count.write_text(str(cut))
        with contextlib.suppress(EdgeSiameseError):
            run_installation(plan)
            cuts -= 1
        cuts += 1
        assert _in_use(card) in {("program old", "gallery old"), ("program new", "gallery new")}
        if int(count.read_text()) > 0:
            break
    assert cuts >= 12
    assert _in_use(card) == ("program new", "gallery new")


def test_the_command(
    card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _build(tmp_path / "build", "1")
    write_program(folder, find_board("pi"), 183)
    build = str(folder)
    assert run_command("firmware", "flash", build, "--board", "pi", "--to", str(card), "--dry-run") == 0
    assert "would be installed by" in capsys.readouterr().out
    assert not list(card.iterdir())
    assert run_command("firmware", "flash", build, "--board", "pi", "--to", str(card)) == 0
    assert "/opt/edge-siamese/current is a" in capsys.readouterr().out
    for arguments, code, sentence in (
        (["--board", "pi"], 2, "--to says where it is"),
        (["--board", "pi", "--to", "/nowhere"], 2, "expected the root folder of a mounted card, or user@host"),
        (["--board", "rpi-pico", "--to", "/nowhere"], 2, "--to is for boards with Linux"),
    ):
        assert run_command("firmware", "flash", build, *arguments) == code
        assert sentence in capsys.readouterr().err
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert run_command("firmware", "flash", build, "--board", "pi", "--to", "pi@camera") == 1
    assert "ssh is not installed" in capsys.readouterr().err
    ssh = tmp_path / "bin" / "ssh"
    ssh.write_text("#!/bin/sh\necho 'Connection refused' >&2\nexit 255\n")
    ssh.chmod(0o755)
    assert run_command("firmware", "flash", build, "--board", "pi", "--to", "pi@camera") == 1
    assert "ssh ended with code 255 (Connection refused); the firmware in use stays" in capsys.readouterr().err


def test_the_remote_shell_gets_the_same_script(card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`ssh` as a program that runs its last argument, without sudo and below another root."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ssh").write_text(
        f'#!/bin/sh\neval "$(echo "$2" | sed -e s,/opt/,{card}/opt/, -e s,/etc/,{card}/etc/,)"\n'
    )
    (folder / "sudo").write_text('#!/bin/sh\nexec "$@"\n')
    for name in ("ssh", "sudo"):
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    plan = plan_installation(_build(tmp_path / "b", "1"), find_board("pi"), ("firmware", "gallery"), "pi@camera", "-")
    assert run_installation(plan) == "a"
    assert _in_use(card) == ("program 1", "gallery 1")
