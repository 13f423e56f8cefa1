"""Verification accuracy and latency of one engine, from the same runs: its runtime, delegate and threads."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from edge_siamese.cli.shared.output import table
from edge_siamese.dataset_embeddings import DatasetEmbeddings, embed_dataset
from edge_siamese.engine import FaceEngine
from edge_siamese.evaluation.bootstrap import REPLICATES, PersonBootstrap
from edge_siamese.evaluation.protocols import VerificationProtocol
from edge_siamese.evaluation.verification import VerificationMetrics
from edge_siamese.faces import Embedding, Face
from edge_siamese.frames import RGB
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.tflite.model_card import ModelCard
from edge_siamese.tflite.self_test import self_test

from ..timing.clock import Clock
from ..timing.samples import LatencySamples

Progress = Callable[[int, int], None]
_Result = TypeVar("_Result")
_WARMUP = 8


@dataclass(eq=False)
class TimedAnalyzer:
    """An engine that measures the duration of its steps; implements `FaceAnalyzer`.

    Attributes:
        engine: the engine.
        clock: monotonic clock in nanoseconds.
        durations: nanoseconds by step, in order of measurement.
    """

    engine: FaceEngine
    clock: Clock = time.perf_counter_ns
    durations: dict[str, list[int]] = field(default_factory=lambda: {"detect": [], "align": [], "embed": []})

    @property
    def embedder_card(self) -> ModelCard:
        return self.engine.embedder_card

    def detect(self, image: RGB) -> list[Face]:
        return self._timed("detect", lambda: self.engine.detect(image))

    def align(self, image: RGB, face: Face) -> RGB:
        return self._timed("align", lambda: self.engine.align(image, face))

    def embed_crop(self, crop: RGB) -> Embedding:
        return self._timed("embed", lambda: self.engine.embed_crop(crop))

    def samples(self) -> list[LatencySamples]:
        """Durations of each step, without the first ones, in which the runtime warms up."""
        return [LatencySamples.of(step, ns[_WARMUP:]) for step, ns in self.durations.items() if len(ns) > _WARMUP]

    def _timed(self, step: str, action: Callable[[], _Result]) -> _Result:
        start = self.clock()
        result = action()
        self.durations[step].append(self.clock() - start)
        return result


@dataclass(frozen=True, eq=False)
class TimedVerification:
    """Accuracy of an engine on a dataset, the durations of the same runs, and agreement with the golden vectors.

    Attributes:
        described: protocol, people, photos and photos without a face.
        embedded: the chosen faces and their embeddings.
        verification: metrics of the pairs.
        samples: durations by step.
        golden_cosines: smallest cosine to the golden vectors by task.
        settings: runtime, delegate and threads.
    """

    described: dict[str, Any]
    embedded: DatasetEmbeddings
    verification: VerificationMetrics
    samples: list[LatencySamples]
    golden_cosines: dict[str, float]
    settings: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            **self.settings,
            **self.described,
            **self.verification.to_json(),
            "latency": {samples.label: samples.summary().to_json() for samples in self.samples},
            "golden_cosines": self.golden_cosines,
        }

    def text(self) -> str:
        """The result as text."""
        metrics = self.verification.to_json()
        tars = {f"TAR at FMR {fmr}": value for fmr, value in metrics["tar_at_fmr"].items()}
        shares = {"accuracy": metrics["accuracy"], "EER": metrics["eer"]} | tars
        rows = [(samples.label, str(len(samples)), *samples.summary().milliseconds()) for samples in self.samples]
        cosines = ", ".join(f"{task} {cosine:.4f}" for task, cosine in self.golden_cosines.items())
        found, settings = self.described, self.settings
        lines = [
            f"{settings['runtime']}, delegate {settings['delegate']}, threads {settings['threads']}",
            f"smallest cosine to the golden vectors: {cosines}",
            f"{found['protocol']}: {found['photos']} photos of {found['people']} people, {found['faces_not_found']} without a face",
            "",
            table([(name, "too few pairs" if share is None else f"{share:.2%}") for name, share in shares.items()]),
            "",
            table(rows, header=("milliseconds, of these photos", "samples", "median", "p90", "p99", "max")),
        ]
        return "\n".join(lines)


def verify_timed(
    dataset: IdentityDataset,
    engine: FaceEngine,
    *,
    all_pairs: bool = False,
    replicates: int = REPLICATES,
    progress: Progress | None = None,
) -> TimedVerification:
    """Verify the people of a dataset by its ``pairs.txt`` or all pairs, and time every step on the way.

    Raises:
        DataError: there are no genuine or no impostor pairs.
        SelfTestError: the delegate's outputs differ from the golden vectors.
    """
    protocol, timed = VerificationProtocol.of(dataset, all_pairs), TimedAnalyzer(engine)
    cards = {"detector": engine.detector_card, "embedder": engine.embedder_card}
    cosines = {task: min(self_test(engine.networks[task], card).cosines) for task, card in cards.items()}
    embedded = embed_dataset(dataset, timed, protocol.choose, progress)
    comparisons = protocol.compare(embedded)
    verification = VerificationMetrics.measure(comparisons, PersonBootstrap(comparisons.person_count, replicates))
    settings = {"runtime": engine.runtime, "delegate": engine.delegate, "threads": engine.threads}
    described = protocol.describe(embedded)
    return TimedVerification(described, embedded, verification, timed.samples(), cosines, settings)
