"""Baseline embedder: another model that is compared on the same faces.

A baseline is an int8 model of this project, or any other .tflite that computes one vector (int8 or float32) from the aligned
112 x 112 crop. For a file without a model card the input is assumed to be ``(pixel - 128) / 128``, and flip test-time
augmentation is used if the evaluated embedder uses it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..alignment import CROP_SIZE, TEMPLATE_NAME, align
from ..dataset_embeddings import DatasetEmbeddings, Numbers
from ..embedding import average_with_flip, unit_rows
from ..errors import ModelError
from ..frames import RGB
from ..identity_dataset import IdentityDataset
from ..matching import NO_SCORE, Q15, scores_q15
from ..preprocessing import INPUT_CONTRACT, INPUT_SCALE, INPUT_ZERO_POINT, float_input, int8_input
from ..tflite.model_card import ModelCard, has_card, model_bytes, read_model
from ..tflite.runtime import Delegate, TfliteNetwork, load_network
from ..tflite.self_test import self_test


@dataclass(frozen=True, eq=False)
class Baseline:
    """A loaded baseline embedder.

    Attributes:
        name: name from the model card, otherwise the file name.
        digest: SHA-256 of the network's bytes, in hex.
        about: kind of the model and assumptions about it.
        network: the loaded network.
        zero_point: zero point of int8 embeddings.
        average_flip: whether embeddings are averaged with those of mirror images; None: like the evaluated embedder.
    """

    name: str
    digest: str
    about: str
    network: TfliteNetwork
    zero_point: int
    average_flip: bool | None = None

    def describe(self) -> dict[str, str]:
        """Name, digest and description for the JSON report."""
        return {"name": self.name, "digest": self.digest, "about": self.about}

    def embed(
        self, embedded: DatasetEmbeddings, dataset: IdentityDataset, progress: Callable[[int, int], None] | None = None
    ) -> "BaselineEmbeddings":
        """Embed the chosen faces of an embedded dataset, with the same landmarks."""
        average_flip = embedded.average_flip if self.average_flip is None else self.average_flip
        rows: dict[int, npt.NDArray[Any]] = {}
        for index, (photo, face) in enumerate(zip(embedded.photos, embedded.faces, strict=True)):
            if face:
                crop = align(dataset.read(photo), face.landmarks)
                rows[index] = average_with_flip(crop, self._output_of, average_flip=average_flip)
            if progress:
                progress(index + 1, len(embedded.photos))
        example = next(iter(rows.values()), np.zeros(0, np.int8))
        vectors = np.zeros((len(embedded.photos), len(example)), example.dtype)
        for index, row in rows.items():
            vectors[index] = row
        return BaselineEmbeddings(vectors, self.zero_point)

    def _output_of(self, crop: RGB) -> npt.NDArray[Any]:
        as_input = int8_input if self.network.input_dtype == np.int8 else float_input
        image = as_input(crop[None])
        (output,) = self.network.run(image).values()
        return output.reshape(-1)


@dataclass(frozen=True, eq=False)
class BaselineEmbeddings:
    """Embeddings ``(N, D)``, int8 or float32; rows without a face are zero."""

    vectors: npt.NDArray[Any]
    zero_point: int

    def scores(self, rows: Numbers, columns: Numbers) -> npt.NDArray[np.int16]:
        """Q15 scores ``(R, C)``: of int8 embeddings see `matching`, of float32 embeddings the cosine truncated to Q15."""
        first, second = self.vectors[rows], self.vectors[columns]
        if self.vectors.dtype == np.int8:
            return scores_q15(first, second, self.zero_point)
        cosines = unit_rows(first.astype(np.float64)) @ unit_rows(second.astype(np.float64)).T
        return np.clip(np.trunc(cosines * Q15), NO_SCORE, Q15 - 1).astype(np.int16)


def open_baseline(path: Path, *, delegate: Delegate = "xnnpack", threads: int = 1) -> Baseline:
    """Load a baseline embedder.

    Raises:
        ModelError: the file is not a .tflite, is damaged, or does not embed aligned crops.
        SelfTestError: the delegate's outputs differ from the model's golden vectors.
    """
    data = model_bytes(path)
    if has_card(data):
        model = read_model(path, "embedder")
        network = load_network(model.network, delegate, threads)
        self_test(network, model.card)
        return _described(path, network, model.card, model.card.digest)
    try:
        network = load_network(data, delegate, threads, float_too=True)
    except ModelError as error:
        raise ModelError(f"{path}: {error}", path=path) from error
    return _described(path, network, None, hashlib.sha256(data).hexdigest())


def _described(path: Path, network: TfliteNetwork, card: ModelCard | None, digest: str) -> Baseline:
    expected = (1, CROP_SIZE, CROP_SIZE, 3)
    outputs = network.output_scales()
    if network.input_shape != expected or len(outputs) != 1:
        raise ModelError(
            f"{path}: expected an embedder with an input of {expected} and one output, found {network.input_shape} and "
            f"{len(outputs)}",
            path=path,
        )
    if card and card.alignment != TEMPLATE_NAME:
        raise ModelError(f"{path}: wants the alignment '{card.alignment}', known is '{TEMPLATE_NAME}'", path=path)
    if network.input_dtype == np.int8 and not np.allclose(network.input_scale, (INPUT_SCALE, INPUT_ZERO_POINT)):
        raise ModelError(
            f"{path}: expected an int8 input of scale 1/128 and zero point 0, found {network.input_scale[0]:.5f} and "
            f"{network.input_scale[1]}",
            path=path,
        )
    (name,) = outputs
    kind = f"{np.dtype(network.output_dtypes[name]).name} embeddings"
    about = kind if card else f"{kind}; no card: taken to want the same crops, {INPUT_CONTRACT}"
    average_flip = card.average_flip if card else None
    return Baseline(card.name if card else path.name, digest, about, network, outputs[name][1], average_flip)
