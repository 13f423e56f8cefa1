"""What a training run hands over to be reported, and how its folder keeps it.

::

    RUN/report.json       a `RunReport`: words and figures
    RUN/evaluation.npz    `RunArrays`: the test images' embeddings and thumbnails, for looking at them again
    RUN/report.html       the page that `page` makes of both
"""

import zipfile
from collections.abc import Sized
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError
from edge_siamese.evaluation.pairs import ScoredPairs

from ..evaluation.evaluate import Metrics
from ..evaluation.scoring import Labels, Score, by_similarity
from ..evaluation.verification import CHANCE
from ..recipes.siamese import PublishedMetrics

REPORT, ARRAYS, PAGE = "report.json", "evaluation.npz", "report.html"


class _ReportPart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Portion(_ReportPart):
    """Classes that were used for one purpose: "training", "validation", "test"."""

    name: str
    classes: int
    images: int


class DataAccount(_ReportPart):
    """What was learned from, and judged on.

    Attributes:
        source: for people: "folders in faces.zip".
        classes: what they are, in the plural: "people", "characters".
        portions: in the order of use; no class is in two.
        digest: SHA-256 over the split, hex.
        skipped: path -> why it gave no image.
    """

    source: str
    classes: str = "people"
    portions: tuple[Portion, ...]
    digest: str
    skipped: dict[str, str] = {}


class Parity(_ReportPart):
    """What int8 cost on the test images, and the gate it had to pass.

    Attributes:
        cosine_mean, cosine_p1: between the float and the int8 embedding of an image; p1 is the first percentile.
        auc_loss, allowed_auc_loss: float less int8, and how much may be lost.
    """

    cosine_mean: float
    cosine_p1: float
    auc_loss: float
    allowed_auc_loss: float

    @property
    def passed(self) -> bool:
        return self.auc_loss <= self.allowed_auc_loss


class Illustration(_ReportPart):
    """A further image: an ``.svg``, ``.png`` or ``.jpg`` in the run folder."""

    title: str
    caption: str
    file: str


class RunReport(_ReportPart):
    """Words and figures of one run.

    Attributes:
        title: of the page: recipe and data.
        summary: the recipe's sentence.
        started_from: the weights it began with: "random weights", "the shipped embedder".
        command: the command line that repeats it.
        recipe: TOML text, with every change that was asked for.
        environment: facts by name: releases, machine, seeds, dates, seconds.
        network: facts by name: parameters, input, embedding, normalization, sizes of the files.
        data: what it learned from.
        protocol: one sentence about who is compared with whom, and that nobody of them was trained on.
        curves: lines of ``log.csv``.
        best_epoch: whose weights were kept, counted from 1; None where the last ones were.
        float_metrics: of the trained network, `judging.evaluate.evaluate`.
        int8_metrics: of the quantized one on the same pairs.
        shipped_metrics: of the embedder that ships, on the same pairs; None where the images are no faces.
        parity: between float and int8.
        published: what it is compared with.
        illustrations: further images, shown in this order.
    """

    format: Literal["edge-siamese/run-report/1"] = "edge-siamese/run-report/1"
    title: str
    summary: str
    started_from: str = "random weights"
    command: str = ""
    recipe: str
    environment: dict[str, str] = {}
    network: dict[str, str] = {}
    data: DataAccount
    protocol: str
    curves: tuple[dict[str, float], ...] = ()
    best_epoch: int | None = None
    float_metrics: Metrics
    int8_metrics: Metrics | None = None
    shipped_metrics: Metrics | None = None
    parity: Parity | None = None
    published: PublishedMetrics | None = None
    illustrations: tuple[Illustration, ...] = ()

    @property
    def final_metrics(self) -> Metrics:
        """Of the network as it runs on a board: int8 where there is one."""
        return self.int8_metrics or self.float_metrics

    @property
    def is_chance(self) -> bool:
        """Whether the network tells the test classes apart no better than chance, as far as their pairs can say."""
        seen = self.final_metrics.verification
        bounds = seen["person_intervals_95"]["auc"]
        return bool((bounds[0] if bounds else seen["auc"]) <= CHANCE)

    def save(self, folder: Path) -> None:
        """Write ``report.json``, whole or not at all."""
        with write_atomically(folder / REPORT) as stream:
            stream.write(self.model_dump_json(indent=1).encode() + b"\n")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            DataError: the folder is no finished run, or its document is not as described.
        """
        path = folder / REPORT
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise DataError(f"{folder}: expected the folder of a finished run, found no {REPORT} in it") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(map(str, first["loc"])) or "the file"
            raise DataError(f"{path}: expected the report of a run; {place}: {first['msg'].lower()}") from error


@dataclass(frozen=True, eq=False)
class RunArrays:
    """The test images of a run.

    Attributes:
        embeddings: float32 ``(N, D)``.
        labels: int64 ``(N,)`` class of each.
        class_names: of the class numbers.
        paths: where each image came from.
        thumbnails: uint8 ``(N, h, w, C)``, gray or RGB; `looking.mosaic.thumbnails` makes them.
        pairs: int64 ``(P, 2)`` rows that were compared.
        scores: float32 ``(P,)`` of the float network, larger for more alike ones.
        similarity: by which embeddings are compared, of `distances`; a learned head's scores are in `scores` only.
        int8_embeddings: int8 ``(N, D)``, and their `zero_point`.
        int8_scores: float32 ``(P,)``.
    """

    embeddings: npt.NDArray[np.float32]
    labels: Labels
    class_names: list[str]
    paths: list[str]
    thumbnails: npt.NDArray[np.uint8]
    pairs: Labels
    scores: npt.NDArray[np.float32]
    similarity: str = "cosine"
    int8_embeddings: npt.NDArray[np.int8] | None = None
    zero_point: int = 0
    int8_scores: npt.NDArray[np.float32] | None = None

    @cached_property
    def names(self) -> list[str]:
        """Class of each image."""
        return [self.class_names[number] for number in self.labels]

    def vectors(self, *, int8: bool = False) -> npt.NDArray[np.float32]:
        """Embeddings float32 ``(N, D)`` of one of the two networks.

        Raises:
            DataError: there is no int8 network.
        """
        if not int8:
            return self.embeddings
        if self.int8_embeddings is None:
            raise DataError("the run has no int8 embeddings")
        return self.int8_embeddings.astype(np.float32) - np.float32(self.zero_point)

    def score(self, *, int8: bool = False) -> Score:
        """Scores of images by their embeddings."""
        return by_similarity(self.vectors(int8=int8), self.similarity)

    def scored_pairs(self, *, int8: bool = False) -> ScoredPairs:
        """The pairs that were compared.

        Raises:
            DataError: there is no int8 network.
        """
        scores = self.int8_scores if int8 else self.scores
        if scores is None:
            raise DataError("the run has no int8 scores")
        return ScoredPairs(self.pairs, scores, self.labels)

    def save(self, folder: Path) -> None:
        """Write ``evaluation.npz``, whole or not at all, without pickles."""
        arrays: dict[str, Any] = {
            "embeddings": self.embeddings.astype(np.float32),
            "labels": self.labels.astype(np.int64),
            "class_names": np.array(self.class_names, np.str_),
            "paths": np.array(self.paths, np.str_),
            "thumbnails": self.thumbnails,
            "pairs": self.pairs.astype(np.int32),
            "scores": self.scores.astype(np.float32),
            "similarity": np.array(self.similarity),
            "zero_point": np.array(self.zero_point, np.int8),
        }
        if self.int8_embeddings is not None:
            arrays["int8_embeddings"] = self.int8_embeddings
        if self.int8_scores is not None:
            arrays["int8_scores"] = self.int8_scores.astype(np.float32)
        with write_atomically(folder / ARRAYS) as stream:
            np.savez_compressed(stream, **arrays)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            DataError: it is missing, damaged, or its arrays do not fit each other.
        """
        path = folder / ARRAYS
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
                fields = dict(archive)
            found = cls(
                **fields | {
                    "pairs": fields["pairs"].astype(np.int64),
                    "class_names": fields["class_names"].tolist(),
                    "paths": fields["paths"].tolist(),
                    "similarity": str(fields["similarity"]),
                    "zero_point": int(fields["zero_point"]),
                }
            )  # fmt: skip
        except (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{path}: expected the arrays of a finished run, cannot read them ({error})") from error
        found._require_fit(path)
        return found

    def _require_fit(self, path: Path) -> None:
        count = len(self.embeddings)
        parts: dict[str, Sized] = {"labels": self.labels, "paths": self.paths, "thumbnails": self.thumbnails}
        if self.int8_embeddings is not None:
            parts["int8_embeddings"] = self.int8_embeddings
        for name, part in parts.items():
            if len(part) != count:
                raise DataError(f"{path}: expected {name} of {count} images, found {len(part)}")
        if self.labels.max(initial=0) >= len(self.class_names) or self.pairs.max(initial=0) >= count:
            raise DataError(f"{path}: a class or pair names a row that is not there")
