"""The kernels that XNNPACK chose are read from its tables, and can be limited to those of older processors."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from edge_siamese_benchmarks.timing.facts import instruction_sets
from edge_siamese_benchmarks.timing.xnnpack import Kernels

_PROGRAM = """
import sys
from edge_siamese.models import default_model
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.runtime import load_network
from edge_siamese_benchmarks.timing.xnnpack import check_limit, chosen_kernels, limit_kernels
assert chosen_kernels() is None
if sys.argv[1]:
    limit_kernels(sys.argv[1])
network = load_network(read_model(default_model("embedder")).network)
if sys.argv[1]:
    check_limit()
print(chosen_kernels())
limit_kernels("avx2")
"""


def chosen(limit: str) -> tuple[str, str]:
    pytest.importorskip("ai_edge_litert.interpreter")
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, limit], capture_output=True, text=True, check=False, timeout=120
    )
    lines, error = done.stdout.splitlines(), done.stderr.strip().splitlines()[-1]
    if lines == ["None"] or not lines:
        pytest.skip(f"the kernels of this runtime cannot be read: {error}")
    return lines[0], error


needs_avx2 = pytest.mark.skipif(
    platform.machine() != "x86_64" or "AVX2" not in instruction_sets(Path("/proc/cpuinfo").read_text()),
    reason="the processor has no AVX2",
)


def test_names_for_people() -> None:
    kernels = Kernels("7x16c8 avx512vnni", "9p32c avx512skx_mul32", "avx2")
    assert kernels.family == "avx512vnni"
    expected = "XNNPACK int8 kernels: 7x16c8 avx512vnni, depthwise 9p32c avx512skx_mul32 (limited to avx2)"
    assert kernels.text() == expected
    assert Kernels("4x16c4 asm_aarch64_neondot_ld128", "9p16c neonv8_mla8_ld64").family == "neondot"
    assert Kernels("2x8c8 asm_aarch64_neon_mlal", "").family == "neon"


@needs_avx2
def test_kernels_are_limited_to_avx2_before_a_network_is_loaded() -> None:
    kernels, error = chosen("avx2")
    assert "3x8c8 avx2" in kernels
    assert "512" not in kernels
    assert "limit='avx2'" in kernels
    assert error.endswith("kernels avx2: expected no network that already ran in this process")


@needs_avx2
def test_free_kernels_are_those_of_the_processor() -> None:
    kernels, _ = chosen("")
    assert "limit=''" in kernels
    if "AVX512-VNNI" in instruction_sets(Path("/proc/cpuinfo").read_text()):
        assert "avx512vnni" in kernels
