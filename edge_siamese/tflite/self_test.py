"""The self-test: never trust a delegate unchecked.

A model carries golden vectors: inputs and what the reference kernels computed for them. Optimized kernels differ from
those by a few steps of int8, so outputs are compared by cosine. Wrong channel order, a wrong zero point or a wrong
input range fall far outside.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..errors import SelfTestError
from ..preprocessing import int8_input
from ..protocols import Network
from .model_card import ModelCard

MIN_COSINE = 0.98
MIN_MEAN_COSINE = 0.99


@dataclass(frozen=True)
class SelfTestResult:
    """Cosines between golden and computed outputs."""

    task: str
    delegate: str
    cosines: tuple[float, ...]


def self_test(network: Network, card: ModelCard) -> SelfTestResult:
    """Run a model's golden vectors.

    Raises:
        SelfTestError: the card has none, or the network's outputs are not what they say.
    """
    if not card.goldens:
        raise SelfTestError(
            f"the {card.task} {card.name} carries no golden vectors, so nothing can prove this delegate"
        )
    cosines = []
    for golden in card.goldens:
        outputs = network.run(int8_input(golden.image[None]))
        cosines.append(min(_cosines(golden.outputs, outputs, network.output_scales())))
    result = SelfTestResult(card.task, network.delegate, tuple(cosines))
    if min(cosines) < MIN_COSINE or np.mean(cosines) < MIN_MEAN_COSINE:
        raise SelfTestError(
            f"the delegate '{network.delegate}' does not compute what the {card.task}'s golden vectors say: cosine "
            f"{min(cosines):.3f} at worst and {np.mean(cosines):.3f} on average, expected at least {MIN_COSINE} and "
            f"{MIN_MEAN_COSINE}; use another delegate or reinstall the model"
        )
    return result


def _cosines(
    golden: dict[str, npt.NDArray[np.int8]],
    outputs: dict[str, npt.NDArray[np.int8]],
    scales: dict[str, tuple[float, int]],
) -> list[float]:
    """Cosine of each kind of output; a detector's grids of one kind (``box8, box16, ..``) are one vector."""
    kinds: dict[str, list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]] = {}
    for name, expected in golden.items():
        scale, zero_point = scales[name]
        pair = tuple(
            (values.reshape(-1).astype(np.float64) - zero_point) * scale for values in (expected, outputs[name])
        )
        kinds.setdefault(name.rstrip("0123456789"), []).append((pair[0], pair[1]))
    return [
        _cosine(np.concatenate([a for a, _ in pairs]), np.concatenate([b for _, b in pairs]))
        for pairs in kinds.values()
    ]


def _cosine(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norms if norms else 0.0
