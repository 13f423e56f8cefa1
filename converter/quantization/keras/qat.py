"""Quantization-aware fine-tuning of embedders that lose too much accuracy in post-training quantization.

The fake-quantized network is trained to reproduce the embeddings of the float network. Activation ranges minimize the
quantization error and stay fixed.
"""

from functools import partial
from typing import Any

import cv2
import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from edge_siamese.preprocessing import float_input

from ...augmentation.face_crop import CameraAugmentation
from ..calibration import measure_ranges, require_calibration
from .equalization import equalized
from .fake_quant import fake_quantized, fold_batch_normalization, quantized_tensors, require_foldable
from .pixel_pairs import with_pixel_pairs
from .ptq import convert_int8

BATCH_SIZE = 32


def quantize_aware(
    network: Any,
    images: npt.NDArray[np.uint8],
    crops: npt.NDArray[np.uint8],
    *,
    steps: int = 400,
    learning_rate: float = 1e-4,
    seed: int = 0,
    pixel_pairs: bool = False,
) -> bytes:
    """Fine-tune an embedder for int8 and convert it.

    Args:
        network: Keras embedder.
        images: calibration images uint8 ``(M, H, W, C)``.
        crops: training crops uint8 ``(N, H, W, C)``, C = 1 or 3.
        steps: batches of 32; 0 only measures ranges.
        learning_rate: initial learning rate, with cosine decay to zero.
        seed: seed of the order of the crops and of their augmentation.
        pixel_pairs: the file reads pixels in pairs, see `pixel_pairs`.

    Returns:
        Bytes of the .tflite, as from `ptq.quantize`.

    Raises:
        DataError: there are fewer than 20 images, or a layer cannot be fine-tuned for int8.
    """
    require_calibration(images)
    require_foldable(network)
    inputs = float_input(images)
    folded = fold_batch_normalization(equalized(network, inputs))
    ranges = measure_ranges(folded, quantized_tensors(folded), inputs)
    student = fake_quantized(folded, ranges)
    if steps:
        _imitate(student, network, _CropBatches(crops, steps, seed), learning_rate)
    folded.set_weights(student.get_weights())  # both have the same layers with weights, in the same order
    return convert_int8(
        fake_quantized(with_pixel_pairs(folded) if pixel_pairs else folded, ranges, batch_size=1), images
    )


def _imitate(student: Any, original: Any, batches: "_CropBatches", learning_rate: float) -> None:
    tuner = _Imitation(student, original)
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, len(batches))
    tuner.compile(optimizer=keras.optimizers.Adam(schedule), jit_compile=False)
    tuner.fit(batches, verbose=0)


class _Imitation(keras.Model):  # type: ignore[misc]
    """Trains a student to reproduce the directions of the embeddings of the original."""

    def __init__(self, student: Any, original: Any) -> None:
        super().__init__(name="imitation")
        self.student = student
        self._embed = partial(original, training=False)  # not a layer of this model, so it is not trained

    def call(self, images: Any, training: bool | None = None) -> Any:
        return self.student(images, training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        expected = ops.normalize(ops.cast(self._embed(x), "float32"), axis=-1)
        return 1.0 - ops.mean(ops.sum(expected * ops.normalize(y_pred, axis=-1), axis=-1))


class _CropBatches(keras.utils.PyDataset):  # type: ignore[misc]
    def __init__(self, crops: npt.NDArray[np.uint8], steps: int, seed: int) -> None:
        super().__init__(workers=1)
        self.crops, self.steps, self.seed = crops, steps, seed
        self.augmentation = CameraAugmentation()

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.float32]]:
        rng = np.random.default_rng((self.seed, index))
        rows = rng.integers(0, len(self.crops), BATCH_SIZE)
        return (float_input(np.stack([self._changed(self.crops[row], rng) for row in rows])),)

    def _changed(self, image: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        if image.shape[2] == 3:
            return self.augmentation(image, rng)
        colored = self.augmentation(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), rng)
        return np.asarray(cv2.cvtColor(colored, cv2.COLOR_RGB2GRAY)[..., None])
