"""The int8 form of a siamese network: quantized, judged on the same images, written with a card.

A normalization that is a mere scale and offset becomes part of the graph, whose input is then the project's own,
``pixel ^ 0x80``. Any other is computed before the network: the card carries all of it, and `FaceEngine` does not serve such
a model.
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
    """A quantized network and what its images go through before it.

    Attributes:
        tflite: bytes of the .tflite, without card.
        model: what it was made of.
        folded: the normalization is part of the graph.
    """

    tflite: bytes
    model: SiameseNetwork
    folded: bool

    def real(self, raw: npt.NDArray[np.int8]) -> Embeddings:
        """What raw embeddings ``(N, D)`` stand for, as the float network would say it."""
        ((scale, zero_point),) = load_network(self.tflite).output_scales().values()
        return self.model.finished((raw.astype(np.float32) - zero_point) * np.float32(scale))

    def embed(self, images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int8], int]:
        """Raw int8 embeddings ``(N, D)`` of uint8 images, and their zero point."""
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
    """Quantize a trained network, measure on the validation classes what that cost, and write it with its card.

    An embedder for the engine has to pass the parity gate and gets operating points; of any other the cost is told.

    Raises:
        DataError: there are fewer than 20 training images to calibrate on.
        ParityError: int8 costs more than the gate allows; nothing is written.
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
    """Float against int8 on the validation classes."""
    raw, zero_point = int8.embed(validation.images)
    original = unit_rows(model.embed(validation.images))
    return measure_parity(original, raw, zero_point, validation.labels())


def serves_the_engine(recipe: SiameseRecipe, model: SiameseNetwork) -> bool:
    """Whether the network takes the engine's crops as they are."""
    aligned = recipe.data.preparation.align == "detector" and recipe.data.preparation.crop_factor == 1.0
    crops = model.network.input_shape[1:] == (CROP_SIZE, CROP_SIZE, 3)
    return aligned and crops and model.normalization.name == "signed"


def quantize_model(model: SiameseNetwork, calibration: npt.NDArray[np.uint8]) -> Int8Network:
    """Quantize a trained network; ranges are measured on images uint8 ``(N, H, W, C)``.

    Raises:
        DataError: fewer than 20 images.
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
