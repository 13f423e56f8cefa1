from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from edge_siamese.engine import FaceEngine
from edge_siamese.errors import SelfTestError
from edge_siamese.models import shipped_models
from edge_siamese.protocols import Network
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.runtime import load_network
from edge_siamese.tflite.self_test import self_test

Image = npt.NDArray[np.int8]


class Tampered:
    """A real network whose input or output is spoiled as a careless delegate or port would."""

    def __init__(self, network: Network, before: Callable[[Image], Image], after: Callable[[Image], Image]) -> None:
        self.network, self.before, self.after = network, before, after

    @property
    def delegate(self) -> str:
        return "tampered"

    def output_scales(self) -> dict[str, tuple[float, int]]:
        return self.network.output_scales()

    def run(self, image: Image) -> dict[str, Image]:
        outputs = self.network.run(np.ascontiguousarray(self.before(image)))
        return {name: self.after(values) for name, values in outputs.items()}


def unchanged(values: Image) -> Image:
    return values


def bgr(image: Image) -> Image:
    return image[..., ::-1]


def unsigned_as_signed(image: Image) -> Image:
    """Pixels handed over without taking 128 off: a wrong input zero point."""
    return (image.view(np.uint8) ^ 0x80).view(np.int8)


def divided_by_255(image: Image) -> Image:
    """Pixels scaled to 0..1 before quantizing with 1/128."""
    pixels = (image.view(np.uint8) ^ 0x80).astype(np.float32)
    return np.clip(np.round(pixels / 255 * 128), -128, 127).astype(np.int8)


def shifted_zero_point(values: Image) -> Image:
    return np.clip(values.astype(np.int16) + 20, -128, 127).astype(np.int8)


@pytest.mark.parametrize("path", shipped_models(), ids=lambda path: path.stem)
def test_the_shipped_models_pass(path: Path) -> None:
    model = read_model(path)
    result = self_test(load_network(model.network), model.card)
    assert result.task == model.card.task
    assert min(result.cosines) >= 0.98


@pytest.mark.parametrize("before", [bgr, unsigned_as_signed, divided_by_255])
def test_an_embedder_with_wrong_input_is_rejected(engine: FaceEngine, before: Callable[[Image], Image]) -> None:
    tampered = Tampered(engine.networks["embedder"], before, unchanged)
    with pytest.raises(SelfTestError, match="'tampered' differ from the embedder's golden vectors"):
        self_test(tampered, engine.embedder_card)


@pytest.mark.parametrize("before", [unsigned_as_signed, divided_by_255])
def test_a_detector_fed_wrongly_is_rejected(engine: FaceEngine, before: Callable[[Image], Image]) -> None:
    with pytest.raises(SelfTestError):
        self_test(Tampered(engine.networks["detector"], before, unchanged), engine.detector_card)


def test_a_wrong_output_zero_point_is_rejected(engine: FaceEngine) -> None:
    with pytest.raises(SelfTestError):
        self_test(Tampered(engine.networks["embedder"], unchanged, shifted_zero_point), engine.embedder_card)


def test_a_model_without_golden_vectors_cannot_be_tested(engine: FaceEngine) -> None:
    with pytest.raises(SelfTestError, match="has no golden vectors"):
        self_test(engine.networks["embedder"], replace(engine.embedder_card, goldens=()))
