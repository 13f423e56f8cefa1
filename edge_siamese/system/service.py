"""The systemd service ``edge-siamese``: its unit, its user and its configuration file."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..atomic import write_atomically
from ..errors import DataError, EdgeSiameseError

NAME = "edge-siamese"
WATCHDOG_S = 60
_GROUPS = ("video", "render", "gpio", "plugdev")
"""Groups of Debian and Raspberry Pi OS for cameras, GPUs, pins and USB devices; those that exist are used."""
_UNIT = """\
# Written by `edge-siamese service install`. Changes belong into `systemctl edit {name}`.
[Unit]
Description=Face verification on a camera
Documentation=man:systemd.service(5)
After=network-online.target time-sync.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={program} run
ExecReload=/bin/kill -HUP $MAINPID
Environment=EDGE_SIAMESE_CONFIG={configuration} PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WorkingDirectory=%S/{name}
StateDirectory={name}
StateDirectoryMode=0700
User={name}
Group={name}
SupplementaryGroups={groups}
UMask=0077
Restart=always
RestartSec=5
# Wrong options or files stay wrong: wait for a person.
RestartPreventExitStatus=2
WatchdogSec={watchdog}
TimeoutStartSec=120
TimeoutStopSec=5
KillMode=mixed

# Only what a camera, a network and a folder of its own take.
CapabilityBoundingSet=
AmbientCapabilities=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome={protect_home}
PrivateTmp=yes
PrivateMounts=yes
PrivateIPC=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
DevicePolicy=closed
DeviceAllow=char-video4linux rw
DeviceAllow=char-media rw
DeviceAllow=char-dma_heap rw
DeviceAllow=char-drm rw
DeviceAllow=char-usb_device rw
DeviceAllow=char-gpiochip rw
DeviceAllow=/dev/vcio rw
DeviceAllow=/dev/apex_0 rw

[Install]
WantedBy=multi-user.target
"""
_USER = 'u {name} - "Face verification" /var/lib/{name}\n'
_CONFIGURATION = """\
# Configuration of the service; `edge-siamese config show` lists every key.
[run]
camera = "{camera}"
gallery = "/var/lib/edge-siamese/people.esg"
"""

Runner = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True)
class ServiceFiles:
    """Where the files of the service are.

    Attributes:
        root: root folder of the system, ``/`` or that of an image.
    """

    root: Path = Path("/")

    @property
    def unit(self) -> Path:
        return self.root / f"etc/systemd/system/{NAME}.service"

    @property
    def user(self) -> Path:
        return self.root / f"etc/sysusers.d/{NAME}.conf"

    @property
    def configuration(self) -> Path:
        return self.root / f"etc/{NAME}/{NAME}.toml"

    @property
    def state(self) -> Path:
        return self.root / f"var/lib/{NAME}"


def run_program(words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a program of systemd.

    Raises:
        EdgeSiameseError: it is not installed or failed.
    """
    if shutil.which(words[0]) is None:
        raise EdgeSiameseError(f"{words[0]}: not found; the service needs a system with systemd")
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines()
        raise EdgeSiameseError(f"{' '.join(words)}: failed ({said[-1] if said else f'status {ended.returncode}'})")
    return ended


def unit_text(program: Path, files: ServiceFiles | None = None, groups: Sequence[str] = _GROUPS) -> str:
    """The unit.

    Args:
        program: the command ``edge-siamese`` to start.
        files: whose configuration file the service reads.
        groups: groups of the user that give access to devices.
    """
    configuration = Path("/") / (files or ServiceFiles()).configuration.relative_to((files or ServiceFiles()).root)
    at_home = program.is_relative_to("/home")
    return _UNIT.format(
        name=NAME,
        program=_escaped(program),
        configuration=configuration,
        groups=" ".join(groups),
        watchdog=WATCHDOG_S,
        protect_home="read-only" if at_home else "yes",
    )


def installed_program() -> Path:
    """The command ``edge-siamese`` of this environment.

    Raises:
        DataError: it cannot be run by another user.
    """
    program = Path(sys.executable).parent / NAME
    if not program.exists():
        raise DataError(f"{program}: expected the command of this environment, found nothing there", path=program)
    for part in (program, *program.parents):
        if not part.stat().st_mode & 0o001:
            raise DataError(
                f"{part}: other users may not read it, so the service cannot run {program}; "
                "make the environment elsewhere, such as in /opt/edge-siamese",
                path=part,
            )
    return program


def install(
    files: ServiceFiles, *, camera: str = "picamera2", program: Path | None = None, run: Runner = run_program
) -> list[Path]:
    """Write the unit, the user and, if there is none, a configuration file; then enable the service.

    Args:
        files: of the system or image.
        camera: for a new configuration file.
        program: command to start; default: this environment's.
        run: runs programs of systemd.

    Returns:
        The files that were written.

    Raises:
        EdgeSiameseError: systemd is missing or failed.
        DataError: the program cannot be run by the service's user.
        OSError: a file cannot be written.
    """
    text = unit_text(program or installed_program(), files, existing_groups(files.root))
    written = [files.unit, files.user]
    _write(files.unit, text)
    _write(files.user, _USER.format(name=NAME))
    if not files.configuration.exists():
        _write(files.configuration, _CONFIGURATION.format(camera=camera.replace("\\", "\\\\").replace('"', '\\"')))
        written.append(files.configuration)
    options = [] if files.root == Path("/") else [f"--root={files.root}"]
    run(["systemd-sysusers", *options, str(files.user.name)])
    if not options:
        run(["systemctl", "daemon-reload"])
    run(["systemctl", *options, "enable", f"{NAME}.service"])
    return written


def uninstall(files: ServiceFiles, *, run: Runner = run_program) -> list[Path]:
    """Stop and disable the service and delete its unit and user file. Gallery, configuration and user stay.

    Returns:
        The files that were deleted.

    Raises:
        EdgeSiameseError: the service is not installed, or systemd failed.
    """
    if not files.unit.exists():
        raise EdgeSiameseError(f"{files.unit}: the service is not installed")
    if files.root == Path("/"):
        run(["systemctl", "disable", "--now", f"{NAME}.service"])
    else:
        run(["systemctl", f"--root={files.root}", "disable", f"{NAME}.service"])
    deleted = [path for path in (files.unit, files.user) if path.exists()]
    for path in deleted:
        path.unlink()
    if files.root == Path("/"):
        run(["systemctl", "daemon-reload"])
    return deleted


STATUS_KEYS = ("ActiveState", "SubState", "Result", "StatusText", "NRestarts", "ActiveEnterTimestamp", "MemoryCurrent")


def status(*, run: Runner = run_program) -> dict[str, str]:
    """State of the service as systemd tells it, by `STATUS_KEYS`.

    Raises:
        EdgeSiameseError: systemd is missing or does not run.
    """
    answer = run(["systemctl", "show", f"{NAME}.service", f"--property={','.join(('LoadState', *STATUS_KEYS))}"]).stdout
    found = dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
    if found.get("LoadState") == "not-found":
        raise EdgeSiameseError("the service is not installed: sudo edge-siamese service install")
    return {key: found.get(key, "") for key in STATUS_KEYS}


def existing_groups(root: Path) -> list[str]:
    """The groups of the system that give access to cameras, GPUs, pins and USB devices."""
    try:
        lines = (root / "etc/group").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ["video"]
    known = {line.split(":")[0] for line in lines}
    return [group for group in _GROUPS if group in known]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(path) as stream:
        stream.write(text.encode())
    os.chmod(path, 0o644)


def _escaped(program: Path) -> str:
    """A path as a word of ``ExecStart``."""
    text = str(program).replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if any(character.isspace() for character in text) else text
