"""Transactions: visits before a camera, made of photos that move, through the loop of `run`.

A visit is one photo that drifts, turns, grows, and changes its light, sharpness and noise from frame to frame, so that its
embeddings differ as those of a track do. The head does not turn: a real visit has more different views. One visit is one
attempt in the terms of ISO/IEC 19795-1: its false positive identification rate is the share of strangers' visits in which
anybody is named at any frame, and its false negative identification rate the share of enrolled people's visits in which the
person is not named.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from edge_siamese.cameras.base import Source
from edge_siamese.decision import Outcome
from edge_siamese.engine import FaceEngine
from edge_siamese.face_result import FaceResult
from edge_siamese.frames import RGB, Frame
from edge_siamese.fusion import EmbeddingPolicy
from edge_siamese.gallery import Gallery
from edge_siamese.identity_dataset import IdentityDataset, Photo
from edge_siamese.intervals import clopper_pearson
from edge_siamese.verifier import Verifier

from .open_set import PhotoTrial

SIDE, FPS = 320, 10
EMPTY_FRAMES = 7  # more than a track survives without its face
POLICIES = {"run": EmbeddingPolicy(), "every face": EmbeddingPolicy(max_wait=1)}


class VisitSource(Source):
    """Visits, one after the other, as a recording of 10 frames a second, 320 x 320.

    Args:
        dataset: the photos.
        photos: the photo of each visit.
        frames: number of frames of a visit.
        progress: called with the number of visits done and their number.
    """

    def __init__(
        self,
        dataset: IdentityDataset,
        photos: Sequence[Photo],
        frames: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        super().__init__("visits")
        self._dataset, self._photos, self._frames, self._progress = dataset, photos, frames, progress

    def watch(self) -> Iterator[Frame]:
        sequence, empty = 0, np.full((SIDE, SIDE, 3), 90, np.uint8)
        for number, photo in enumerate(self._photos):
            image = self._dataset.read(photo)
            shown = [moved(image, number, step) for step in range(self._frames)] + [empty] * EMPTY_FRAMES
            for pixels in shown:
                yield Frame(pixels, round(sequence * 1e9 / FPS), sequence, self.name)
                sequence += 1
            if self._progress:
                self._progress(number + 1, len(self._photos))

    def visit_of(self, frame: Frame) -> int:
        """Number of the visit a frame belongs to, from 0."""
        return frame.sequence // (self._frames + EMPTY_FRAMES)


def moved(image: RGB, seed: int, step: int) -> RGB:
    """A photo at one step of its visit, uint8 ``(320, 320, 3)``; equal arguments give equal images."""
    phases = np.random.default_rng((7, seed)).uniform(0, 2 * np.pi, 6)
    rng = np.random.default_rng((8, seed, step))
    wave = np.sin(phases + step * np.array((0.35, 0.28, 0.22, 0.3, 0.25, 0.2)))
    height, width = image.shape[:2]
    scale = SIDE / max(height, width) * (0.92 + 0.08 * wave[0])
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), float(5 * wave[1]), scale)
    matrix[:, 2] += np.array([(SIDE - 1) / 2 - (width - 1) / 2, (SIDE - 1) / 2 - (height - 1) / 2])
    matrix[:, 2] += SIDE * 0.05 * wave[2:4]
    frame = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    blur = float(max(0.0, rng.normal(0.3, 0.5)))
    if blur > 0.2:
        frame = cv2.GaussianBlur(frame, (0, 0), blur)
    lit = frame.astype(np.float32) * (1 + 0.12 * wave[4]) + rng.normal(0, 3, frame.shape).astype(np.float32)
    return np.asarray(np.clip(lit, 0, 255), np.uint8)


@dataclass
class Visit:
    """What was decided in one visit.

    Attributes:
        names: the names given.
        decided_after: frames from the first with a face to the first name or "unknown", inclusive; None without.
    """

    names: set[str] = field(default_factory=set)
    decided_after: int | None = None
    first_sequence: int | None = None

    def add(self, result: FaceResult) -> None:
        """Take one result of the verifier into account."""
        if result.face is None:
            return
        if self.first_sequence is None:
            self.first_sequence = result.frame.sequence
        if result.decision.identity is not None:
            self.names.add(result.decision.identity)
        if self.decided_after is None and result.decision.outcome is not Outcome.UNDECIDED:
            self.decided_after = result.frame.sequence - self.first_sequence + 1


@dataclass(frozen=True)
class TransactionResult:
    """Rates of the visits with one policy.

    Attributes:
        policy: ``run`` or ``every face``.
        enrolled, named_rightly, named_wrongly: visits of enrolled people, and those with only the right or with a wrong name.
        strangers, strangers_named: visits of strangers, and those with any name.
        undecided: visits with a face that ended without a decision.
        faces, embeddings: counters of the loop.
        frames_to_decision: of every decided visit.
    """

    policy: str
    enrolled: int
    named_rightly: int
    named_wrongly: int
    strangers: int
    strangers_named: int
    undecided: int
    faces: int
    embeddings: int
    frames_to_decision: tuple[int, ...]

    def seconds(self, percentile: float) -> float | None:
        """Time to the decision in seconds, at a percentile of the decided visits."""
        if not self.frames_to_decision:
            return None
        return float(np.percentile(self.frames_to_decision, percentile, method="higher")) / FPS

    def to_json(self) -> dict[str, Any]:
        """Rates with exact 95 % intervals, counts and times."""
        return {
            "policy": self.policy,
            "enrolled_visits": self.enrolled,
            "named_rightly": self.named_rightly / max(self.enrolled, 1),
            "named_wrongly": self.named_wrongly / max(self.enrolled, 1),
            "fnir_interval": list(clopper_pearson(self.enrolled - self.named_rightly, self.enrolled)),
            "stranger_visits": self.strangers,
            "strangers_named": self.strangers_named / max(self.strangers, 1),
            "fpir_interval": list(clopper_pearson(self.strangers_named, self.strangers)),
            "undecided_visits": self.undecided,
            "faces": self.faces,
            "embeddings": self.embeddings,
            "faces_per_embedding": self.faces / max(self.embeddings, 1),
            "seconds_to_decision": {"median": self.seconds(50), "p90": self.seconds(90)},
        }


def measure_visits(
    dataset: IdentityDataset,
    split: PhotoTrial,
    engine: FaceEngine,
    gallery: Gallery,
    *,
    target_fpir: float,
    policy: str,
    frames: int,
    progress: Callable[[int, int], None] | None = None,
) -> TransactionResult:
    """Run the loop over one visit for each shown photo of a split, with one of the `POLICIES`."""
    source = VisitSource(dataset, split.shown, frames, progress)
    verifier = Verifier(source, engine, gallery, target_fpir=target_fpir, policy=POLICIES[policy])
    visits = [Visit() for _ in split.shown]
    for result in verifier:
        visits[source.visit_of(result.frame)].add(result)
    known = [(photo, visit) for photo, visit in zip(split.shown, visits, strict=True) if photo.person in split.names]
    strangers = [visit for photo, visit in zip(split.shown, visits, strict=True) if photo.person not in split.names]
    return TransactionResult(
        policy=policy,
        enrolled=len(known),
        named_rightly=sum(visit.names == {photo.person} for photo, visit in known),
        named_wrongly=sum(bool(visit.names - {photo.person}) for photo, visit in known),
        strangers=len(strangers),
        strangers_named=sum(bool(visit.names) for visit in strangers),
        undecided=sum(visit.first_sequence is not None and visit.decided_after is None for visit in visits),
        faces=verifier.counters.faces,
        embeddings=verifier.counters.embeddings,
        frames_to_decision=tuple(visit.decided_after for visit in visits if visit.decided_after is not None),
    )
