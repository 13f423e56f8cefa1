"""From float weights to the .tflite that ships: quantise, prove, calibrate, describe."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import OperatingPointError
from edge_siamese.evaluation.operating_point import OperatingPoint, calibrate
from edge_siamese.frames import RGB
from edge_siamese.rendering import GOLDEN_SEEDS, Person, View, render_crop, render_portrait
from edge_siamese.tflite.runtime import load_network

from .export import Description, export_model, with_contract
from .quantisation.aware import quantise_aware
from .quantisation.parity import (
    MAXIMUM_AUC_LOSS,
    ParityReport,
    embed_float,
    embed_int8,
    int8_pair_scores,
    measure_parity,
)
from .quantisation.ptq import CALIBRATION_PICTURES, as_float, quantise

OPERATING_FMRS = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 5e-5, 3e-5, 1e-5)
_GOLDEN_FACES, _GOLDEN_SCENES = 6, 2


@dataclass(frozen=True, eq=False)
class LabelledCrops:
    """Aligned crops uint8 ``(N, 112, 112, 3)``, the number of the person on each, and a digest of where they are from."""

    crops: npt.NDArray[np.uint8]
    people: npt.NDArray[np.int64]
    digest: str


def convert_embedder(
    network: Any,
    calibration: npt.NDArray[np.uint8],
    validation: LabelledCrops,
    output: Path,
    *,
    name: str,
    license: str,
    training: dict[str, Any],
    aware_steps: int = 0,
    maximum_auc_loss: float = MAXIMUM_AUC_LOSS,
) -> ParityReport:
    """Quantise a float embedder, hold it against the parity gate and write it with its card.

    Args:
        network: Keras embedder.
        calibration: crops to measure activation ranges on; 200 of them, evenly spread, are used. Quantisation-aware
            fine-tuning learns from all of them.
        validation: people the network was not trained on; parity and operating points are measured on all their pairs.
        output: the .tflite to write.
        name, license, training: for the card.
        aware_steps: batches of quantisation-aware fine-tuning; 0 quantises the network as it is.
        maximum_auc_loss: the gate.

    Raises:
        EdgeSiameseError: int8 costs more than the gate allows; nothing is written.
    """
    pictures = _spread(calibration, CALIBRATION_PICTURES)
    if aware_steps:
        quantised = quantise_aware(network, pictures, calibration, steps=aware_steps)
    else:
        quantised = quantise(network, pictures)
    model = with_contract(quantised, "embedder")
    int8 = load_network(model)
    ((_, zero_point),) = int8.output_scales().values()
    embeddings = embed_int8(int8, validation.crops)
    parity = measure_parity(embed_float(network, validation.crops), embeddings, zero_point, validation.people)
    parity.require(maximum_auc_loss)
    points = _operating_points(embeddings, zero_point, validation)
    card = training | {"parity": parity.to_json(), "quantisation_aware_steps": aware_steps}
    export_model(output, model, Description("embedder", name, license, card, points), golden_faces(model))
    return parity


def write_float(network: Any, output: Path) -> None:
    """Write a network as it is, in float32 and without a card: what ``edge-siamese evaluate --against`` holds int8 against."""
    with write_atomically(output) as stream:
        stream.write(as_float(network))


def convert_detector(
    network: Any, calibration: npt.NDArray[np.uint8], output: Path, *, name: str, license: str, training: dict[str, Any]
) -> None:
    """Quantise a float detector for the size of its calibration pictures and write it with its card."""
    model = with_contract(quantise(network, _spread(calibration, CALIBRATION_PICTURES)), "detector")
    goldens = golden_scenes(calibration.shape[1])
    export_model(output, model, Description("detector", name, license, training), goldens)


def golden_faces(model: bytes) -> list[RGB]:
    """The rendered crops of the embedder's self-test.

    Of the faces at hand those are taken on which the reference and the optimised kernels agree best: the self-test is to
    find wrong delegates, not faces that amplify rounding.
    """
    crops = np.stack([_coarse(render_crop(Person.from_seed(seed), View())) for seed in GOLDEN_SEEDS])
    reference, optimised = load_network(model, "reference"), load_network(model)
    ((_, zero_point),) = reference.output_scales().values()
    first, second = (embed_int8(network, crops).astype(np.float64) - zero_point for network in (reference, optimised))
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    agreement = np.sum(first * second, axis=1) / np.maximum(norms, 1e-9)
    return [crops[row] for row in np.argsort(-agreement)[:_GOLDEN_FACES]]


def golden_scenes(size: int) -> list[RGB]:
    """The rendered pictures of the detector's self-test, ``size`` pixels square."""
    return [
        _coarse(
            render_portrait(
                Person.from_seed(seed), View(), size=(size, size), face_height=0.55 * size, background_seed=seed
            ).picture
        )
        for seed in GOLDEN_SEEDS[:_GOLDEN_SCENES]
    ]


def _coarse(picture: RGB) -> RGB:
    """Sixteen grey levels a channel: as good a test, and a third of the bytes in the file."""
    return np.asarray((picture & 0xF0) | 0x08)


def _spread(pictures: npt.NDArray[np.uint8], count: int) -> npt.NDArray[np.uint8]:
    """At most `count` pictures, evenly spread over all."""
    chosen = np.unique(np.linspace(0, len(pictures) - 1, count).astype(int))
    return np.asarray(pictures[chosen])


def _operating_points(
    embeddings: npt.NDArray[np.int8], zero_point: int, validation: LabelledCrops
) -> tuple[OperatingPoint, ...]:
    """A point for each FMR that the validation people can support."""
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
    """Rows of the parity table: figure, float, int8."""
    return [
        ("AUC", f"{parity.auc_float:.4f}", f"{parity.auc_int8:.4f}"),
        ("EER", f"{parity.eer_float:.2%}", f"{parity.eer_int8:.2%}"),
        ("TAR at FMR 0.001", f"{parity.tar_float:.2%}", f"{parity.tar_int8:.2%}"),
        ("cosine to float, mean", "1", f"{parity.cosine_mean:.4f}"),
        ("cosine to float, 1st percentile", "1", f"{parity.cosine_p1:.4f}"),
    ]
