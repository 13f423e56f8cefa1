"""Set up the rig from Debian packages and wheels, without installing anything on the host.

QEMU and an arm64 Python are downloaded as Debian packages and unpacked, in a private state of apt; the wheels come
through the host's pip; the counter is compiled here. All of it is made in a temporary folder that takes its final
name at the end.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.resources import as_file, files
from pathlib import Path

from edge_siamese.arm_cost import CORES, ArmCore
from edge_siamese.errors import EdgeSiameseError, RuntimeMissingError

from .cpuinfo import cpuinfo
from .rig import COUNTER_SOURCE, MANIFEST, PURE_WHEELS, SETUP_COMMAND, WHEELS, Rig, RigManifest, rig_folder, rig_version

Tell = Callable[[str], None]

# QEMU's own dependencies that a small Debian 12 lacks.
QEMU_PACKAGES = ("qemu-user", "libcapstone4", "liburing2", "libgnutls30", "libglib2.0-0", "libnuma1")
GUEST_PACKAGES = ("python3", "libstdc++6", "libgomp1")
_FIRST_QEMU, _LAST_QEMU = (7, 2), (8, 2)  # the versions with the counter's plugin interface
_PLATFORMS = ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64", "manylinux_2_17_aarch64")
_TOOLS = {
    "gcc": "gcc libc6-dev",
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
}
_APT_CONFIGURATION = """\
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
Dir::State "{folder}";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "/etc/apt/sources.list";
Dir::Etc::sourceparts "{folder}/sources";
Dir::Etc::preferencesparts "{folder}/preferences";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Debug::NoLocking "true";
"""


def set_up(tell: Tell, folder: Path | None = None) -> Rig:
    """Make the rig, unless it is there.

    Args:
        tell: is given one line of text when a step begins.
        folder: where to; `rig_folder` by default.

    Raises:
        RuntimeMissingError: a tool is missing, or a package or wheel cannot be downloaded; the message names the
            Debian package.
        EdgeSiameseError: the folder holds something else.
    """
    folder = folder or rig_folder()
    try:
        return Rig.open(folder)
    except RuntimeMissingError:
        _check_replaceable(folder)
    _check_tools()
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _build(work, tell)
        _put_in_place(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Rig.open(folder)


def _check_replaceable(folder: Path) -> None:
    if folder.exists() and not (folder / MANIFEST).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise EdgeSiameseError(f"{folder}: expected an Arm rig or an empty folder, found something else")


def _check_tools() -> None:
    for tool, packages in _TOOLS.items():
        if not shutil.which(tool):
            raise RuntimeMissingError(f"{tool} is needed to set up the Arm rig: apt-get install {packages}")


def _build(work: Path, tell: Tell) -> None:
    tell("QEMU")
    qemu, libraries = _find_qemu(work)
    version = _qemu_version(work / qemu, [work / library for library in libraries])
    tell("arm64 Python")
    _download(work, "arm64", GUEST_PACKAGES, ["install", "--download-only"])
    root = work / "root"
    _unpack(work / "apt-arm64", root)
    python = _python_name(root)
    tell("aarch64 wheels")
    packages = root / "usr/lib/python3/dist-packages"
    _install_wheels(packages, WHEELS, [*_wheel_platform(python), "--no-deps"])
    _install_wheels(packages, PURE_WHEELS, _wheel_platform(python))
    tell("instruction counter")
    with as_file(files(__package__).joinpath(COUNTER_SOURCE)) as source:
        _call(["gcc", "-O2", "-fPIC", "-shared", "-o", str(work / "counter.so"), str(source)], "gcc libc6-dev")
    for core in CORES.values():
        _make_root(root, work / f"root-{core.name}", core)
    for name in ("apt-arm64", "apt-host", "root"):
        shutil.rmtree(work / name, ignore_errors=True)
    manifest = RigManifest(rig_version(), qemu, version, libraries, python, [*WHEELS, *PURE_WHEELS])
    tell("first run")
    _prove(Rig(work, manifest))
    manifest.write(work)


def _put_in_place(work: Path, folder: Path) -> None:
    """Give the finished folder its name; an older rig goes, and one that another process just finished stays."""
    try:
        Rig.open(folder)
    except RuntimeMissingError:
        old = work.with_name(work.name + "-old")
        if folder.exists():
            folder.rename(old)
        work.rename(folder)
        shutil.rmtree(old, ignore_errors=True)


def _find_qemu(work: Path) -> tuple[str, list[str]]:
    """Path of QEMU, the host's own or unpacked under `work`, and the library folders of the latter, relative."""
    if (installed := shutil.which("qemu-aarch64")) and _has_plugins(installed):
        return str(Path(installed).resolve()), []
    architecture = _call(["dpkg", "--print-architecture"], "dpkg").strip()
    try:
        _download(work, architecture, QEMU_PACKAGES, ["download"], state="apt-host")
    except RuntimeMissingError as error:
        raise RuntimeMissingError(f"qemu-aarch64 is needed: apt-get install qemu-user ({error})") from error
    _unpack(work / "apt-host", work / "qemu")
    libraries = sorted(str(path.relative_to(work)) for path in (work / "qemu/usr/lib").glob("*-linux-gnu"))
    return "qemu/usr/bin/qemu-aarch64", libraries


def _has_plugins(qemu: str) -> bool:
    shown = subprocess.run([qemu, "-help"], capture_output=True, text=True, check=False).stdout
    return "-plugin" in shown


def _qemu_version(qemu: Path, libraries: Sequence[Path]) -> str:
    environment = os.environ | {"LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries))}
    shown = _call([str(qemu), "--version"], "qemu-user", env=environment)
    return check_qemu_version(shown)


def check_qemu_version(shown: str) -> str:
    """Version in what ``qemu-aarch64 --version`` prints.

    Raises:
        RuntimeMissingError: it has another plugin interface than the counter.
    """
    found = re.search(r"version (\d+)\.(\d+)(\.\d+)?", shown)
    if not found or not _FIRST_QEMU <= (int(found[1]), int(found[2])) <= _LAST_QEMU:
        first, last = (".".join(map(str, version)) for version in (_FIRST_QEMU, _LAST_QEMU))
        line = (shown.strip().splitlines() or ["nothing"])[0]
        raise RuntimeMissingError(
            f"qemu-aarch64: expected version {first} to {last}, as in the package qemu-user of Debian 12, found {line}"
        )
    return f"{found[1]}.{found[2]}{found[3] or ''}"


def _download(
    work: Path, architecture: str, packages: Sequence[str], action: list[str], state: str | None = None
) -> None:
    """Download Debian packages with a private state of apt; the host's packages are neither read nor changed."""
    folder = work / (state or f"apt-{architecture}")
    for name in ("lists/partial", "cache/archives/partial", "sources", "preferences"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    host_sources = Path("/etc/apt/sources.list.d/debian.sources")
    if host_sources.is_file():
        shutil.copy(host_sources, folder / "sources")
    (folder / "apt.conf").write_text(_APT_CONFIGURATION.format(architecture=architecture, folder=folder))
    environment = os.environ | {"APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C"}
    what = f"the Debian package {packages[0]} ({architecture})"
    for arguments in (["update"], [*action, *packages]):
        command = ["apt-get", "-qq", "-y", *arguments]
        _call(command, what, downloading=True, env=environment, cwd=folder / "cache")


def _unpack(state: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for package in sorted((state / "cache").rglob("*.deb")):
        _call(["dpkg-deb", "-x", str(package), str(target)], "dpkg")


def _python_name(root: Path) -> str:
    name = (root / "usr/bin/python3").readlink().name
    if not re.fullmatch(r"python3\.\d+", name):
        raise RuntimeMissingError(f"python3 for arm64: expected python3.<number>, found {name}")
    return name


def _wheel_platform(python: str) -> list[str]:
    version = python.removeprefix("python").replace(".", "")
    platforms = [f"--platform={platform}" for platform in _PLATFORMS]
    return ["--only-binary=:all:", "--implementation=cp", f"--python-version={version}", *platforms]


def _install_wheels(target: Path, requirements: Sequence[str], options: list[str]) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--upgrade", "--target", str(target), *options, *requirements]
    environment = os.environ | {"PIP_ROOT_USER_ACTION": "ignore"}
    for name in ("PIP_CONSTRAINT", "PIP_USER"):
        environment.pop(name, None)
    _call(command, f"aarch64 wheels of {', '.join(requirements)}", downloading=True, env=environment)


def _make_root(root: Path, target: Path, core: ArmCore) -> None:
    """A copy of the guest's files as hard links, with the core's own ``/proc/cpuinfo`` and list of processors."""
    shutil.copytree(root, target, symlinks=True, copy_function=os.link)
    (target / "proc").mkdir(exist_ok=True)
    (target / "proc/cpuinfo").write_text(cpuinfo(core))
    processors = target / "sys/devices/system/cpu"
    processors.mkdir(parents=True)
    for name in ("present", "possible", "online"):
        (processors / name).write_text("0-3\n")


def _prove(rig: Rig) -> None:
    """Run the guest once on every core: it must be arm64, load the wheels and reach the counter."""
    program = "import ctypes, platform, numpy, cv2, ai_edge_litert.interpreter; ctypes.CDLL(None).syscall(1000, 7); "
    program += "print(platform.machine())"
    for core in CORES.values():
        counts = rig.folder / "first-run.txt"
        ended = rig.run(core, ["-c", program], counts=counts, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        marks = counts.read_text() if counts.exists() else ""
        counts.unlink(missing_ok=True)
        if ended.returncode or ended.stdout.strip() != "aarch64" or "mark 7 " not in marks:
            said = (ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"])[-1]
            raise RuntimeMissingError(f"the arm64 Python does not run as {core.name} under qemu-aarch64: {said}")


def _call(
    command: Sequence[str],
    package: str,
    *,
    downloading: bool = False,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Standard output of a command; its failure is one sentence that names the package."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=cwd)
    except OSError as error:
        raise RuntimeMissingError(f"{command[0]}: {error.strerror}; apt-get install {package}") from error
    if ended.returncode == 0:
        return ended.stdout
    said = failure_line(ended.stderr) or f"exit status {ended.returncode}"
    if downloading:
        raise RuntimeMissingError(
            f"{package} cannot be downloaded ({said}); run `{SETUP_COMMAND}` again once that is mended"
        )
    raise RuntimeMissingError(f"{Path(command[0]).name} fails ({said}); it comes with: apt-get install {package}")


def failure_line(stderr: str) -> str:
    """The line of a tool's diagnostics that says why it failed: the first error, else the last line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(E:|ERROR|error|.*: error:)", line)]
    return (errors or lines[-1:] or [""])[0][:300]
