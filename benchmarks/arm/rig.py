"""The rig: QEMU, an arm64 Python with the runtimes' wheels, and the instruction counter, in one cache folder."""

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from edge_siamese.arm_cost import CORES, ArmCore
from edge_siamese.errors import RuntimeMissingError

from .cpuinfo import cpuinfo
from .device import package_folder

FOLDER_VARIABLE = "EDGE_SIAMESE_ARM_RIG"
WHEELS = ("numpy==2.4.6", "ai-edge-litert==2.3.0", "opencv-python-headless==4.14.0.94")
PURE_WHEELS = ("click==8.5.1", "pytest==9.2.0", "pytest-xdist==3.8.0", "hypothesis==6.170.15")
COUNTER_SOURCE = "counter.c"
MANIFEST = "rig.json"
SETUP_COMMAND = "edge-siamese bench arm --setup"
_LAYOUT = 1  # raise when the folder's structure changes


def rig_version() -> str:
    """Changes with anything that could change a count: the wheels, the counter, the cores or the layout."""
    described = [
        str(_LAYOUT),
        *WHEELS,
        *PURE_WHEELS,
        *(f"{core.name} {core.qemu_cpu}\n{cpuinfo(core)}" for core in CORES.values()),
    ]
    source = files(__package__).joinpath(COUNTER_SOURCE).read_bytes()
    return hashlib.sha256("\n".join(described).encode() + source).hexdigest()[:12]


def rig_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the rig is or will be: ``EDGE_SIAMESE_ARM_RIG``, else a folder of the user's cache."""
    if named := environment.get(FOLDER_VARIABLE):
        return Path(named).expanduser().absolute()
    cache = environment.get("XDG_CACHE_HOME")
    base = Path(cache) if cache and Path(cache).is_absolute() else Path.home() / ".cache"
    return base / "edge-siamese" / f"arm-{rig_version()}"


@dataclass(frozen=True)
class RigManifest:
    """What a rig consists of; it is written last, so a rig that has one is complete.

    Attributes:
        version: `rig_version` of the code that made it.
        qemu: path of ``qemu-aarch64``, relative to the folder where it was unpacked there.
        qemu_version: such as ``"7.2.22"``.
        libraries: folders, relative, with the shared libraries of an unpacked QEMU.
        python: name of the arm64 Python, such as ``"python3.11"``.
        wheels: installed requirements.
    """

    version: str
    qemu: str
    qemu_version: str
    libraries: list[str]
    python: str
    wheels: list[str]

    def write(self, folder: Path) -> None:
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "RigManifest":
        """The manifest of a rig.

        Raises:
            RuntimeMissingError: there is none, it is damaged, or another version of this package made it.
        """
        try:
            manifest = cls(**json.loads((folder / MANIFEST).read_text()))
        except OSError as error:
            raise RuntimeMissingError(f"{folder}: no Arm rig there; set one up with `{SETUP_COMMAND}`") from error
        except (ValueError, TypeError) as error:
            raise RuntimeMissingError(f"{folder / MANIFEST}: damaged; run `{SETUP_COMMAND}` again") from error
        if manifest.version != rig_version():
            raise RuntimeMissingError(
                f"{folder}: expected an Arm rig of version {rig_version()}, found {manifest.version}; "
                f"run `{SETUP_COMMAND}` again"
            )
        return manifest


@dataclass(frozen=True)
class Rig:
    """A complete rig.

    Attributes:
        folder: where it lies.
        manifest: what it consists of.
    """

    folder: Path
    manifest: RigManifest

    @classmethod
    def open(cls, folder: Path | None = None) -> "Rig":
        """The rig in a folder, by default in `rig_folder`.

        Raises:
            RuntimeMissingError: it is not set up, or not for this version.
        """
        folder = folder or rig_folder()
        return cls(folder, RigManifest.read(folder))

    def root(self, core: ArmCore) -> Path:
        """Folder that QEMU shows the guest in front of the host's own files."""
        return self.folder / f"root-{core.name}"

    def command(
        self, core: ArmCore, arguments: Sequence[str], environment: Mapping[str, str], *, count: bool
    ) -> list[str]:
        """Command that runs the arm64 Python as a core.

        Args:
            core: which to emulate.
            arguments: of Python.
            environment: variables for the guest, beside those that keep its counts the same from run to run.
            count: whether to load the instruction counter.
        """
        fixed = {
            "PYTHONHOME": "/usr",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        return [
            str(self.folder / self.manifest.qemu),
            *("-cpu", core.qemu_cpu),
            *("-L", str(self.root(core))),
            *("-U", "LD_LIBRARY_PATH"),
            *(("-plugin", str(self.folder / "counter.so")) if count else ()),
            *(part for name, value in (fixed | dict(environment)).items() for part in ("-E", f"{name}={value}")),
            str(self.root(core) / "usr/bin" / self.manifest.python),
            *arguments,
        ]

    def host_environment(self, counts: Path | None = None) -> dict[str, str]:
        """Environment for QEMU itself: the libraries it was unpacked with, and where the counter writes."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        libraries = [str(self.folder / library) for library in self.manifest.libraries]
        if libraries:
            environment["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
        if counts:
            environment["INSTRUCTION_COUNTS"] = str(counts)
        return environment

    def run(
        self,
        core: ArmCore,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        counts: Path | None = None,
        started: Callable[["subprocess.Popen[str]"], None] = lambda process: None,
        **options: Any,
    ) -> "subprocess.CompletedProcess[str]":
        """Run the arm64 Python to its end.

        Args:
            core, arguments, environment: as of `command`.
            counts: file for the marks of the counter; without it nothing is counted.
            started: is given the process once it runs.
            **options: of `subprocess.Popen`.
        """
        command = self.command(core, arguments, environment or {}, count=counts is not None)
        host = self.host_environment(counts)
        with subprocess.Popen(command, env=host, text=True, errors="replace", **options) as process:
            started(process)
            output, errors = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, output, errors)


@contextmanager
def device_path() -> Iterator[Path]:
    """A temporary folder that holds the device package alone, for the guest's ``PYTHONPATH``.

    The folder that the package lies in may hold the host's own numpy, which an arm64 Python cannot load.
    """
    with tempfile.TemporaryDirectory(prefix="edge-siamese-arm-") as name:
        (Path(name) / "edge_siamese").symlink_to(package_folder())
        yield Path(name)
