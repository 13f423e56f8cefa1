"""Facts that decide a duration are read from the system, and an emulator is not taken for a processor."""

from pathlib import Path

import pytest

from edge_siamese_benchmarks.timing.facts import clock_mhz, emulator, instruction_sets, read_facts
from edge_siamese_benchmarks.timing.xnnpack import Kernels

EPYC = "processor\t: 0\nmodel name\t: AMD EPYC\ncpu MHz\t\t: 2596.1\nflags\t\t: fpu sse2 avx2 fma avx512bw avx512_vnni hypervisor\n"
PI5 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 asimdrdm asimddp\nCPU part\t: 0xd0b\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("proc/sys/kernel", "sys/devices/system/cpu/cpu0/cpufreq", "sys/class/thermal"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "proc/cpuinfo").write_text(EPYC)
    (tmp_path / "proc/meminfo").write_text("MemTotal:       8000512 kB\nMemFree: 5 kB\n")
    return tmp_path


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [(EPYC, ("AVX2", "FMA", "AVX512", "AVX512-VNNI")), (PI5, ("NEON", "dotprod")), ("", ())],
)
def test_instruction_sets_that_matter(cpuinfo: str, expected: tuple[str, ...]) -> None:
    assert instruction_sets(cpuinfo) == expected


def test_the_report_says_what_decided_the_figures(root: Path) -> None:
    kernels = Kernels("7x16c8 avx512vnni", "9p32c avx512skx_mul32")
    facts = read_facts(runtime="ai-edge-litert 2.3.0", delegate="xnnpack", threads=1, kernels=kernels, root=root)
    lines = facts.lines()
    assert "AMD EPYC, 2596 MHz now, 8,000 MB memory, virtual machine" in lines[0]
    assert lines[2:] == [
        "instruction sets: AVX2 FMA AVX512 AVX512-VNNI",
        "ai-edge-litert 2.3.0, delegate xnnpack, threads 1",
        "XNNPACK int8 kernels: 7x16c8 avx512vnni, depthwise 9p32c avx512skx_mul32",
    ]
    fields = facts.to_json()
    assert fields["kernels"]["family"] == "avx512vnni"
    assert fields["memory_mb"] == 8000


def test_another_delegate_has_no_kernels_of_xnnpack(root: Path) -> None:
    kernels = Kernels("7x16c8 avx512vnni", "9p32c avx512skx_mul32")
    facts = read_facts(runtime="r", delegate="reference", threads=1, kernels=kernels, root=root)
    assert facts.kernels is None
    assert facts.lines()[-1] == "kernels: unknown to this runtime or delegate"


def test_clocks_of_a_board_come_from_cpufreq(root: Path) -> None:
    assert clock_mhz(root) == 2596.1
    (root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq").write_text("1500000\n")
    assert clock_mhz(root) == 1500.0


@pytest.mark.parametrize(
    ("machine", "kernel", "cpuinfo", "expected"),
    [
        ("aarch64", "aarch64", PI5, ""),
        ("armv7l", "aarch64", PI5, ""),
        ("x86_64", "x86_64", EPYC, ""),
        ("aarch64", "x86_64", PI5, "an emulator on x86"),
        ("aarch64", None, EPYC, "an emulator on x86"),
        ("aarch64", None, PI5, ""),
        ("riscv64", "riscv64", "", ""),
    ],
)
def test_an_emulated_process_is_noticed(
    root: Path, machine: str, kernel: str | None, cpuinfo: str, expected: str
) -> None:
    (root / "proc/cpuinfo").write_text(cpuinfo)
    if kernel:
        (root / "proc/sys/kernel/arch").write_text(kernel + "\n")
    assert emulator(root, machine) == expected


def test_this_process_is_not_emulated() -> None:
    assert emulator() == ""
