from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese_converter.networks.mobilefacenet import set_slope_share
from edge_siamese_converter.tasks.embedder.teacher_cut.orientation import successor, turn_channels
from edge_siamese_converter.tasks.embedder.teacher_cut.units import FoldedUnit, get_unit, set_unit


def outputs(network: Any, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return np.asarray(network((crops.astype(np.float32) - 128) / 128), np.float32)


def make_negative(network: Any, name: str, channel: int, slope: float = 0.4) -> None:
    """Let a channel of a unit speak through its slope alone."""
    unit = get_unit(network, name)
    assert unit.slope is not None
    bias, slopes = unit.bias.copy(), unit.slope.copy()
    bias[channel] -= 50
    slopes[channel] = slope
    set_unit(network, name, FoldedUnit(unit.kernel, bias, slopes))


@pytest.mark.parametrize(
    "name", ["stem", "stem_depthwise", "stage0_block1_expand", "stage1_block0_depthwise", "last", "reduce"]
)
def test_a_silent_channel_is_turned_and_nothing_changes(
    own_teacher: Any, crops: npt.NDArray[np.uint8], name: str
) -> None:
    make_negative(own_teacher, name, 3)
    before = outputs(own_teacher, crops)
    assert turn_channels(own_teacher, crops) >= 1
    after = outputs(own_teacher, crops)
    assert after == pytest.approx(before, abs=2e-3 * float(np.abs(before).max()))
    slopes = get_unit(own_teacher, name).slope
    assert slopes is not None
    assert slopes[3] == pytest.approx(1 / 0.4)
    assert turn_channels(own_teacher, crops) == 0


def test_relu_keeps_the_side_that_matters(own_teacher: Any, crops: npt.NDArray[np.uint8]) -> None:
    for channel in range(0, 12, 2):
        make_negative(own_teacher, "stage1_block1_expand", channel)
    whole = outputs(own_teacher, crops)

    def lost() -> float:
        set_slope_share(own_teacher, 0.0)
        loss = float(np.abs(outputs(own_teacher, crops) - whole).mean())
        set_slope_share(own_teacher, 1.0)
        return loss

    before = lost()
    turn_channels(own_teacher, crops)
    assert lost() < before


def test_successors() -> None:
    assert successor("stage2_block10_depthwise") == "stage2_block10_project"
    assert successor("stage0_block0_expand") == "stage0_block0_depthwise"
    assert successor("reduce") == "embedding"
