from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese_converter.tasks.embedder.teacher_cut.batch_norm import insert_batch_norm


def outputs(network: Any, crops: npt.NDArray[np.uint8]) -> Any:
    return np.asarray(network((crops.astype(np.float32) - 128) / 128))


def test_the_network_computes_what_it_did(own_teacher: Any, crops: npt.NDArray[np.uint8]) -> None:
    before = outputs(own_teacher, crops)
    insert_batch_norm(own_teacher, crops)
    assert outputs(own_teacher, crops) == pytest.approx(before, abs=1e-4 * float(np.abs(before).max()))


def test_every_normalization_has_its_inputs_statistics(own_teacher: Any, crops: npt.NDArray[np.uint8]) -> None:
    insert_batch_norm(own_teacher, crops)
    import keras

    layer = own_teacher.get_layer("stage1_block0_expand_bn")
    rows = np.asarray(keras.Model(own_teacher.input, layer.input)((crops.astype(np.float32) - 128) / 128))
    rows = rows.reshape(-1, rows.shape[-1])
    assert np.asarray(layer.moving_mean) == pytest.approx(rows.mean(0), abs=1e-3)
    assert np.asarray(layer.moving_variance) == pytest.approx(rows.var(0), rel=1e-2)
