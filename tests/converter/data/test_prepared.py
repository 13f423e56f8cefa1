from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data.labeled import LabeledImages
from edge_siamese_converter.data.prepared import load_prepared, save_prepared

Make = Callable[..., LabeledImages]


@pytest.mark.parametrize("grouped", [False, True])
def test_images_come_back_as_they_were(labeled: Make, tmp_path: Path, grouped: bool) -> None:
    images = replace(labeled({"å/ä": 2, "b/c": 3}, 1, grouped=grouped), skipped={"b/9.png": "no face found"})
    save_prepared(tmp_path / "new" / "set.npz", images)
    read = load_prepared(tmp_path / "new" / "set.npz")
    assert read.digest == images.digest
    assert (read.paths, read.groups, read.skipped) == (images.paths, images.groups, images.skipped)


def test_other_files_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", images=np.zeros((1, 2, 2, 3), np.uint8))
    np.savez(tmp_path / "floats.npz", images=np.zeros((1, 2, 2, 3)), names=["a"], paths=["b"], skipped=np.array("{}"))
    np.savez(
        tmp_path / "short.npz", images=np.zeros((2, 2, 2, 3), np.uint8), names=["a"], paths=["b"],
        skipped=np.array("{}"),
    )  # fmt: skip
    (tmp_path / "damaged.npz").write_bytes((tmp_path / "other.npz").read_bytes()[:-40])
    for name in ("other", "floats", "short", "damaged", "missing"):
        with pytest.raises(DataError, match="expected images of 'data prepare'"):
            load_prepared(tmp_path / f"{name}.npz")


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "evil.npz", images=np.zeros((1, 2, 2, 3), np.uint8), names=np.array([object()]), paths=["b"],
        skipped=np.array("{}"),
    )  # fmt: skip
    with pytest.raises(DataError, match="allow_pickle=False"):
        load_prepared(tmp_path / "evil.npz")
