"""The device loop fits a board with 512 MB, natively and on an emulated arm64, and does not grow."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge_siamese.arm_cost import CORES
from edge_siamese.errors import EdgeSiameseError, RuntimeMissingError
from edge_siamese.models import named_model
from edge_siamese_benchmarks.arm.device import portrait
from edge_siamese_benchmarks.arm.rig import Rig
from edge_siamese_benchmarks.memory import loop
from edge_siamese_benchmarks.memory.growth import growth
from edge_siamese_benchmarks.memory.loop import BUDGET_BYTES, LoopMemory, LoopSettings, measure_emulated, measure_here

STEPS = ["Python", "numpy", "OpenCV", "runtime", "edge_siamese", "models", "gallery", "first frame"]
pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="there is no /proc/self/smaps here")


@pytest.fixture(scope="module")
def settings() -> LoopSettings:
    small = {name: named_model(f"{name}-small") for name in ("embedder", "detector")}
    return LoopSettings(portrait(640, 480)[0], frames=160, every=10, **small)


@pytest.fixture(scope="module")
def measured(settings: LoopSettings) -> LoopMemory:
    return measure_here(settings)


def test_every_step_is_a_checkpoint(measured: LoopMemory) -> None:
    assert [checkpoint.name for checkpoint in measured.checkpoints] == [*STEPS, *["loop"] * 16, "end"]
    assert [checkpoint.frames for checkpoint in measured.steady()] == list(range(50, 170, 10))
    largest = max(checkpoint.memory.resident for checkpoint in measured.checkpoints)
    assert largest <= measured.peak
    libraries = measured.checkpoints[-1].memory.by_library
    assert {"OpenCV", "numpy", "LiteRT", "Python"} <= set(libraries)


def test_the_loop_fits_a_board_with_512_mb() -> None:
    measured = measure_here(LoopSettings(portrait(640, 480)[0], frames=8, every=4))
    assert measured.peak <= BUDGET_BYTES == 110 * 1024 * 1024
    assert measured.is_within_budget


def test_the_loop_does_not_grow(measured: LoopMemory) -> None:
    steady = measured.steady()
    found = growth([each.frames for each in steady], [each.memory.resident for each in steady])
    assert found.is_steady, found


def test_a_loop_that_grows_is_noticed(settings: LoopSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Path(loop.__file__).with_name(loop.PROGRAM).read_text()
    leaking = source.replace("yield Frame(image.copy()", "kept.append(image.copy()); yield Frame(image.copy()")
    assert leaking != source
    (tmp_path / loop.PROGRAM).write_text(f"kept = []\n{leaking}")
    monkeypatch.setattr(loop, "files", lambda package: tmp_path)
    steady = measure_here(replace(settings, frames=40, every=5)).steady()
    found = growth([each.frames for each in steady], [each.memory.resident for each in steady])
    assert found.slope == pytest.approx(640 * 480 * 3, rel=0.1)
    assert not found.is_steady


def test_a_loop_that_fails_is_one_sentence(settings: LoopSettings, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.tflite"
    foreign.write_bytes(b"not a model")
    with pytest.raises(EdgeSiameseError, match=r"^memory: the loop failed: .*foreign\.tflite"):
        measure_here(replace(settings, detector=foreign))


def test_a_process_that_does_not_start_is_one_sentence() -> None:
    with pytest.raises(EdgeSiameseError, match="the loop failed: nothing to see"):
        loop._run([sys.executable, "-c", "import sys; sys.exit('nothing to see')"])


@pytest.mark.arm64
@pytest.mark.slow
def test_the_loop_fits_on_arm64(arm_rig: Rig) -> None:
    measured = measure_emulated(LoopSettings(portrait(640, 480)[0], frames=6, every=2), arm_rig, CORES["a53"])
    assert measured.checkpoints[-1].frames == 6
    assert measured.is_within_budget, f"{measured.peak / 2**20:.1f} MB"


@pytest.mark.arm64
@pytest.mark.slow
def test_the_guests_memory_is_counted_without_the_emulators(arm_rig: Rig, tmp_path: Path) -> None:
    program = tmp_path / "allocate.py"
    source = Path(loop.__file__).with_name(loop.PROGRAM).read_text()
    size = 40 * 1024 * 1024
    body = f"checkpoint('a', emulated=True)\nlarge = bytearray(b'x') * {size}\ncheckpoint('b', emulated=True)\n"
    program.write_text(source.partition('if __name__ == "__main__"')[0] + body)
    command = arm_rig.command(CORES["a53"], [str(program)], {}, count=False)
    (before, after), peak = loop._run(command, arm_rig.host_environment())
    assert after.memory.resident - before.memory.resident == pytest.approx(size, rel=0.05)
    assert before.memory.resident < 25 * 1024 * 1024
    assert peak > after.memory.resident  # QEMU's own memory is in the process, and is not counted


@pytest.fixture(scope="session")
def arm_rig() -> Rig:
    try:
        return Rig.open()
    except RuntimeMissingError as error:
        pytest.skip(str(error))
