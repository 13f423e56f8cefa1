"""Facts about the host that decide a duration: instruction sets, clocks, memory, kernel and the runtime's kernels."""

import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_siamese.system.host import HostInfo, detect_host, read_text

from .xnnpack import Kernels

# Names in /proc/cpuinfo, x86 and Arm, of the instruction sets that change the speed of int8 or float32 networks.
_INSTRUCTION_SETS = {
    "AVX2": "avx2",
    "FMA": "fma",
    "AVX-VNNI": "avx_vnni",
    "AVX-VNNI-INT8": "avx_vnni_int8",
    "AVX512": "avx512bw",
    "AVX512-VNNI": "avx512_vnni",
    "AMX-INT8": "amx_int8",
    "NEON": "asimd",
    "dotprod": "asimddp",
    "i8mm": "i8mm",
    "SVE": "sve",
    "SVE2": "sve2",
}
_ARCHITECTURES = {
    "x86_64": "x86", "i686": "x86", "i386": "x86",
    "aarch64": "Arm", "arm64": "Arm", "armv7l": "Arm", "armv8l": "Arm", "armv6l": "Arm",
}  # fmt: skip


@dataclass(frozen=True)
class HostFacts:
    """A host and the settings of its runtime; values are None if the system does not provide them.

    Attributes:
        host: board, processor, governor and system.
        instruction_sets: those that matter and that this processor has.
        clock_mhz: highest clock of a core now, in MHz.
        max_clock_mhz: its maximum.
        memory_mb: installed memory, in MB.
        kernel: release of the Linux kernel.
        virtual: whether this is a virtual machine.
        runtime, delegate, threads: of the networks.
        kernels: XNNPACK's choice; None if unknown or another delegate runs the networks.
        simulated: the emulator that executes this process; empty on a real processor. Times of an emulator are no
            measurements of the processor that it imitates.
    """

    host: HostInfo
    instruction_sets: tuple[str, ...]
    clock_mhz: float | None
    max_clock_mhz: float | None
    memory_mb: int | None
    kernel: str
    virtual: bool
    runtime: str
    delegate: str
    threads: int
    kernels: Kernels | None
    simulated: str = ""

    def lines(self) -> list[str]:
        """Description for people; the line on kernels names what decides the durations."""
        machine, system = self.host.lines()
        clock = f", {self.clock_mhz:.0f} MHz now" if self.clock_mhz else ""
        limit = f" of {self.max_clock_mhz:.0f}" if self.clock_mhz and self.max_clock_mhz else ""
        memory = f", {self.memory_mb:,} MB memory" if self.memory_mb else ""
        virtual = ", virtual machine" if self.virtual else ""
        sets = " ".join(self.instruction_sets) or "none of the known ones"
        lines = [
            f"{machine}{clock}{limit}{memory}{virtual}",
            f"{system}, Linux {self.kernel}",
            f"instruction sets: {sets}",
            f"{self.runtime}, delegate {self.delegate}, threads {self.threads}",
            self.kernels.text() if self.kernels else "kernels: unknown to this runtime or delegate",
        ]
        return [f"SIMULATED by {self.simulated}: no measurement of a processor", *lines] if self.simulated else lines

    def to_json(self) -> dict[str, Any]:
        names = ("clock_mhz", "max_clock_mhz", "memory_mb", "kernel", "virtual", "runtime", "delegate", "threads")
        kernels = self.kernels
        return {
            "host": self.host.to_json(),
            "instruction_sets": list(self.instruction_sets),
            **{name: getattr(self, name) for name in names},
            "kernels": None
            if kernels is None
            else {
                "family": kernels.family,
                "convolution": kernels.convolution,
                "depthwise": kernels.depthwise,
                "limit": kernels.limit,
            },
            "simulated": self.simulated,
        }


def read_facts(
    *, runtime: str, delegate: str, threads: int, kernels: Kernels | None, root: Path = Path("/")
) -> HostFacts:
    """Read the facts of this host.

    Args:
        runtime, delegate, threads: of the networks.
        kernels: XNNPACK's choice, after a network ran.
        root: folder that contains ``proc`` and ``sys``.
    """
    cpuinfo = read_text(root / "proc/cpuinfo") or ""
    return HostFacts(
        host=detect_host(root),
        instruction_sets=instruction_sets(cpuinfo),
        clock_mhz=clock_mhz(root),
        max_clock_mhz=_kilohertz(root / "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"),
        memory_mb=_memory(read_text(root / "proc/meminfo") or ""),
        kernel=platform.release(),
        virtual="hypervisor" in _flags(cpuinfo),
        runtime=runtime,
        delegate=delegate,
        threads=threads,
        kernels=kernels if delegate == "xnnpack" else None,
        simulated=emulator(root),
    )


def instruction_sets(cpuinfo: str) -> tuple[str, ...]:
    """Names of the instruction sets that matter among the flags of ``/proc/cpuinfo``."""
    flags = _flags(cpuinfo)
    return tuple(name for name, flag in _INSTRUCTION_SETS.items() if flag in flags)


def clock_mhz(root: Path = Path("/")) -> float | None:
    """The highest clock of a core now, in MHz, by cpufreq or ``/proc/cpuinfo``."""
    folders = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_cur_freq")
    clocks = [clock for file in folders if (clock := _kilohertz(file)) is not None]
    if not clocks:
        found = re.findall(r"^cpu MHz\s*: *([\d.]+)", read_text(root / "proc/cpuinfo") or "", re.MULTILINE)
        clocks = [float(text) for text in found]
    return max(clocks, default=None)


def emulator(root: Path = Path("/"), machine: str = "") -> str:
    """What executes this process instead of a processor of its kind; empty on a real one.

    A user-mode emulator such as QEMU imitates the architecture that ``uname`` gives, and the kernel states its own in
    ``/proc/sys/kernel/arch`` (Linux 6.1 and later); before that, the flags of ``/proc/cpuinfo`` show it.

    Args:
        root: folder that contains ``proc``.
        machine: architecture of the process; by default that of `platform.machine`.
    """
    process = _ARCHITECTURES.get(machine or platform.machine(), "")
    kernel = _ARCHITECTURES.get(read_text(root / "proc/sys/kernel/arch") or "", "")
    if not kernel and "sse2" in _flags(read_text(root / "proc/cpuinfo") or ""):
        kernel = "x86"
    return f"an emulator on {kernel}" if process and kernel and process != kernel else ""


def _flags(cpuinfo: str) -> set[str]:
    found = re.search(r"^(?:flags|Features)\s*: *(.+)$", cpuinfo, re.MULTILINE)
    return set(found[1].split()) if found else set()


def _kilohertz(path: Path) -> float | None:
    text = read_text(path) or ""
    return int(text) / 1000 if text.isdigit() else None


def _memory(meminfo: str) -> int | None:
    found = re.search(r"^MemTotal:\s*(\d+) kB", meminfo, re.MULTILINE)
    return int(found[1]) // 1000 if found else None
