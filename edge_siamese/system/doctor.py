"""Checks of this machine: Python, packages, runtime, models, delegates and cameras, with remedies."""

import ctypes
import importlib.util
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import EdgeSiameseError, ModelError
from ..installation import install_command, pip_command
from .host import HostInfo, detect_host, read_text

if TYPE_CHECKING:
    from ..tflite.model_card import ModelCard, Task
    from ..tflite.runtime import Delegate

TASKS: "tuple[Task, ...]" = ("embedder", "detector")
DELEGATES: "tuple[Delegate, ...]" = ("xnnpack", "reference")
HOT = 80.0
"""Degrees Celsius from which a Raspberry Pi slows down (Raspberry Pi documentation, "Frequency management")."""
_TESTED_PYTHONS = ((3, 11), (3, 13))
_CORAL_USB = {("1a6e", "089a"), ("18d1", "9302")}


class Status(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """Result of one check: a sentence, and a remedy unless the status is ok."""

    check: str
    status: Status
    sentence: str
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        return {"check": self.check, "status": str(self.status), "sentence": self.sentence, "remedy": self.remedy}


Findings = Iterator[Finding]


def examine(root: Path = Path("/"), host: HostInfo | None = None) -> list[Finding]:
    """Run every check that applies to this machine.

    Args:
        root: folder that contains ``dev``, ``proc`` and ``sys``.
        host: the machine; detected by default.
    """
    host = host or detect_host(root)
    checks: list[Callable[[], Findings]] = [
        check_python,
        check_packages,
        check_runtime,
        check_models,
        *(partial(check_self_test, delegate) for delegate in DELEGATES),
        partial(check_edge_tpu, root),
        partial(check_picamera, host),
        partial(check_board, host),
        partial(check_cameras, root),
        check_trust,
    ]
    return [finding for check in checks for finding in check()]


def check_python(running: tuple[int, int] = sys.version_info[:2]) -> Findings:
    """Check that this Python version was tested."""
    oldest, newest = _TESTED_PYTHONS
    sentence = f"Python {platform.python_version()} in {sys.prefix}"
    if oldest <= running <= newest:
        yield Finding("python", Status.OK, sentence)
    else:
        span = f"{oldest[0]}.{oldest[1]} to {newest[0]}.{newest[1]}"
        yield Finding("python", Status.WARN, f"{sentence} is untested", f"use Python {span}")


def check_packages() -> Findings:
    """Check that numpy and OpenCV are installed and compatible."""
    versions: dict[str, str] = {}
    for package, distribution in (("numpy", "numpy"), ("cv2", "opencv-python-headless")):
        try:
            versions[package] = importlib.import_module(package).__version__
        except ImportError as error:
            yield Finding(package, Status.FAIL, f"{package} cannot be imported: {error}", install_command(distribution))
        else:
            yield Finding(package, Status.OK, f"{package} {versions[package]}")
    yield from conflicts(versions, installed_distributions())


def installed_distributions() -> set[str]:
    """Names of all installed distributions, in lower case with dashes."""
    return {name.lower().replace("_", "-") for found in distributions() if (name := found.metadata["Name"])}


def conflicts(versions: dict[str, str], installed: set[str]) -> Findings:
    """Find combinations of versions that are known not to work.

    Args:
        versions: versions of the importable packages ``numpy`` and ``cv2``.
        installed: see `installed_distributions`.
    """
    numpy2 = _major(versions.get("numpy")) >= 2
    if numpy2 and "tflite-runtime" in installed and "ai-edge-litert" not in installed:
        yield Finding("packages", Status.FAIL, "tflite-runtime does not run with numpy 2", install_command("numpy<2"))
    if numpy2 and importlib.util.find_spec("picamera2") and _on_bookworm():
        sentence = "the picamera2 of Raspberry Pi OS Bookworm does not run with numpy 2"
        yield Finding(
            "packages", Status.FAIL, sentence, install_command("numpy<2", "opencv-python-headless==4.11.0.86")
        )
    if _major(versions.get("cv2")) >= 5:
        remedy = install_command("opencv-python-headless>=4.10,<5")
        yield Finding("packages", Status.WARN, "OpenCV 5 is untested", remedy)
    opencvs = sorted(name for name in installed if name.startswith("opencv-"))
    if len(opencvs) > 1:
        sentence = f"{' and '.join(opencvs)} are installed over each other"
        remedy = (
            f"{pip_command('uninstall ' + ' '.join(opencvs))}; {install_command('opencv-python-headless>=4.10,<5')}"
        )
        yield Finding("packages", Status.WARN, sentence, remedy)


def check_runtime() -> Findings:
    """Check that a TFLite runtime can create an interpreter."""
    try:
        from ..tflite.runtime import find_runtime

        runtime = find_runtime()
    except (EdgeSiameseError, ImportError) as error:
        remedy = _reinstall() if isinstance(error, ModelError) else install_command("ai-edge-litert")
        yield Finding("runtime", Status.FAIL, str(error), remedy)
    else:
        yield Finding("runtime", Status.OK, f"{runtime.name} {runtime.version}")


def check_models() -> Findings:
    """Check that the shipped models are complete, and report their license."""
    try:
        cards = [shipped_card(task) for task in TASKS]
    except (EdgeSiameseError, ImportError) as error:
        yield Finding("models", Status.FAIL, str(error), _reinstall())
        return
    for task, card in zip(TASKS, cards, strict=True):
        yield Finding("models", Status.OK, f"{task} {card.name}, SHA-256 {card.digest}")
    for terms in sorted({card.license for card in cards}):
        yield Finding("license", Status.OK, f"the shipped weights: {terms}")


def shipped_card(task: "Task") -> "ModelCard":
    """The card of the shipped model for a task.

    Raises:
        ModelError: the model is missing or damaged.
    """
    from ..models import default_model
    from ..tflite.model_card import read_card

    return read_card(default_model(task))


def check_self_test(delegate: "Delegate") -> Findings:
    """Compare a delegate's outputs with the models' golden vectors."""
    check = f"self-test {delegate}"
    try:
        from ..engine import FaceEngine

        FaceEngine.default(delegate=delegate).close()
    except (EdgeSiameseError, ImportError) as error:
        yield Finding(check, Status.FAIL, str(error), "choose another --delegate, or reinstall the TFLite runtime")
    else:
        yield Finding(check, Status.OK, "outputs match the models' golden vectors")


def check_edge_tpu(root: Path, load: Callable[[str], Any] = ctypes.CDLL) -> Findings:
    """Check for the Edge TPU library and a Coral device."""
    coral = _has_coral(root)
    try:
        load("libedgetpu.so.1")
    except OSError:
        if coral:
            remedy = "install Coral's Debian package libedgetpu1-std"
            yield Finding("edge tpu", Status.WARN, "a Coral is connected but libedgetpu.so.1 is missing", remedy)
        else:
            yield Finding("edge tpu", Status.OK, "none connected; only --delegate edgetpu needs one")
    else:
        yield Finding("edge tpu", Status.OK, f"libedgetpu.so.1 is installed, Coral {'found' if coral else 'not found'}")


def check_picamera(host: HostInfo) -> Findings:
    """On a Raspberry Pi, check that picamera2 is available in this environment."""
    if not host.is_raspberry_pi:
        return
    if importlib.util.find_spec("picamera2"):
        yield Finding("picamera2", Status.OK, f"picamera2 {_version_of('picamera2')}")
    elif sys.prefix != sys.base_prefix and not _sees_system_packages(Path(sys.prefix)):
        remedy = "python3 -m venv --system-site-packages .venv"
        yield Finding("picamera2", Status.WARN, "this virtual environment hides the system's picamera2", remedy)
    else:
        remedy = "sudo apt install python3-picamera2"
        yield Finding("picamera2", Status.WARN, "picamera2 is not installed; only USB cameras work", remedy)


def check_board(host: HostInfo) -> Findings:
    """Check for throttling, high temperature and a low clock."""
    machine, system = host.lines()
    if host.governor == "powersave":
        remedy = "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
        yield Finding("host", Status.WARN, f"{machine}: the CPU governor keeps the clock low", remedy)
    elif host.temperature is not None and host.temperature >= HOT:
        yield Finding("host", Status.WARN, f"{machine}: hot enough to slow down", "cool it")
    elif host.throttling:
        yield Finding("host", Status.WARN, machine, "use a stronger power supply or cooler")
    else:
        yield Finding("host", Status.OK, machine)
    yield Finding("system", Status.OK, system)


def check_cameras(root: Path) -> Findings:
    """List the video devices."""
    names = sorted(
        f"/dev/{device.name} ({read_text(root / 'sys/class/video4linux' / device.name / 'name') or 'unnamed'})"
        for device in (root / "dev").glob("video*")
    )
    if names:
        yield Finding("cameras", Status.OK, ", ".join(names))
    else:
        remedy = "connect a camera, or use photos, a video file or a stream"
        yield Finding("cameras", Status.WARN, "no video device found", remedy)


def _major(version_: str | None) -> int:
    return int(version_.split(".")[0]) if version_ else 0


def _version_of(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "of unknown version"


def _on_bookworm() -> bool:
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME") == "bookworm"
    except OSError:
        return False


def _sees_system_packages(prefix: Path) -> bool:
    return "include-system-site-packages = true" in (read_text(prefix / "pyvenv.cfg") or "")


def _has_coral(root: Path) -> bool:
    usb = {
        (read_text(device / "idVendor"), read_text(device / "idProduct"))
        for device in (root / "sys/bus/usb/devices").glob("*")
    }
    return bool(usb & _CORAL_USB) or any((root / "dev").glob("apex_*"))


def _reinstall() -> str:
    return pip_command("install --force-reinstall --no-deps edge-siamese")


def check_trust() -> Findings:
    """Check the policy about galleries: its files can be read, and what it requires."""
    from ..gallery.trust.policy import TrustPolicy

    try:
        policy = TrustPolicy.current()
        requirements = policy.requirements()
    except EdgeSiameseError as error:
        yield Finding("galleries", Status.FAIL, str(error), "mend the table [trust] of the configuration")
        return
    keys = f"{len(requirements.trusted)} trusted and {len(requirements.revoked)} revoked keys"
    unsigned = "rejected" if policy.require_signature else "accepted"
    older = "accepted" if policy.sequence_state is None else f"rejected ({policy.sequence_state})"
    yield Finding("galleries", Status.OK, f"unsigned ones are {unsigned}, older ones {older}; {keys}")
    if policy.require_signature and not set(requirements.trusted) - requirements.revoked:
        sentence = "signatures are required, and no key is trusted: every gallery is rejected"
        yield Finding("galleries", Status.FAIL, sentence, "add 'trusted-keys' to [trust]")
