"""Self-test: compares a delegate's outputs with the model's golden vectors.

A model contains golden vectors: inputs and the outputs of the reference kernels. The outputs of optimized kernels differ by
a few quantization steps, so outputs are compared by cosine. A wrong channel order, zero point or input range gives a much
lower cosine.
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
    """Cosines between the golden and the computed outputs, -1 to 1."""

    task: str
    delegate: str
    cosines: tuple[float, ...]


def self_test(network: Network, card: ModelCard) -> SelfTestResult:
    """Compare a network's outputs with the model's golden vectors.

    Raises:
        SelfTestError: the card has no golden vectors, or the network's outputs differ from them.
    """
    if not card.goldens:
        raise SelfTestError(f"the {card.task} {card.name} has no golden vectors, so the delegate cannot be tested")
    cosines = []
    for golden in card.goldens:
        outputs = network.run(int8_input(golden.image[None]))
        cosines.append(min(_cosines(golden.outputs, outputs, network.output_scales())))
    result = SelfTestResult(card.task, network.delegate, tuple(cosines))
    if min(cosines) < MIN_COSINE or np.mean(cosines) < MIN_MEAN_COSINE:
        raise SelfTestError(
            f"the outputs of the delegate '{network.delegate}' differ from the {card.task}'s golden vectors: cosine "
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
