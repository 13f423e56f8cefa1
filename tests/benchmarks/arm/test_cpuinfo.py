"""Cores are described to programs as a board's kernel would describe them."""

import pytest

from edge_siamese.arm_cost import CORES, ArmCore
from edge_siamese_benchmarks.arm.cpuinfo import cpuinfo


@pytest.mark.parametrize("core", CORES.values(), ids=list(CORES))
def test_cpuinfo_tells_the_part_and_the_dot_product(core: ArmCore) -> None:
    text = cpuinfo(core, count=2)
    assert text.count("processor\t:") == 2
    assert f"CPU part\t: 0x{core.part:03x}" in text
    assert ("asimddp" in text) == core.has_dot
