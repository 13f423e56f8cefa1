"""The kernels that XNNPACK chooses on an Arm core are read from its tables, and durations there are called simulated."""

import subprocess
from pathlib import Path

import pytest

from edge_siamese.arm_cost import parse_cores
from edge_siamese_benchmarks.arm.rig import Rig, device_path

pytestmark = [pytest.mark.arm64, pytest.mark.slow]

_PROGRAM = """
from edge_siamese.models import named_model
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.runtime import load_network
from edge_siamese_benchmarks.timing.facts import read_facts
from edge_siamese_benchmarks.timing.xnnpack import chosen_kernels
network = load_network(read_model(named_model("embedder-small")).network)
facts = read_facts(runtime="litert", delegate="xnnpack", threads=1, kernels=chosen_kernels())
print("\\n".join([*facts.lines(), facts.kernels.family]))
"""


def test_kernels_of_an_arm_core_and_its_emulator_are_named(arm_rig: Rig) -> None:
    with device_path() as path:
        (path / "edge_siamese_benchmarks").symlink_to(Path(__file__).parents[3] / "benchmarks")
        environment = {"PYTHONPATH": str(path)}
        done = arm_rig.run(parse_cores("a76")[0], ["-c", _PROGRAM], environment, stdout=subprocess.PIPE)
    lines = done.stdout.splitlines()
    assert lines[0] == "SIMULATED by an emulator on x86: no measurement of a processor"
    assert "instruction sets: NEON dotprod" in lines
    assert lines[-1] == "neondot"
