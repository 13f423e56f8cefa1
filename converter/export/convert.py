"""Convert float networks to .tflite: quantize, check parity, set operating points, write the model card."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import TEMPLATE_NAME
from edge_siamese.atomic import write_atomically
from edge_siamese.embedding import average_with_flip, unit_rows
from edge_siamese.errors import DataError, EdgeSiameseError, OperatingPointError
from edge_siamese.frames import RGB
from edge_siamese.operating_point import OperatingPoint, calibrate
from edge_siamese.rendering import GOLDEN_SEEDS, Person, View, render_crop, render_portrait
from edge_siamese.tflite.runtime import load_network

from ..embeddings import embed_int8, embed_model, row_cosines
from ..importers.networks import GraphNetwork, ImportedNetwork, KerasNetwork
from ..quantization.calibration import spread
from ..quantization.formats import Format, as_float
from ..quantization.keras.ptq import quantize
from ..quantization.parity import (
    MAXIMUM_AUC_LOSS,
    ChanceError,
    ParityReport,
    int8_pair_scores,
    measure_float_parity,
    measure_parity,
)
from ..quantization.sqnr import LayerNoise, compare_layers, worst
from .model_file import Description, export_model, export_plain, with_contract

OPERATING_FMRS = (
    1e-2, 7e-3, 5e-3, 3e-3, 2e-3, 1.5e-3, 1e-3, 7e-4, 5e-4, 3e-4, 2e-4, 1.5e-4, 1e-4, 7e-5, 5e-5, 3e-5, 2e-5, 1.5e-5, 1e-5
)  # fmt: skip
_GOLDEN_FACES, _GOLDEN_SCENES = 3, 1
_COMPARED_IMAGES = 8  # images of the layer-by-layer comparison


class ParityError(EdgeSiameseError):
    """The network failed the parity gate; `layers` has the quantization noise of each layer, in order of execution."""

    def __init__(self, message: str, layers: Sequence[LayerNoise]) -> None:
        super().__init__(message)
        self.layers = layers


@dataclass(frozen=True, eq=False)
class LabeledCrops:
    """Images uint8 ``(N, H, W, C)``, the person on each as int64 ``(N,)``, and a digest of their source."""

    crops: npt.NDArray[np.uint8]
    people: npt.NDArray[np.int64]
    digest: str


def convert_embedder(
    network: Any,
    calibration: npt.NDArray[np.uint8],
    validation: LabeledCrops | None,
    output: Path,
    *,
    name: str,
    license: str,
    training: dict[str, Any],
    format: Format = "int8",
    alignment: str = TEMPLATE_NAME,
    aware_steps: int | None = None,
    average_flip: bool = False,
    pixel_pairs: bool = False,
    maximum_auc_loss: float = MAXIMUM_AUC_LOSS,
) -> ParityReport:
    """Quantize a float embedder, check it at the parity gate and write it; int8 gets a model card.

    Args:
        network: Keras embedder with input ``(pixel - 128) / 128``, or an imported network.
        calibration: calibration images uint8 ``(N, H, W, C)``; activation ranges are measured on 200 of them, evenly
            spaced. Quantization-aware fine-tuning uses all of them.
        validation: images of people the network was not trained on; parity and operating points are measured on all
            pairs. With None only embeddings are compared, on the calibration images.
        output: the .tflite to write.
        name, license, training: entries of the card.
        format: number format; only int8 gets a card and runs in `FaceEngine`.
        alignment: name of the landmark template of the images.
        aware_steps: batches of quantization-aware fine-tuning (`quantization.keras.qat`); 0 only equalizes the channels and
            chooses the ranges of least error, None is plain post-training quantization.
        average_flip: use flip averaging, as stored in the card; int8 only.
        pixel_pairs: read pixels in pairs in the first convolution (`quantization.keras.pixel_pairs`); Keras networks only.
        maximum_auc_loss: largest loss of AUC that passes the parity gate, 0 to 1.

    Raises:
        ChanceError: the float network is no better than chance; nothing is written.
        ParityError: the quantized network loses more than the gate allows; nothing is written.
        DataError: fine-tuning for int8, or reading pixels in pairs, does not support the network or one of its layers.
    """
    imported = network if isinstance(network, KerasNetwork | GraphNetwork) else KerasNetwork(network, "run")
    images = spread(calibration)
    model = _quantized(imported, format, images, calibration, aware_steps, pixel_pairs=pixel_pairs)
    evaluated = validation or LabeledCrops(images, np.zeros(0, np.int64), "")
    people = validation.people if validation else None
    original = unit_rows(average_with_flip(evaluated.crops, imported.embed, average_flip=average_flip))
    if format != "int8":
        parity = measure_float_parity(original, embed_model(model, evaluated.crops), people)
        _require(parity, maximum_auc_loss, imported, model, images)
        export_plain(output, model, name=name, license=license)
        return parity
    model = with_contract(model, "embedder", alignment=alignment, average_flip=average_flip)
    int8 = load_network(model)
    ((_, zero_point),) = int8.output_scales().values()
    embeddings = average_with_flip(evaluated.crops, lambda crops: embed_int8(int8, crops), average_flip=average_flip)
    parity = measure_parity(original, embeddings, zero_point, people)
    _require(parity, maximum_auc_loss, imported, model, images)
    points = _operating_points(embeddings, zero_point, validation) if validation else ()
    ranges = "extremes" if aware_steps is None else "least error"
    card = training | {"parity": parity.to_json(), "quantization_aware_steps": aware_steps or 0, "ranges": ranges}
    export_model(output, model, Description("embedder", name, license, card, points), golden_faces(model))
    return parity


def _quantized(
    network: ImportedNetwork,
    format: Format,
    images: npt.NDArray[np.uint8],
    learning: npt.NDArray[np.uint8],
    aware_steps: int | None,
    *,
    pixel_pairs: bool,
) -> bytes:
    if pixel_pairs and not isinstance(network, KerasNetwork):
        raise DataError(f"reading pixels in pairs needs a Keras network, found {network.source}")
    if aware_steps is not None:
        if not isinstance(network, KerasNetwork) or format != "int8":
            raise DataError(f"fine-tuning for int8 needs a Keras network and int8, found {network.source} and {format}")
        from ..quantization.keras.qat import quantize_aware

        return quantize_aware(network.network, images, learning, steps=aware_steps, pixel_pairs=pixel_pairs)
    if pixel_pairs and isinstance(network, KerasNetwork):
        from ..quantization.keras.pixel_pairs import with_pixel_pairs

        network = replace(network, network=with_pixel_pairs(network.network))
    return network.convert(format, images)


def _require(
    parity: ParityReport,
    maximum_auc_loss: float,
    network: ImportedNetwork,
    model: bytes,
    images: npt.NDArray[np.uint8],
) -> None:
    """Check the parity gate; on failure compare the layers for the error message."""
    try:
        parity.require_better_than_chance()
    except ChanceError as error:
        raise ChanceError(f"{error}; {_chance_advice(network)}") from error
    try:
        parity.require(maximum_auc_loss)
    except EdgeSiameseError as error:
        compared = spread(images, _COMPARED_IMAGES)
        layers = compare_layers(network.reference(images), model, compared, network.layers)
        raise ParityError(f"{error}{_advice(network, layers)}", layers) from error


def _chance_advice(network: ImportedNetwork) -> str:
    if network.source == "run":
        return "it needs more people, more photos of each, or more training"
    taken = network.pixels.describe()
    wants = "(pixel - 128) / 128, RGB" if taken == "signed" else taken
    return (
        f"its input was {wants}: describe the correct input with --normalization, --mean and --std, --bgr or --images; "
        "if it is correct, train the network"
    )


def _advice(network: ImportedNetwork, layers: Sequence[LayerNoise]) -> str:
    where = ", ".join(f"{layer.layer} ({layer.lost_db:.0f} dB)" for layer in worst(layers, 3))
    lost = f"; most is lost in {where}" if where else ""
    if isinstance(network, KerasNetwork):
        return (
            f"{lost}; fine-tune for int8 with --aware-steps 400, use ReLU before depthwise convolutions so that their "
            "channels can be equalized, or use --format 16x8"
        )
    return f"{lost}; calibrate with images like its training images, or use --format 16x8"


def write_float(network: Any, output: Path) -> None:
    """Write a float32 .tflite without a card, for ``edge-siamese evaluate --baseline``.

    Args:
        network: Keras embedder with input ``(pixel - 128) / 128``, or an imported network.
        output: the .tflite to write.
    """
    if isinstance(network, KerasNetwork):
        network = network.network
    with write_atomically(output) as stream:
        stream.write(network.graph if isinstance(network, GraphNetwork) else as_float(network))


def convert_detector(
    network: Any, calibration: npt.NDArray[np.uint8], output: Path, *, name: str, license: str, training: dict[str, Any]
) -> None:
    """Quantize a float detector for the size of its calibration images and write it with a model card."""
    model = with_contract(quantize(network, spread(calibration)), "detector")
    goldens = golden_scenes(calibration.shape[1])
    export_model(output, model, Description("detector", name, license, training), goldens)


def golden_faces(model: bytes) -> list[RGB]:
    """Return the rendered crops for the self-test of an embedder, in its input size; empty if the input is not RGB.

    The crops are those on which the reference and the optimized kernels agree best: the self-test detects wrong
    delegates, and should not depend on faces that amplify rounding.
    """
    reference, optimized = load_network(model, "reference"), load_network(model)
    _, height, width, channels = reference.input_shape
    if channels != 3:
        return []
    crops = np.stack([_coarse(_golden_crop(seed, height, width)) for seed in GOLDEN_SEEDS])
    ((_, zero_point),) = reference.output_scales().values()
    first, second = (embed_int8(network, crops).astype(np.float64) - zero_point for network in (reference, optimized))
    return [crops[row] for row in np.argsort(-row_cosines(first, second))[:_GOLDEN_FACES]]


def _golden_crop(seed: int, height: int, width: int) -> RGB:
    crop = render_crop(Person.from_seed(seed), View())
    return crop if crop.shape[:2] == (height, width) else np.asarray(cv2.resize(crop, (width, height)))


def golden_scenes(size: int) -> list[RGB]:
    """Return the rendered images uint8 ``(size, size, 3)`` for the self-test of a detector."""
    return [
        _coarse(
            render_portrait(
                Person.from_seed(seed), View(), size=(size, size), face_height=0.55 * size, background_seed=seed
            ).image
        )
        for seed in GOLDEN_SEEDS[:_GOLDEN_SCENES]
    ]


def _coarse(image: RGB) -> RGB:
    """Reduce to eight levels per channel, which makes the stored images four times smaller."""
    return np.asarray((image & 0xE0) | 0x10)


def _operating_points(
    embeddings: npt.NDArray[np.int8], zero_point: int, validation: LabeledCrops
) -> tuple[OperatingPoint, ...]:
    """Compute an operating point for each target FMR that has enough impostor pairs."""
    genuine, impostor = int8_pair_scores(embeddings, zero_point, validation.people)
    people = len(np.unique(validation.people))
    points: list[OperatingPoint] = []
    for fmr in OPERATING_FMRS:
        try:
            points.append(calibrate(genuine, impostor, target_fmr=fmr, people=people, dataset_digest=validation.digest))
        except OperatingPointError:
            break
    return tuple(points)


def describe_parity(parity: ParityReport) -> Sequence[Sequence[str]]:
    """Return the rows of the parity table: metric, float, int8."""
    people, pairs = "too few people", "too few pairs"
    return [
        ("AUC", _shown(parity.auc_float, ".4f", people), _shown(parity.auc_int8, ".4f", people)),
        ("EER", _shown(parity.eer_float, ".2%", people), _shown(parity.eer_int8, ".2%", people)),
        ("TAR at FMR 0.001", _shown(parity.tar_float, ".2%", pairs), _shown(parity.tar_int8, ".2%", pairs)),
        ("cosine to float, mean", "1", f"{parity.cosine_mean:.4f}"),
        ("cosine to float, 1st percentile", "1", f"{parity.cosine_p1:.4f}"),
        ("SQNR of the embedding", "", f"{parity.sqnr_db:.1f} dB"),
    ]


def describe_layers(layers: Sequence[LayerNoise]) -> Sequence[Sequence[str]]:
    """Return rows of the worst layers: layer, operator, SQNR of the output, SQNR lost in the layer."""
    return [
        (layer.layer, layer.operator, f"{layer.sqnr_db:.1f} dB", f"{layer.lost_db:.1f} dB") for layer in worst(layers)
    ]


def _shown(value: float | None, form: str, absent: str) -> str:
    return absent if value is None else format(value, form)
