"""Model benchmark: size, weights, multiply-accumulates, latency and verification accuracy."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edge_siamese.dataset_embeddings import DatasetEmbeddings, embed_dataset
from edge_siamese.engine import FaceEngine
from edge_siamese.evaluation.baseline import open_baseline
from edge_siamese.evaluation.bootstrap import PersonBootstrap
from edge_siamese.evaluation.protocols import VerificationProtocol
from edge_siamese.evaluation.verification import VerificationMetrics
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.models import shipped_models
from edge_siamese.tflite.graph import read_graph
from edge_siamese.tflite.model_card import read_model
from edge_siamese.tflite.runtime import Delegate, load_network

from ..timing.measuring import INTERRUPTED, RunLength, measure
from ..timing.samples import LatencySamples

Progress = Callable[[int, int], None]
MAX_SECONDS = 120.0
"""Longest measurement of one model; with more runs than that allows, there are fewer samples than asked for."""


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


def price(path: Path, *, delegate: Delegate, threads: int, repeat: int, warmup: int) -> Cost:
    """Read a model and time its network on a fixed input."""
    model = read_model(path)
    graph = read_graph(model.network)
    network = load_network(model.network, delegate, threads)
    views = 2 if model.card.average_flip else 1
    image = np.random.default_rng(0).integers(-128, 128, network.input_shape).astype(np.int8)
    length = RunLength(warmup=warmup, queries=repeat, seconds=0, max_seconds=MAX_SECONDS, per_block=1)
    measured = measure({path.stem: lambda: [network.run(image) for _ in range(views)]}, length)
    if measured.partial == INTERRUPTED:
        raise KeyboardInterrupt
    return Cost(
        file=path,
        name=model.card.name,
        task=model.card.task,
        file_bytes=path.stat().st_size,
        network_bytes=len(model.network),
        weights=sum(operator.weight_count for operator in graph.operators),
        macs=graph.macs,
        operators=dict(Counter(operator.kind for operator in graph.operators)),
        views=views,
        samples=measured.samples[path.stem],
    )


def prices(paths: Sequence[Path], *, delegate: Delegate, threads: int, repeat: int, warmup: int) -> list[Cost]:
    """Of each model, or of all that ship where none is named."""
    return [
        price(path, delegate=delegate, threads=threads, repeat=repeat, warmup=warmup)
        for path in paths or shipped_models()
    ]


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
