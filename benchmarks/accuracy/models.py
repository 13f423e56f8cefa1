"""Model benchmark: size, weights, multiply-accumulates, latency and verification accuracy."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edge_siamese.dataset_embeddings import DatasetEmbeddings, embed_dataset
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import EdgeSiameseError
from edge_siamese.evaluation.baseline import open_baseline
from edge_siamese.evaluation.bootstrap import PersonBootstrap
from edge_siamese.evaluation.protocols import VerificationProtocol
from edge_siamese.evaluation.verification import VerificationMetrics
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.models import shipped_models
from edge_siamese.tflite.graph import read_graph
from edge_siamese.tflite.model_card import ModelFile, read_model
from edge_siamese.tflite.runtime import Delegate, load_network

from ..timing.measuring import RunLength, measure
from ..timing.samples import LatencySamples

Progress = Callable[[int, int], None]
MAX_SECONDS = 600.0
"""Longest measurement of all models; with more runs than that allows, there are fewer samples than asked for."""


@dataclass(frozen=True)
class Cost:
    """Costs of a model.

    Attributes:
        file: its path.
        name, task: from its card.
        file_bytes, network_bytes: with and without card and golden vectors.
        weights, macs: of convolutions and fully connected layers.
        operators: how often each occurs.
        views: runs of the network for one answer: an embedder may look at the mirror image too.
        samples: durations of one answer.
    """

    file: Path
    name: str
    task: str
    file_bytes: int
    network_bytes: int
    weights: int
    macs: int
    operators: dict[str, int]
    views: int
    samples: LatencySamples = field(repr=False)


def prices(
    paths: Sequence[Path], *, delegate: Delegate, threads: int, repeat: int, warmup: int
) -> tuple[list[Cost], str]:
    """Read models, or all that ship where none is named, and time their networks in turns on fixed inputs.

    Returns:
        The costs, and why their samples are partial; empty if they are not.

    Raises:
        EdgeSiameseError: a file is no model, or nothing was measured.
    """
    files = list(dict.fromkeys(paths or shipped_models()))
    models = {str(path): read_model(path) for path in files}
    actions = {label: _answer(model, delegate, threads) for label, model in models.items()}
    length = RunLength(warmup=warmup, queries=repeat, seconds=0, max_seconds=MAX_SECONDS, per_block=1)
    measured = measure(actions, length)
    if not all(len(measured.samples[label]) for label in models):
        raise EdgeSiameseError(f"nothing was measured: {measured.partial}")
    return [_cost(path, models[str(path)], measured.samples[str(path)]) for path in files], measured.partial


def _answer(model: ModelFile, delegate: Delegate, threads: int) -> Callable[[], object]:
    """One answer of a network: an embedder with flip averaging runs twice for it."""
    network = load_network(model.network, delegate, threads)
    image = np.random.default_rng(0).integers(-128, 128, network.input_shape).astype(np.int8)
    return lambda: [network.run(image) for _ in range(_views(model))]


def _views(model: ModelFile) -> int:
    return 2 if model.card.average_flip else 1


def _cost(path: Path, model: ModelFile, samples: LatencySamples) -> Cost:
    graph = read_graph(model.network)
    return Cost(
        file=path,
        name=model.card.name,
        task=model.card.task,
        file_bytes=path.stat().st_size,
        network_bytes=len(model.network),
        weights=sum(operator.weight_count for operator in graph.operators),
        macs=graph.macs,
        operators=dict(Counter(operator.kind for operator in graph.operators)),
        views=_views(model),
        samples=samples,
    )


@dataclass(frozen=True, eq=False)
class People:
    """A set of people, its faces found once by the shipped detector for all embedders."""

    dataset: IdentityDataset
    embedded: DatasetEmbeddings
    protocol: VerificationProtocol

    @classmethod
    def find(cls, path: Path, progress: Progress | None = None) -> "People":
        """Detect and choose the face of every photo, as `edge-siamese evaluate` does."""
        dataset = IdentityDataset(path)
        protocol = VerificationProtocol.of(dataset)
        with FaceEngine.default() as engine:
            return cls(dataset, embed_dataset(dataset, engine, protocol.choose, progress), protocol)

    def verify(self, embedder: Path, *, delegate: Delegate, progress: Progress | None = None) -> dict[str, Any]:
        """The metrics of one embedder on these people."""
        vectors = open_baseline(embedder, delegate=delegate).embed(self.embedded, self.dataset, progress)
        comparisons = self.protocol.compare(self.embedded, vectors.scores)
        return VerificationMetrics.measure(comparisons, PersonBootstrap(comparisons.person_count)).to_json()
