"""The board is told from what the system's files say, whatever is missing."""

from pathlib import Path

import pytest

from edge_siamese.system.host import detect_host

PI5 = {
    "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
    "proc/cpuinfo": "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0b\n\nprocessor\t: 1\nCPU part\t: 0xd0b\n",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "61250\n",
    "sys/class/thermal/thermal_zone1/type": "nvme\n",
    "sys/class/thermal/thermal_zone1/temp": "90000\n",
}
PC = {
    "sys/devices/virtual/dmi/id/product_name": "ThinkPad\n",
    "proc/cpuinfo": "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\n",
}


def system(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_raspberry_pi(tmp_path: Path) -> None:
    host = detect_host(system(tmp_path, PI5), lambda: "throttled=0x50000\n")
    assert host.is_raspberry_pi
    assert host.processor == "Cortex-A76"
    assert host.governor == "ondemand"
    assert host.temperature == 61.25
    assert host.throttling == ("under-voltage since boot", "throttled since boot")
    assert host.lines()[0].startswith("Raspberry Pi 5 Model B Rev 1.0, ")
    assert host.lines()[0].endswith(
        " x Cortex-A76, governor ondemand, 61 °C, under-voltage since boot, throttled since boot"
    )


def test_a_computer(tmp_path: Path) -> None:
    host = detect_host(system(tmp_path, PC), str)
    assert (host.model, host.processor, host.is_raspberry_pi) == ("ThinkPad", "Some CPU @ 2.00GHz", False)
    assert host.throttling is None


def test_a_system_that_tells_nothing(tmp_path: Path) -> None:
    host = detect_host(tmp_path, str)
    assert (host.model, host.processor, host.governor, host.temperature) == (None, None, None, None)
    assert host.cores >= 1
    assert host.lines()[0].startswith("unknown board, ")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("throttled=0x0", ()), ("throttled=0x5", ("under-voltage", "throttled")), ("error", None)],
)
def test_throttling_bits(tmp_path: Path, answer: str, expected: tuple[str, ...] | None) -> None:
    assert detect_host(tmp_path, lambda: answer).throttling == expected


def test_an_arm_core_without_a_known_name_keeps_its_number(tmp_path: Path) -> None:
    host = detect_host(system(tmp_path, {"proc/cpuinfo": "CPU part\t: 0xabc\n"}), str)
    assert host.processor == "Arm core 0xabc"


def test_throttling_bits_of_the_kernel_where_the_firmware_tool_is_missing(tmp_path: Path) -> None:
    file = "sys/devices/platform/soc/soc:firmware/get_throttled"
    assert detect_host(system(tmp_path, {file: "50005\n"}), str).throttling == (
        "under-voltage", "throttled", "under-voltage since boot", "throttled since boot"
    )  # fmt: skip
    assert detect_host(tmp_path, lambda: "throttled=0x0").throttling == ()
