"""Read and write TFRecord files of image pairs or of bottleneck pairs (outputs of a frozen network).

========================== ==================== ================================================================
feature                    type                 of
========================== ==================== ================================================================
image_1, image_2           bytes, PNG           pairs of images
path_1, path_2             bytes, UTF-8         pairs of images
bottleneck_1, bottleneck_2 D floats             pairs of bottlenecks, named as in asik03/uc3m-bq-SiameseConvNet
label                      int64                both: 1 for genuine pairs, 0 for impostor pairs
========================== ==================== ================================================================
"""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError, RuntimeMissingError
from edge_siamese.installation import install_command

from .labeled import LabeledImages

Index = npt.NDArray[np.int64]
IsGenuine = npt.NDArray[np.bool_]


def write_image_pairs(path: Path, images: LabeledImages, index: Index, is_genuine: IsGenuine) -> None:
    """Write pairs of images, given as indices int64 ``(P, 2)``, atomically.

    Raises:
        RuntimeMissingError: TensorFlow is not installed.
    """
    tf = _tensorflow()

    @cache
    def encoded(row: int) -> bytes:
        return _png(images.images[row])

    def features(first: int, second: int) -> dict[str, Any]:
        of = {"image_1": encoded(first), "image_2": encoded(second)}
        of |= {"path_1": images.paths[first].encode(), "path_2": images.paths[second].encode()}
        return {name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value])) for name, value in of.items()}

    _write(tf, path, (features(first, second) for first, second in index.tolist()), is_genuine)


def write_bottleneck_pairs(
    path: Path, bottlenecks: npt.NDArray[np.float32], index: Index, is_genuine: IsGenuine
) -> None:
    """Write pairs of bottlenecks float32 ``(N, D)``, given as indices int64 ``(P, 2)``, atomically.

    Raises:
        RuntimeMissingError: TensorFlow is not installed.
    """
    tf = _tensorflow()

    def features(first: int, second: int) -> dict[str, Any]:
        of = {"bottleneck_1": bottlenecks[first], "bottleneck_2": bottlenecks[second]}
        return {name: tf.train.Feature(float_list=tf.train.FloatList(value=value)) for name, value in of.items()}

    _write(tf, path, (features(first, second) for first, second in index.tolist()), is_genuine)


def read_image_pairs(path: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], IsGenuine]:
    """Read both images of every pair, uint8 ``(P, H, W, C)``, and is_genuine bool ``(P,)``.

    Raises:
        DataError: the file is missing, damaged or holds other records.
    """
    pairs = list(_read(path, ("image_1", "image_2"), "string"))
    first, second = np.stack([_image(pair[0]) for pair in pairs]), np.stack([_image(pair[1]) for pair in pairs])
    return first, second, np.array([pair[2] == 1 for pair in pairs], bool)


def read_bottleneck_pairs(path: Path) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], IsGenuine]:
    """Read both bottlenecks of every pair, float32 ``(P, D)``, and is_genuine bool ``(P,)``.

    Raises:
        DataError: the file is missing, damaged or holds other records.
    """
    pairs = list(_read(path, ("bottleneck_1", "bottleneck_2"), "float32"))
    sizes = {len(row) for pair in pairs for row in pair[:2]}
    if len(sizes) != 1 or 0 in sizes:
        raise DataError(f"{path}: expected bottlenecks of one size, found sizes {sorted(sizes)}")
    first, second = (np.array([pair[side] for pair in pairs], np.float32) for side in (0, 1))
    return first, second, np.array([pair[2] == 1 for pair in pairs], bool)


def _tensorflow() -> Any:
    try:
        import tensorflow as tf
    except ImportError as error:
        raise RuntimeMissingError(
            "TFRecord files need TensorFlow, which is not installed: " + install_command("edge-siamese[converter]")
        ) from error
    return tf


def _write(tf: Any, path: Path, pairs: Iterable[dict[str, Any]], is_genuine: IsGenuine) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, "pairs.tfrecord")
        with tf.io.TFRecordWriter(str(written)) as writer:
            for features, label in zip(pairs, is_genuine.tolist(), strict=True):
                features["label"] = tf.train.Feature(int64_list=tf.train.Int64List(value=[int(label)]))
                example = tf.train.Example(features=tf.train.Features(feature=features))
                writer.write(example.SerializeToString())
        with written.open("rb") as source, write_atomically(path) as target:
            shutil.copyfileobj(source, target)


def _read(path: Path, sides: tuple[str, str], kind: str) -> Iterator[tuple[Any, Any, int]]:
    """Yield both sides of every record and its label; a file without records is an error."""
    tf = _tensorflow()
    if not path.is_file():
        raise DataError(f"{path}: expected a TFRecord file, found none")
    one = tf.io.FixedLenFeature
    side = one([], kind) if kind == "string" else tf.io.FixedLenSequenceFeature([], kind, allow_missing=True)
    features = {**dict.fromkeys(sides, side), "label": one([], "int64")}
    empty = True
    try:
        for record in tf.data.TFRecordDataset(str(path)):
            empty = False
            found = tf.io.parse_single_example(record, features)
            yield found[sides[0]].numpy(), found[sides[1]].numpy(), int(found["label"])
    except tf.errors.OpError as error:
        why = error.message.splitlines()[0]
        raise DataError(f"{path}: expected a TFRecord file of {' and '.join(sides)}, cannot read it ({why})") from error
    if empty:
        raise DataError(f"{path}: expected pairs, the file holds none")


def _png(image: npt.NDArray[np.uint8]) -> bytes:
    turned = image if image.shape[2] == 1 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".png", turned)[1])


def _image(encoded: bytes) -> npt.NDArray[np.uint8]:
    """Decode to uint8 ``(H, W, C)`` with the stored number of channels."""
    image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise DataError("a record of pairs holds an image that cannot be decoded")
    return np.asarray(image[..., None] if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
