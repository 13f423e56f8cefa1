"""Parity gate: the float network must be better than chance, and the int8 network nearly as good."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.embedding import unit_rows
from edge_siamese.errors import EdgeSiameseError
from edge_siamese.evaluation.bootstrap import PersonBootstrap, interval
from edge_siamese.evaluation.metrics import Scores, all_pairs, error_curve
from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese.intervals import Interval
from edge_siamese.matching import scores_q15

from ..embeddings import embed_float
from ..evaluation.scoring import every_pair
from ..evaluation.verification import CHANCE

MAXIMUM_AUC_LOSS = 0.002
_ENOUGH_PEOPLE = 20
MIN_MEAN_COSINE = 0.95  # used if there are too few people for a reliable AUC
_REPORTED_FMR = 1e-3
_FAR_ABOVE_CHANCE = 0.9
_LOW_AUC = 0.6
_CHANCE_PAIRS, _CHANCE_REPLICATES = 20_000, 200
Embeddings = npt.NDArray[np.float32]
Pairs = tuple[Scores, Scores]  # genuine and impostor


class ChanceError(EdgeSiameseError):
    """The float network is no better than chance."""


@dataclass(frozen=True)
class ParityReport:
    """Comparison of a float network and its quantized form on all pairs of the same images.

    Attributes:
        photos, people: numbers of images and people; 0 people if only embeddings were compared.
        cosine_mean, cosine_p1: mean and first percentile of the cosine between the two embeddings of an image.
        auc_float, auc_int8, eer_float, eer_int8: verification metrics; None without genuine or impostor pairs.
        tar_float, tar_int8: TAR at FMR 1e-3; None with fewer than 1,000 impostor pairs.
        auc_float_interval: 95 % bootstrap interval of `auc_float` over people; None if the AUC is far above chance or
            there are too few people.
    """

    photos: int
    people: int
    cosine_mean: float
    cosine_p1: float
    auc_float: float | None
    auc_int8: float | None
    eer_float: float | None
    eer_int8: float | None
    tar_float: float | None
    tar_int8: float | None
    auc_float_interval: Interval | None = None

    @property
    def auc_loss(self) -> float | None:
        """AUC of float minus AUC of int8; None without an AUC."""
        return None if self.auc_float is None or self.auc_int8 is None else self.auc_float - self.auc_int8

    @property
    def sqnr_db(self) -> float:
        """SQNR of the unit embeddings in dB, computed from the cosine; at most 120."""
        return -10 * math.log10(max(2 - 2 * self.cosine_mean, 1e-12))

    @property
    def is_chance(self) -> bool:
        """Check whether the float network is no better than chance on these people.

        With twenty people or more the interval decides. With fewer people the interval is wide, so the AUC must be low, too.
        """
        if self.auc_float is None or self.auc_float >= _FAR_ABOVE_CHANCE:
            return False
        explained = self.auc_float_interval is None or self.auc_float_interval[0] <= CHANCE
        return self.auc_float <= CHANCE or (explained and (self.people >= _ENOUGH_PEOPLE or self.auc_float < _LOW_AUC))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"auc_loss": self.auc_loss, "sqnr_db": self.sqnr_db}

    def require_better_than_chance(self) -> None:
        """Check that the float network is better than chance.

        Raises:
            ChanceError: the float network is no better than chance.
        """
        if self.is_chance:
            bounds = self.auc_float_interval
            interval = f" (95 %: {bounds[0]:.3f} to {bounds[1]:.3f})" if bounds else ""
            raise ChanceError(
                f"parity gate: the float network tells people apart no better than chance: AUC {self.auc_float:.3f}"
                f"{interval} on {self.photos} images of {self.people} people, chance is {CHANCE}"
            )

    def require(self, maximum_auc_loss: float = MAXIMUM_AUC_LOSS) -> None:
        """Check the loss of AUC, and the mean cosine if there are fewer than 1,000 impostor pairs.

        Raises:
            EdgeSiameseError: int8 loses more than allowed.
        """
        if self.tar_int8 is None and not self.cosine_mean >= MIN_MEAN_COSINE:
            raise EdgeSiameseError(
                f"parity gate: int8 embeddings have a mean cosine of {self.cosine_mean:.4f} to the float ones on "
                f"{self.photos} images, expected at least {MIN_MEAN_COSINE}"
            )
        allowed = allowed_auc_loss(self.people, maximum_auc_loss)
        if self.auc_loss is not None and not self.auc_loss <= allowed:
            raise EdgeSiameseError(
                f"parity gate: int8 loses {self.auc_loss:.4f} AUC on {self.people} people, at most {allowed:.2g} is allowed"
            )


def allowed_auc_loss(people: int, maximum: float = MAXIMUM_AUC_LOSS) -> float:
    """Return the largest loss of AUC allowed for a number of people.

    The loss is less certain with fewer people: below twenty, the limit is multiplied by the square root of 20 / people.
    """
    return maximum * math.sqrt(max(_ENOUGH_PEOPLE / max(people, 1), 1.0))


def measure_parity(
    float_embeddings: Embeddings,
    int8_embeddings: npt.NDArray[np.int8],
    zero_point: int,
    people: npt.NDArray[np.int64] | None,
) -> ParityReport:
    """Compare unit float embeddings ``(N, D)`` and raw int8 embeddings ``(N, D)`` of the same N images.

    int8 embeddings are scored with the matcher of the device. If `people` is None, only embeddings are compared.
    """
    rows = unit_rows(int8_embeddings.astype(np.float32) - zero_point)
    after = None if people is None else int8_pair_scores(int8_embeddings, zero_point, people)
    return _report(float_embeddings, rows, people, after)


def measure_float_parity(
    float_embeddings: Embeddings, embeddings: Embeddings, people: npt.NDArray[np.int64] | None
) -> ParityReport:
    """Compare unit float embeddings ``(N, D)`` with the float embeddings of another form of the network."""
    rows = unit_rows(embeddings)
    return _report(float_embeddings, rows, people, None if people is None else all_pairs(rows @ rows.T, people))


def _report(
    before: Embeddings, rows: Embeddings, people: npt.NDArray[np.int64] | None, after: Pairs | None
) -> ParityReport:
    cosines = np.sum(before * rows, axis=1)
    original = _metrics(None if people is None else all_pairs(before @ before.T, people))
    quantized = _metrics(after)
    return ParityReport(
        photos=len(rows),
        people=0 if people is None else len(np.unique(people)),
        cosine_mean=float(cosines.mean()),
        cosine_p1=float(np.percentile(cosines, 1)),
        **{f"{name}_float": value for name, value in original.items()},
        **{f"{name}_int8": value for name, value in quantized.items()},
        auc_float_interval=_auc_interval(before, people, original["auc"]),
    )


def _auc_interval(rows: Embeddings, people: npt.NDArray[np.int64] | None, auc: float | None) -> Interval | None:
    """Compute the 95 % bootstrap interval of the AUC over people, if the AUC is near chance."""
    if people is None or auc is None or auc >= _FAR_ABOVE_CHANCE:
        return None
    index = every_pair(people, at_most=_CHANCE_PAIRS)
    pairs = ScoredPairs(index, np.sum(rows[index[:, 0]] * rows[index[:, 1]], axis=1), people).compact()
    return interval(PersonBootstrap(pairs.person_count, _CHANCE_REPLICATES).metrics(pairs).auc)


def _metrics(pairs: Pairs | None) -> dict[str, float | None]:
    """Compute AUC, EER and TAR of genuine and impostor scores; None if there are too few pairs."""
    if pairs is None or not len(pairs[0]) or not len(pairs[1]):
        return {"auc": None, "eer": None, "tar": None}
    curve = error_curve(*pairs)
    enough = len(pairs[1]) >= 1 / _REPORTED_FMR
    return {"auc": curve.auc, "eer": curve.eer, "tar": curve.tar_at_fmr(_REPORTED_FMR) if enough else None}


def int8_pair_scores(
    embeddings: npt.NDArray[np.int8], zero_point: int, people: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    """Compute the Q15 scores of all genuine and all impostor pairs."""
    return all_pairs(scores_q15(embeddings, embeddings, zero_point), people)


def verification_metrics(network: Any, crops: npt.NDArray[np.uint8], people: npt.NDArray[np.int64]) -> dict[str, float]:
    """Compute AUC, EER and TAR at FMR 1e-3 of a float network on all pairs of crops."""
    embeddings = embed_float(network, crops)
    curve = error_curve(*all_pairs(embeddings @ embeddings.T, people))
    return {"auc": curve.auc, "eer": curve.eer, "tar_at_fmr_0.001": curve.tar_at_fmr(_REPORTED_FMR)}
