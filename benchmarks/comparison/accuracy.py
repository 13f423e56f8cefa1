"""Verification accuracy of contestants on the same pairs, from the same processes as their latency."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_siamese.dataset_embeddings import DatasetEmbeddings, Numbers
from edge_siamese.errors import DataError, ImageError
from edge_siamese.evaluation.baseline import BaselineEmbeddings
from edge_siamese.evaluation.bootstrap import PersonBootstrap
from edge_siamese.evaluation.comparisons import ScoreMatrix
from edge_siamese.evaluation.protocols import VerificationProtocol
from edge_siamese.evaluation.verification import VerificationMetrics
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.matching import NO_SCORE, Q15

from ..peers.adapter import DISTANCE
from ..peers.process import PeerError, PeerProcess
from .contestants import Running

Progress = Callable[[int, int], None]
_STEPS_OF_DISTANCE = 4
"""A distance d scores (4 - d) / 4 in Q15, so that distances up to 8 stay apart."""


@dataclass(eq=False)
class Answers:
    """What one contestant found on each photo."""

    faces: list[Face | None]
    centered: list[bool]
    vectors: dict[int, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Accuracy:
    """Result of one contestant on a dataset.

    Attributes:
        photos: number of photos.
        not_found: number of photos without its face, by the rule of the protocol.
        verification: metrics of the pairs; None for a detector.
    """

    photos: int
    not_found: int
    verification: VerificationMetrics | None

    def to_json(self) -> dict[str, Any]:
        found = {"photos": self.photos, "faces_not_found": self.not_found}
        return found | {"verification": self.verification.to_json() if self.verification else None}


@dataclass(frozen=True, eq=False)
class AccuracyRun:
    """Accuracy by name of the contestant.

    Attributes:
        protocol: ``"lfw-pairs"`` or ``"all-pairs"``.
        people: number of people.
        unreadable: number of photos that nobody can read; they have no face.
        results: accuracy by name.
        partial: why nothing was measured; empty if it was.
    """

    protocol: str
    people: int
    unreadable: int
    results: dict[str, Accuracy]
    partial: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"protocol": self.protocol, "people": self.people, "unreadable": self.unreadable}


def measure_accuracy(
    running: Sequence[Running],
    dataset: IdentityDataset,
    protocol: VerificationProtocol,
    folder: Path,
    *,
    replicates: int,
    progress: Progress = lambda done, total: None,
) -> AccuracyRun:
    """Detect and embed the face of every photo with every contestant, then compare the protocol's pairs.

    A contestant that fails has no accuracy; the others go on.

    Args:
        running: the contestants.
        dataset: photos of people.
        protocol: chooses the face and the pairs.
        folder: folder for the image that the processes read.
        replicates: bootstrap replicates.
        progress: called with the number of photos done and the total.
    """
    photos = dataset.photos
    answers = {each.contestant.name: Answers([None] * len(photos), [False] * len(photos)) for each in running}
    names, unreadable, listed = len(dataset.people), 0, "all-pairs" if protocol.pairs is None else "lfw-pairs"
    try:
        for number, photo in enumerate(photos):
            try:
                image = dataset.read(photo)
            except ImageError:
                unreadable += 1
            else:
                np.save(folder / "photo.npy", image)
                for each in running:
                    _answer(each, answers[each.contestant.name], number, image, folder / "photo.npy", protocol)
            progress(number + 1, len(photos))
    except KeyboardInterrupt:
        return AccuracyRun(listed, names, unreadable, {}, "interrupted while accuracy was measured")
    draws: dict[int, PersonBootstrap] = {}
    results = {}
    for each in running:
        if each.process:
            found = answers[each.contestant.name]
            try:
                results[each.contestant.name] = _accuracy(each.process, found, dataset, protocol, draws, replicates)
            except DataError as error:
                each.notes.append(f"no accuracy: {error}")
    return AccuracyRun(listed, names, unreadable, results)


def _answer(
    each: Running, answers: Answers, number: int, image: RGB, path: Path, protocol: VerificationProtocol
) -> None:
    if each.process is None:
        return
    try:
        each.process.show(path)
        faces, _ = each.process.detect()
        chosen = protocol.choose(faces, image)
        answers.faces[number] = chosen
        answers.centered[number] = any(_contains_center(face, image) for face in faces)
        if chosen is not None and each.embeds:
            index = next(at for at, face in enumerate(faces) if face is chosen)
            answers.vectors[number], _ = each.process.embed(index)
    except PeerError as error:
        each.fail(PeerError(f"photo {number + 1}: {error}"))


def _accuracy(
    process: PeerProcess,
    answers: Answers,
    dataset: IdentityDataset,
    protocol: VerificationProtocol,
    draws: dict[int, PersonBootstrap],
    replicates: int,
) -> Accuracy:
    found = np.array([face is not None for face in answers.faces])
    centered = np.array(answers.centered, bool)
    embedded = DatasetEmbeddings(
        photos=dataset.photos,
        embeddings=np.zeros((len(found), 1), np.int8),
        found=found,
        centered=centered,
        unreadable={},
        zero_point=process.about.zero_point,
        embedder="",
        faces=answers.faces,
        qualities=[None] * len(found),
    )
    not_found = int((~(found if protocol.pairs is None else centered)).sum())
    if not process.about.embeds:
        return Accuracy(len(found), not_found, None)
    pairs = protocol.compare(embedded, _scores(process, answers, len(found)))
    bootstrap = draws.setdefault(pairs.person_count, PersonBootstrap(pairs.person_count, replicates))
    return Accuracy(len(found), not_found, VerificationMetrics.measure(pairs, bootstrap))


def _scores(process: PeerProcess, answers: Answers, count: int) -> ScoreMatrix:
    if not answers.vectors:
        raise DataError("expected a face on some photo, found none on any")
    example = next(iter(answers.vectors.values()))
    vectors = np.zeros((count, len(example)), example.dtype)
    for number, vector in answers.vectors.items():
        vectors[number] = vector
    if process.about.metric == DISTANCE:
        return DistanceScores(vectors).scores
    return BaselineEmbeddings(vectors, process.about.zero_point).scores


@dataclass(frozen=True, eq=False)
class DistanceScores:
    """Scores from Euclidean distances of float embeddings ``(N, D)``."""

    vectors: npt.NDArray[np.float64]

    def scores(self, rows: Numbers, columns: Numbers) -> npt.NDArray[np.int16]:
        """Scores ``(R, C)``: the smaller the distance, the higher; see `_STEPS_OF_DISTANCE`."""
        first, second = self.vectors[rows], self.vectors[columns]
        squares = (first**2).sum(1)[:, None] + (second**2).sum(1) - 2 * first @ second.T
        distances = np.sqrt(np.maximum(squares, 0))
        scores = (_STEPS_OF_DISTANCE - distances) / _STEPS_OF_DISTANCE * Q15
        return np.asarray(np.clip(np.trunc(scores), NO_SCORE + 1, Q15 - 1).astype(np.int16))


def _contains_center(face: Face, image: RGB) -> bool:
    x, y = (image.shape[1] - 1) / 2, (image.shape[0] - 1) / 2
    left, top, width, height = (float(side) for side in face.box)
    return bool(left <= x <= left + width and top <= y <= top + height)
