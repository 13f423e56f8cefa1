"""Host information: board, processor, clock governor, temperature and throttling."""

import os
import platform
import re
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# Part numbers of Arm cores, as in /proc/cpuinfo on 64-bit systems (Arm Ltd., "MIDR_EL1" of each core).
_ARM_PARTS = {
    0xB76: "ARM1176", 0xC07: "Cortex-A7", 0xD03: "Cortex-A53", 0xD04: "Cortex-A35", 0xD05: "Cortex-A55",
    0xD07: "Cortex-A57", 0xD08: "Cortex-A72", 0xD09: "Cortex-A73", 0xD0A: "Cortex-A75", 0xD0B: "Cortex-A76",
    0xD0C: "Neoverse-N1", 0xD40: "Neoverse-V1", 0xD41: "Cortex-A78", 0xD49: "Neoverse-N2", 0xD4F: "Neoverse-V2",
}  # fmt: skip

# Bits of `vcgencmd get_throttled` (Raspberry Pi documentation, "Utilities").
_THROTTLING = {
    0: "under-voltage",
    1: "clock capped",
    2: "throttled",
    3: "too hot",
    16: "under-voltage since boot",
    17: "clock capped since boot",
    18: "throttled since boot",
    19: "too hot since boot",
}

_CPU_ZONE = re.compile(r"cpu|soc|x86_pkg", re.IGNORECASE)


@dataclass(frozen=True)
class HostInfo:
    """A machine and its current state; values are None if the system does not provide them.

    Attributes:
        model: model of the board or computer.
        processor: name of the processor cores.
        cores: number of cores.
        governor: CPU frequency governor, such as ``"performance"`` or ``"ondemand"``.
        temperature: temperature of the hottest processor zone in degrees Celsius.
        throttling: current and past throttling reasons of a Raspberry Pi; empty without any.
        system: operating system and architecture.
        python: Python version.
    """

    model: str | None
    processor: str | None
    cores: int
    governor: str | None
    temperature: float | None
    throttling: tuple[str, ...] | None
    system: str
    python: str

    @property
    def is_raspberry_pi(self) -> bool:
        return (self.model or "").startswith("Raspberry Pi")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        """Description of the machine in two lines."""
        state = [f"governor {self.governor}"] if self.governor else []
        if self.temperature is not None:
            state.append(f"{self.temperature:.0f} °C")
        state.extend(self.throttling or ())
        machine = f"{self.model or 'unknown board'}, {self.cores} x {self.processor or platform.machine()}"
        return [", ".join([machine, *state]), f"{self.system}, Python {self.python}"]


def firmware_throttling() -> str:
    """Throttling state from a Raspberry Pi's firmware, such as ``throttled=0x0``; empty on other machines."""
    try:
        answer = subprocess.run(["vcgencmd", "get_throttled"], capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout


def detect_host(root: Path = Path("/"), throttling: Callable[[], str] = firmware_throttling) -> HostInfo:
    """Read the information about this machine.

    Args:
        root: folder that contains ``proc`` and ``sys``.
        throttling: returns the throttling state of the firmware.
    """
    return HostInfo(
        model=read_text(root / "proc/device-tree/model") or read_text(root / "sys/devices/virtual/dmi/id/product_name"),
        processor=_processor(read_text(root / "proc/cpuinfo") or ""),
        cores=os.cpu_count() or 1,
        governor=read_text(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        temperature=_temperature(root / "sys/class/thermal"),
        throttling=_throttling(throttling() or _kernel_throttling(root)),
        system=f"{_system_name()} {platform.machine()}",
        python=platform.python_version(),
    )


def read_text(path: Path) -> str | None:
    """Text of a kernel file, or None if it is missing or empty."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0\n ") or None
    except OSError:
        return None


def process_memory_mb(root: Path = Path("/")) -> float | None:
    """Memory of this process in MB (resident set), or None if the system does not tell."""
    fields = (read_text(root / "proc/self/statm") or "").split()
    return round(int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6, 1) if len(fields) > 1 else None


def _processor(cpuinfo: str) -> str | None:
    fields = dict(re.findall(r"^([\w ]+?)\s*: *(.+)$", cpuinfo, re.MULTILINE))
    if "CPU part" in fields:
        part = int(fields["CPU part"], 16)
        return _ARM_PARTS.get(part, f"Arm core {part:#05x}")
    return fields.get("model name")


def _temperature(zones: Path) -> float | None:
    degrees = [
        int(text) / 1000
        for zone in zones.glob("thermal_zone*")
        if _CPU_ZONE.search(read_text(zone / "type") or "")
        and (text := read_text(zone / "temp") or "").lstrip("-").isdigit()
    ]
    return max(degrees, default=None)


def _kernel_throttling(root: Path) -> str:
    """The same state from the kernel, where ``vcgencmd`` is not installed; empty on other machines."""
    texts = (read_text(path) for path in (root / "sys/devices/platform/soc").glob("*firmware/get_throttled"))
    bits = next(filter(None, texts), "")
    return f"throttled=0x{bits}" if bits else ""


def _throttling(answer: str) -> tuple[str, ...] | None:
    found = re.match(r"throttled=0x([0-9a-f]+)", answer, re.IGNORECASE)
    if found is None:
        return None
    bits = int(found[1], 16)
    return tuple(meaning for bit, meaning in _THROTTLING.items() if bits >> bit & 1)


def _system_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
