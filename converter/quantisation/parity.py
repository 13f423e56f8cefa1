"""The parity gate: an int8 network has to verify people as well as its float original."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import EdgeSiameseError
from edge_siamese.evaluation.metrics import ErrorCurve, all_pairs, error_curve
from edge_siamese.matching import scores_q15
from edge_siamese.tflite.model import Network
from edge_siamese.tflite.model import model_input as int8_input

from .ptq import model_input

MAXIMUM_AUC_LOSS = 0.002
_REPORTED_FMR = 1e-3


@dataclass(frozen=True)
class ParityReport:
    """Float against int8 on the same people, all pairs.

    Attributes:
        photographs, people: what it was measured on.
        cosine_mean, cosine_p1: cosine between the float and the int8 embedding of a photograph; p1 is the first percentile.
        auc_float, auc_int8, eer_float, eer_int8, tar_float, tar_int8: verification; TAR at FMR 1e-3.
    """

    photographs: int
    people: int
    cosine_mean: float
    cosine_p1: float
    auc_float: float
    auc_int8: float
    eer_float: float
    eer_int8: float
    tar_float: float
    tar_int8: float

    @property
    def auc_loss(self) -> float:
        return self.auc_float - self.auc_int8

    def to_json(self) -> dict[str, float]:
        return asdict(self) | {"auc_loss": self.auc_loss}

    def require(self, maximum_auc_loss: float = MAXIMUM_AUC_LOSS) -> None:
        """The gate.

        Raises:
            EdgeSiameseError: int8 costs more AUC than allowed.
        """
        if not self.auc_loss <= maximum_auc_loss:
            raise EdgeSiameseError(
                f"parity gate: int8 costs {self.auc_loss:.4f} AUC on {self.people} people, allowed are {maximum_auc_loss}; "
                "calibrate with pictures like those the network was trained on, or fine-tune longer"
            )


def embed_float(network: Any, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Unit float embeddings ``(N, D)`` of crops."""
    blocks = [network.predict_on_batch(model_input(crops[at : at + 128])) for at in range(0, len(crops), 128)]
    embeddings = np.concatenate(blocks)
    return np.asarray(embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True), np.float32)


def embed_int8(network: Network, crops: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
    """Raw int8 embeddings ``(N, D)`` of crops."""
    rows = [next(iter(network.run(int8_input(crop)).values())).reshape(-1) for crop in crops]
    return np.stack(rows)


def measure_parity(
    float_embeddings: npt.NDArray[np.float32],
    int8_embeddings: npt.NDArray[np.int8],
    zero_point: int,
    people: npt.NDArray[np.int64],
) -> ParityReport:
    """Compare unit float embeddings ``(N, D)`` and raw int8 ones of the same N photographs of numbered people."""
    centred = int8_embeddings.astype(np.float32) - zero_point
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    cosines = np.sum(centred * float_embeddings, axis=1)
    before = error_curve(*all_pairs(float_embeddings @ float_embeddings.T, people))
    after = error_curve(*int8_pair_scores(int8_embeddings, zero_point, people))
    figures: dict[str, Callable[[ErrorCurve], float]] = {
        "auc": lambda curve: curve.auc,
        "eer": lambda curve: curve.eer,
        "tar": lambda curve: curve.tar_at_fmr(_REPORTED_FMR),
    }
    return ParityReport(
        photographs=len(people),
        people=len(np.unique(people)),
        cosine_mean=float(cosines.mean()),
        cosine_p1=float(np.percentile(cosines, 1)),
        **{f"{name}_float": figure(before) for name, figure in figures.items()},
        **{f"{name}_int8": figure(after) for name, figure in figures.items()},
    )


def int8_pair_scores(
    embeddings: npt.NDArray[np.int8], zero_point: int, people: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """Q15 scores of all genuine and all impostor pairs."""
    return all_pairs(scores_q15(embeddings, embeddings, zero_point), people)


def verification_figures(network: Any, crops: npt.NDArray[np.uint8], people: npt.NDArray[np.int64]) -> dict[str, float]:
    """AUC, EER and TAR at FMR 1e-3 of a float network on all pairs of crops."""
    embeddings = embed_float(network, crops)
    curve = error_curve(*all_pairs(embeddings @ embeddings.T, people))
    return {"auc": curve.auc, "eer": curve.eer, "tar_at_fmr_0.001": curve.tar_at_fmr(_REPORTED_FMR)}
