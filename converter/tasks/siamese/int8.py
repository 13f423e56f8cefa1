"""Quantize a siamese network to int8, measure parity and write it with a model card.

A normalization that is a scale and offset is folded into the graph, whose input is then ``pixel ^ 0x80``. Any other
normalization is computed before the network and stored in the card; `FaceEngine` does not support such a model.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE
from edge_siamese.embedding import average_with_flip, unit_rows
from edge_siamese.preprocessing import int8_input
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.runtime import TfliteNetwork, load_network

from ...data.labeled import LabeledImages
from ...export.conversion_data import UNALIGNED
from ...export.convert import LabeledCrops, convert_embedder, golden_faces
from ...export.model_file import Description, export_model, with_contract
from ...importers.contract import PixelInput
from ...importers.keras_files import at_contract
from ...quantization.calibration import require_calibration, spread
from ...quantization.formats import convert_static, static_batch
from ...quantization.keras.ptq import quantize
from ...quantization.parity import ParityReport, measure_parity
from ...recipes.siamese import SiameseRecipe
from ...tflite_edit import compact
from .network import Embeddings, SiameseNetwork


@dataclass(frozen=True, eq=False)
class Int8Network:
    """A quantized network and the preprocessing of its images.

    Attributes:
        tflite: bytes of the .tflite, without card.
        model: the float network.
        folded: True if the normalization is part of the graph.
    """

    tflite: bytes
    model: SiameseNetwork
    folded: bool

    def real(self, raw: npt.NDArray[np.int8]) -> Embeddings:
        """Dequantize raw embeddings int8 ``(N, D)`` and finish them like those of the float network."""
        ((scale, zero_point),) = load_network(self.tflite).output_scales().values()
        return self.model.finished((raw.astype(np.float32) - zero_point) * np.float32(scale))

    def embed(self, images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int8], int]:
        """Compute raw int8 embeddings ``(N, D)`` of uint8 images ``(N, H, W, C)``, and their zero point."""
        network = load_network(self.tflite)
        ((_, zero_point),) = network.output_scales().values()

        def outputs(some: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
            inputs = int8_input(some) if self.folded else self._normalized(network, some)
            return np.stack([next(iter(network.run(one[None]).values())).reshape(-1) for one in inputs])

        return average_with_flip(images, outputs, average_flip=self.model.average_flip), zero_point

    def _normalized(self, network: TfliteNetwork, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
        scale, zero_point = network.input_scale
        levels = np.rint(self.model.normalization(images) / scale) + zero_point
        return np.asarray(np.clip(levels, -128, 127), np.int8)


def convert_model(
    recipe: SiameseRecipe,
    model: SiameseNetwork,
    training: LabeledImages,
    validation: LabeledImages,
    output: Path,
    *,
    license: str,
    about_training: dict[str, Any],
) -> tuple[Int8Network, ParityReport]:
    """Quantize a trained network, measure parity on the validation classes and write it with a card.

    An embedder for the engine must pass the parity gate and gets operating points; for other networks parity is only
    reported.

    Raises:
        DataError: there are fewer than 20 training images for calibration.
        ParityError: int8 loses more than the parity gate allows; nothing is written.
    """
    name = f"{recipe.network.name}, {'fine-tuned' if recipe.network.weights else 'trained'}"
    if serves_the_engine(recipe, model):
        evaluated = LabeledCrops(validation.images, validation.labels(), validation.digest)
        parity = convert_embedder(
            model.network, training.images, evaluated, output,
            name=name, license=license, training=about_training, average_flip=model.average_flip,
        )  # fmt: skip
        return Int8Network(read_model(output).network, model, True), parity
    int8 = quantize_model(model, training.images)
    parity = cost_of_int8(model, int8, validation)
    about = about_training | {"normalization": model.normalization.to_json(), "parity": parity.to_json()}
    tflite = with_contract(int8.tflite, "embedder", alignment=UNALIGNED, average_flip=model.average_flip)
    goldens = golden_faces(tflite) if int8.folded else []
    export_model(output, tflite, Description("embedder", name, license, about), goldens)
    return int8, parity


def cost_of_int8(model: SiameseNetwork, int8: Int8Network, validation: LabeledImages) -> ParityReport:
    """Measure the parity of float and int8 on the validation classes."""
    raw, zero_point = int8.embed(validation.images)
    original = unit_rows(model.embed(validation.images))
    return measure_parity(original, raw, zero_point, validation.labels())


def serves_the_engine(recipe: SiameseRecipe, model: SiameseNetwork) -> bool:
    """Check whether `FaceEngine` supports the network: its input is the aligned crop."""
    aligned = recipe.data.preparation.align == "detector" and recipe.data.preparation.crop_factor == 1.0
    crops = model.network.input_shape[1:] == (CROP_SIZE, CROP_SIZE, 3)
    return aligned and crops and model.normalization.name == "signed"


def quantize_model(model: SiameseNetwork, calibration: npt.NDArray[np.uint8]) -> Int8Network:
    """Quantize a trained network with calibration images uint8 ``(N, H, W, C)``.

    Raises:
        DataError: there are fewer than 20 images.
    """
    images = spread(calibration)
    require_calibration(images)
    affine = model.normalization.affine
    if affine:
        whole = at_contract("the network", model.network, PixelInput.of_affine(*affine))
        return Int8Network(quantize(whole, images), model, True)
    static = static_batch(model.network, images.shape[1:])
    inputs = model.normalization(images)
    return Int8Network(compact(convert_static(static, "int8", inputs)), model, False)
