from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.networks.mobilefacenet import set_slope_share
from edge_siamese_converter.tasks.embedder.teacher_cut.slopes import SlopeAnnealing, without_slopes


def share(network: Any) -> float:
    return float(network.get_layer("stem_prelu").share)


def test_the_share_falls_over_the_steps_and_then_stays(own_teacher: Any) -> None:
    annealing = SlopeAnnealing(own_teacher, 1.0, 0.0, steps=8, steps_per_epoch=4)
    shares = []
    for epoch in range(3):
        annealing.on_epoch_begin(epoch)
        for batch in range(4):
            shares.append(share(own_teacher))
            annealing.on_train_batch_end(batch)
    assert shares == pytest.approx([1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0, 0, 0, 0])


def test_a_resumed_run_begins_at_its_epoch_s_share(own_teacher: Any) -> None:
    SlopeAnnealing(own_teacher, 0.8, 0.4, steps=4, steps_per_epoch=2).on_epoch_begin(1)
    assert share(own_teacher) == pytest.approx(0.6)


def test_slopes_that_count_for_nothing_are_dropped(own_teacher: Any, crops: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(DataError, match="still count for 1"):
        without_slopes(own_teacher)
    set_slope_share(own_teacher, 0.0)
    plain = without_slopes(own_teacher)
    assert not any(layer.name.endswith("_prelu") for layer in plain.layers)
    pixels = (crops.astype(np.float32) - 128) / 128
    assert np.asarray(plain(pixels)) == pytest.approx(np.asarray(own_teacher(pixels)), abs=1e-5)
    assert without_slopes(plain).count_params() == plain.count_params()
