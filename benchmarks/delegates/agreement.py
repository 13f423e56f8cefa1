"""Agreement of a delegate's outputs: with a model's golden vectors, or with the reference kernels for a foreign file."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.errors import SelfTestError
from edge_siamese.protocols import Network
from edge_siamese.tflite.model_card import ModelCard, has_card, model_bytes, read_model
from edge_siamese.tflite.runtime import TfliteNetwork, load_network
from edge_siamese.tflite.self_test import self_test

Inputs = npt.NDArray[np.int8] | npt.NDArray[np.float32]


@dataclass(frozen=True)
class OutputAgreement:
    """How far outputs agree.

    Attributes:
        basis: ``"golden vectors"`` or ``"reference kernels"``.
        cosine: smallest cosine, -1 to 1.
        failed: why the self-test fails; empty if it passes, or for a foreign file.
    """

    basis: str
    cosine: float
    failed: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"basis": self.basis, "min_cosine": self.cosine, "failed": self.failed or None}


@dataclass(frozen=True, eq=False)
class DelegateModel:
    """A model whose delegates are compared.

    Attributes:
        name: name in tables.
        path: its file.
        network: the network's bytes, without the card.
        card: None for a foreign file.
    """

    name: str
    path: Path
    network: bytes
    card: ModelCard | None

    @classmethod
    def read(cls, path: Path) -> "DelegateModel":
        """Read a model, or a .tflite without a card.

        Raises:
            ModelError: the file is missing, or no .tflite.
        """
        data = model_bytes(path)
        if has_card(data):
            model = read_model(path)
            return cls(path.stem, path, model.network, model.card)
        return cls(path.name, path, data, None)

    def load(self, delegate: Any, threads: int) -> TfliteNetwork:
        """Load the network; raises the errors of `runtime.load_network`."""
        return load_network(self.network, delegate, threads, float_too=self.card is None)

    def random_input(self, network: TfliteNetwork) -> Inputs:
        """One input that is always the same."""
        rng = np.random.default_rng(0)
        if network.input_dtype == np.int8:
            return rng.integers(-128, 128, network.input_shape).astype(np.int8)
        return rng.uniform(-1, 1, network.input_shape).astype(np.float32)

    def agreement(self, network: Network) -> OutputAgreement:
        """Agreement of a loaded network."""
        if self.card is None:
            return OutputAgreement("reference kernels", self._to_reference(network))
        try:
            return OutputAgreement("golden vectors", min(self_test(network, self.card).cosines))
        except SelfTestError as error:
            return OutputAgreement("golden vectors", lowest_cosine(network, self.card), str(error))

    @cached_property
    def _reference(self) -> dict[str, npt.NDArray[Any]]:
        network = self.load("reference", 1)
        return network.run(self.random_input(network))

    def _to_reference(self, network: Network) -> float:
        outputs = network.run(self.random_input(network))  # type: ignore[arg-type]
        return min(_cosine(self._reference[name], outputs[name]) for name in outputs)


def lowest_cosine(network: Network, card: ModelCard) -> float:
    """Smallest cosine to the golden vectors of a network that fails the self-test; NaN without golden vectors."""
    from edge_siamese.preprocessing import int8_input

    cosines = []
    for golden in card.goldens:
        outputs = network.run(int8_input(golden.image[None]))
        cosines += [_cosine(expected, outputs[name]) for name, expected in golden.outputs.items()]
    return min(cosines, default=float("nan"))


def _cosine(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    first, second = a.reshape(-1).astype(np.float64), b.reshape(-1).astype(np.float64)
    norms = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / norms if norms else 0.0
