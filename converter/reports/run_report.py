"""Results of a training run, and their files in the run folder.

::

    RUN/report.json       a `RunReport`: texts and metrics
    RUN/evaluation.npz    `RunArrays`: embeddings and thumbnails of the test images
    RUN/report.html       the HTML page of both, see `page`
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
    """Number of classes and images of one side: "training", "validation" or "test"."""

    name: str
    classes: int
    images: int


class DataAccount(_ReportPart):
    """Training and evaluation data of a run.

    Attributes:
        source: text such as "folders in faces.zip".
        classes: plural noun for the classes: "people", "characters".
        portions: sides in the order training, validation, test; they are class-disjoint.
        digest: SHA-256 (hex) of the split.
        skipped: path of each skipped file -> reason.
    """

    source: str
    classes: str = "people"
    portions: tuple[Portion, ...]
    digest: str
    skipped: dict[str, str] = {}


class Parity(_ReportPart):
    """Parity of float and int8 on the test images.

    Attributes:
        cosine_mean, cosine_p1: mean and first percentile of the cosine between the float and int8 embeddings of an image.
        auc_loss, allowed_auc_loss: AUC of float minus AUC of int8, and its limit at the parity gate.
    """

    cosine_mean: float
    cosine_p1: float
    auc_loss: float
    allowed_auc_loss: float

    @property
    def passed(self) -> bool:
        return self.auc_loss <= self.allowed_auc_loss


class Illustration(_ReportPart):
    """An additional image: an ``.svg``, ``.png`` or ``.jpg`` in the run folder."""

    title: str
    caption: str
    file: str


class RunReport(_ReportPart):
    """Texts and metrics of one run.

    Attributes:
        title: title of the page: recipe and data.
        summary: summary of the recipe.
        started_from: initial weights: "random weights", "the shipped embedder".
        command: command line that repeats the run.
        recipe: TOML text with all changes applied.
        environment: versions, machine, seeds, dates and times by name.
        network: parameters, input, embedding, normalization and file sizes by name.
        data: training and evaluation data.
        protocol: sentence that describes the evaluated pairs.
        curves: rows of ``log.csv``.
        best_epoch: epoch whose weights were kept, from 1; None if the last weights were kept.
        float_metrics: metrics of the float network, see `evaluation.evaluate.evaluate`.
        int8_metrics: metrics of the int8 network on the same pairs.
        shipped_metrics: metrics of the shipped embedder on the same pairs; None if the images are not faces.
        parity: parity of float and int8.
        published: published metrics for comparison.
        illustrations: additional images, in order of display.
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
        """Metrics of the network for the device: int8 if there is one, else float."""
        return self.int8_metrics or self.float_metrics

    @property
    def is_chance(self) -> bool:
        """Check whether the AUC on the test classes, or its lower bound, is not above chance."""
        seen = self.final_metrics.verification
        bounds = seen["person_intervals_95"]["auc"]
        return bool((bounds[0] if bounds else seen["auc"]) <= CHANCE)

    def save(self, folder: Path) -> None:
        """Write ``report.json`` atomically."""
        with write_atomically(folder / REPORT) as stream:
            stream.write(self.model_dump_json(indent=1).encode() + b"\n")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            DataError: the folder is not a finished run, or its report is invalid.
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
    """Embeddings and scores of the test images of a run.

    Attributes:
        embeddings: float32 ``(N, D)``.
        labels: int64 ``(N,)`` class of each image.
        class_names: class names, by class.
        paths: path of each image.
        thumbnails: uint8 ``(N, h, w, C)``, gray or RGB, from `plots.mosaic.thumbnails`.
        pairs: int64 ``(P, 2)`` indices of the evaluated pairs.
        scores: float32 ``(P,)`` of the float network; larger is more similar.
        similarity: name of the distance between embeddings, see `distances`; scores of a head are in `scores` only.
        int8_embeddings: int8 ``(N, D)`` with `zero_point`, or None.
        int8_scores: float32 ``(P,)`` of the int8 network, or None.
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
        """Class name of each image."""
        return [self.class_names[number] for number in self.labels]

    def vectors(self, *, int8: bool = False) -> npt.NDArray[np.float32]:
        """Return the embeddings float32 ``(N, D)`` of the float or the int8 network.

        Raises:
            DataError: there is no int8 network.
        """
        if not int8:
            return self.embeddings
        if self.int8_embeddings is None:
            raise DataError("the run has no int8 embeddings")
        return self.int8_embeddings.astype(np.float32) - np.float32(self.zero_point)

    def score(self, *, int8: bool = False) -> Score:
        """Return the score function of the embeddings."""
        return by_similarity(self.vectors(int8=int8), self.similarity)

    def scored_pairs(self, *, int8: bool = False) -> ScoredPairs:
        """Return the evaluated pairs with their scores.

        Raises:
            DataError: there is no int8 network.
        """
        scores = self.int8_scores if int8 else self.scores
        if scores is None:
            raise DataError("the run has no int8 scores")
        return ScoredPairs(self.pairs, scores, self.labels)

    def save(self, folder: Path) -> None:
        """Write ``evaluation.npz`` atomically, without pickles."""
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
            DataError: the file is missing or damaged, or the lengths of its arrays differ.
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
            raise DataError(f"{path}: a class or pair has an index out of range")
