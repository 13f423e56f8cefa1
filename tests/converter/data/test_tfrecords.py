from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data.labeled import LabeledImages
from edge_siamese_converter.data.tfrecords import (
    read_bottleneck_pairs,
    read_image_pairs,
    write_bottleneck_pairs,
    write_image_pairs,
)

Make = Callable[..., LabeledImages]
INDEX, SAME = np.array([[0, 1], [2, 0], [3, 2]]), np.array([True, False, True])


@pytest.mark.parametrize("channels", [1, 3])
def test_pairs_of_images_come_back(labeled: Make, tmp_path: Path, channels: int) -> None:
    images = labeled({"a": 2, "b": 2}, channels)
    write_image_pairs(tmp_path / "new" / "p.tfrecord", images, INDEX, SAME)
    first, second, is_genuine = read_image_pairs(tmp_path / "new" / "p.tfrecord")
    assert np.array_equal(first, images.images[INDEX[:, 0]])
    assert np.array_equal(second, images.images[INDEX[:, 1]])
    assert np.array_equal(is_genuine, SAME)


def test_pairs_of_bottlenecks_come_back(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)
    write_bottleneck_pairs(tmp_path / "b.tfrecord", rows, INDEX, SAME)
    first, second, is_genuine = read_bottleneck_pairs(tmp_path / "b.tfrecord")
    assert np.array_equal(first, rows[INDEX[:, 0]])
    assert np.array_equal(second, rows[INDEX[:, 1]])
    assert np.array_equal(is_genuine, SAME)


def test_other_readers_find_the_features_by_name(labeled: Make, tmp_path: Path) -> None:
    import tensorflow as tf

    write_image_pairs(tmp_path / "p.tfrecord", labeled({"a": 2, "b": 2}), INDEX, SAME)
    first = next(iter(tf.data.TFRecordDataset(str(tmp_path / "p.tfrecord")))).numpy()
    features = tf.train.Example.FromString(first).features.feature
    assert sorted(features) == ["image_1", "image_2", "label", "path_1", "path_2"]
    assert features["path_2"].bytes_list.value[0] == b"a/1.png"


def test_one_kind_is_not_taken_for_the_other(labeled: Make, tmp_path: Path) -> None:
    write_image_pairs(tmp_path / "p.tfrecord", labeled({"a": 2, "b": 2}), INDEX, SAME)
    with pytest.raises(DataError, match="expected bottlenecks of one size"):
        read_bottleneck_pairs(tmp_path / "p.tfrecord")
    write_bottleneck_pairs(tmp_path / "b.tfrecord", np.ones((4, 2), np.float32), INDEX, SAME)
    with pytest.raises(DataError, match="expected a TFRecord file of image_1 and image_2"):
        read_image_pairs(tmp_path / "b.tfrecord")


@pytest.mark.parametrize("content", [None, b"", b"something else entirely"])
def test_other_files_are_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "p.tfrecord").write_bytes(content)
    with pytest.raises(DataError, match="expected"):
        read_image_pairs(tmp_path / "p.tfrecord")
