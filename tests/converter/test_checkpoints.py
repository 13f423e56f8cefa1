from pathlib import Path

import keras
import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.checkpoints import load_weights, save_arrays, save_float16_weights


def network(width: int = 3) -> keras.Model:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(width, name="dense")], name="tiny")


def test_float16_weights_come_back_as_float32(tmp_path: Path) -> None:
    first, second = network(), network()
    save_float16_weights(tmp_path / "weights.npz", first, {"width": 0.5})
    load_weights(tmp_path / "weights.npz", second)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        assert b.dtype == np.float32
        assert b == pytest.approx(a.astype(np.float16))


def test_weights_of_another_network_are_refused_and_nothing_changes(tmp_path: Path) -> None:
    save_float16_weights(tmp_path / "weights.npz", network(4), {})
    other = network(3)
    before = [array.copy() for array in other.get_weights()]
    with pytest.raises(DataError, match=r"expected tiny/dense/kernel of shape \(2, 3\), found shape \(2, 4\)"):
        load_weights(tmp_path / "weights.npz", other)
    assert all(np.array_equal(a, b) for a, b in zip(before, other.get_weights(), strict=True))


@pytest.mark.parametrize("content", [b"", b"PK nonsense", None])
def test_a_file_that_is_no_checkpoint_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "weights.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"weights\.npz: expected saved weights"):
        load_weights(path, network())


def test_an_interrupted_save_keeps_the_old_file(tmp_path: Path) -> None:
    save_arrays(tmp_path / "a.npz", {"x": np.arange(3)})

    class Unwritable:
        def __array__(self, *_: object, **__: object) -> np.ndarray:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        save_arrays(tmp_path / "a.npz", {"x": Unwritable()})  # type: ignore[dict-item]
    assert list(np.load(tmp_path / "a.npz")["x"]) == [0, 1, 2]
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
