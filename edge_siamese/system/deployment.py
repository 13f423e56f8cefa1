"""Checks of what a run needs beside the package: clock, memory, disk, the configured gallery, cameras and broker."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import EdgeSiameseError
from .doctor import Finding, Findings, Status
from .host import read_text

if TYPE_CHECKING:
    from ..events.broker import Broker
    from ..tflite.model_card import ModelCard

EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)
"""An earlier clock is wrong: this program did not exist."""
MIN_MEMORY_MB = 150
MIN_DISK_MB = 100
_BROKER_S = 5.0


@dataclass(frozen=True)
class Deployment:
    """What is configured for ``run``; None or empty where nothing is.

    Attributes:
        cameras: as given to ``--camera``.
        gallery: the .esg.
        events: file of events.
        broker: MQTT broker.
    """

    cameras: Sequence[str] = ()
    gallery: Path | None = None
    events: Path | None = None
    broker: "Broker | None" = None


def examine_deployment(deployment: Deployment, card: "ModelCard | None", root: Path = Path("/")) -> list[Finding]:
    """Run every check.

    Args:
        deployment: what is configured.
        card: model card of the embedder that ``run`` uses; None if it cannot be read.
        root: folder that contains ``dev`` and ``proc``.
    """
    findings = [*check_clock(datetime.now(UTC), root), *check_memory(root)]
    folders = [path.parent for path in (deployment.gallery, deployment.events) if path is not None]
    for folder in dict.fromkeys(folders or [Path()]):
        findings += check_disk(folder)
    if deployment.gallery is not None:
        findings += check_gallery(deployment.gallery, card)
    for camera in deployment.cameras:
        findings += check_camera(camera, root)
    if deployment.broker is not None:
        findings += check_broker(deployment.broker)
    return findings


def check_clock(now: datetime, root: Path = Path("/")) -> Findings:
    """Check that the clock is set: last days of retention and times of events depend on it."""
    shown = f"{now:%Y-%m-%d %H:%M} UTC"
    if now < EARLIEST:
        sentence = f"the clock says {shown}: people past their last day would be named, and events get wrong times"
        yield Finding("clock", Status.FAIL, sentence, "sudo timedatectl set-ntp true, or add a clock module")
    elif (root / "run/systemd/timesync").is_dir() and not (root / "run/systemd/timesync/synchronized").exists():
        yield Finding("clock", Status.WARN, f"{shown}, not synchronized yet", "sudo timedatectl set-ntp true")
    else:
        yield Finding("clock", Status.OK, shown)


def check_memory(root: Path = Path("/")) -> Findings:
    """Check the memory that programs can still get."""
    lines = (read_text(root / "proc/meminfo") or "").splitlines()
    fields: Mapping[str, str] = dict(line.split(":", 1) for line in lines if ":" in line)
    if "MemAvailable" not in fields:
        return
    free = int(fields["MemAvailable"].split()[0]) // 1024
    if free < MIN_MEMORY_MB:
        remedy = "end other programs, or use --detector detector-small"
        yield Finding("memory", Status.WARN, f"{free} MB available, a run takes about {MIN_MEMORY_MB}", remedy)
    else:
        yield Finding("memory", Status.OK, f"{free:,} MB available")


def check_disk(folder: Path) -> Findings:
    """Check the room for galleries and events."""
    try:
        free = shutil.disk_usage(folder if str(folder) else Path()).free // 10**6
    except OSError as error:
        yield Finding("disk", Status.FAIL, f"{folder}: {error.strerror}", f"sudo mkdir -p {folder}")
        return
    if free < MIN_DISK_MB:
        remedy = "delete files, or limit the file of events with --events-size"
        yield Finding("disk", Status.WARN, f"{folder}: {free} MB free", remedy)
    else:
        yield Finding("disk", Status.OK, f"{folder}: {free:,} MB free")


def check_gallery(path: Path, card: "ModelCard | None") -> Findings:
    """Check that the configured gallery can be used with the configured embedder."""
    from ..gallery import Gallery
    from ..gallery.metadata import today

    if not path.exists():
        yield Finding(
            "gallery", Status.FAIL, f"{path}: no gallery yet", f"edge-siamese enroll NAME PHOTO... --gallery {path}"
        )
        return
    try:
        gallery = Gallery.open(path)
        if card is not None:
            gallery.require(card)
    except EdgeSiameseError as error:
        yield Finding("gallery", Status.FAIL, str(error), "build it again with the embedder in use")
        return
    overdue = len(gallery.overdue(today()))
    if overdue:
        sentence = f"{path}: {overdue} of {len(gallery.names)} people are past their last day and are not named"
        yield Finding("gallery", Status.WARN, sentence, f"edge-siamese gallery check {path}")
    elif not gallery.names:
        yield Finding(
            "gallery", Status.WARN, f"{path}: nobody is enrolled", f"edge-siamese enroll NAME PHOTO... --gallery {path}"
        )
    else:
        yield Finding("gallery", Status.OK, f"{path}: {len(gallery.names)} people, made with the embedder in use")


def check_camera(camera: str, root: Path = Path("/")) -> Findings:
    """Check a configured camera that is a video device: present, permitted, not in use."""
    device = Path(f"/dev/video{camera}" if camera.isdecimal() else camera)
    if not str(device).startswith("/dev/"):
        return
    there = root / str(device).lstrip("/")
    users = programs_using(there, root)
    if not there.exists():
        yield Finding(
            "camera", Status.FAIL, f"{device} is not there", "connect the camera; `ls /dev/video*` lists them"
        )
    elif not os.access(there, os.R_OK | os.W_OK):
        yield Finding(
            "camera", Status.FAIL, f"{device}: no permission", "sudo usermod -aG video $USER, then log in again"
        )
    elif users:
        sentence = f"{device} is in use by {', '.join(users)}"
        yield Finding("camera", Status.WARN, sentence, "a camera serves one program: sudo systemctl stop edge-siamese")
    else:
        yield Finding("camera", Status.OK, f"{device} can be opened")


def programs_using(device: Path, root: Path = Path("/")) -> list[str]:
    """Names and numbers of the programs that have a device open, as far as this user may see."""
    found = []
    for process in sorted((root / "proc").glob("[0-9]*")):
        try:
            is_open = any(os.path.realpath(link) == os.path.realpath(device) for link in (process / "fd").iterdir())
        except OSError:
            continue
        if is_open and process.name != str(os.getpid()):
            found.append(f"{read_text(process / 'comm') or 'a program'} ({process.name})")
    return found


def check_broker(broker: "Broker", timeout_s: float = _BROKER_S) -> Findings:
    """Log in at the configured broker."""
    from ..events.broker import login_problem

    problem = login_problem(broker, timeout_s)
    if problem is None:
        yield Finding("broker", Status.OK, f"{broker} takes the login")
    else:
        remedy = "check address, user and password; `run` goes on without it and tries again"
        yield Finding("broker", Status.WARN, problem, remedy)
