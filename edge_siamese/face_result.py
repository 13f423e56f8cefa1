"""Result of the loop about one face of a frame."""

from dataclasses import dataclass

from .decision import Decision, Reason
from .faces import Face
from .frames import Frame
from .liveness.challenge import Prompt
from .quality.gate import Quality


@dataclass(frozen=True)
class FaceResult:
    """Decision about one face of a frame, or about a frame without a face.

    Attributes:
        frame: the frame.
        face: the face, with its embedding if it was embedded in this frame; None for a frame without a face.
        face_index: rank of the face by size in its frame, 0 for the largest; None without a face.
        track: number of the face's track; None without a face.
        decision: decision about the track's person, from its last eight embeddings at most.
        changed: whether the decision differs from the last emitted one of this track; always true for stills.
        turn: counterclockwise rotation in degrees that makes the face upright: 0, 90, 180 or 270.
        latency_ns: time from the capture of a live frame, or from reading any other frame, to the decision.
        quality: quality of the face, if it was embedded in this frame.
        doubt: reason why the face cannot be decided "unknown", if it was embedded in this frame and has such a reason.
        prompt: what the person is asked to do to pass the liveness challenge; None if nothing is asked.
    """

    frame: Frame
    face: Face | None
    face_index: int | None
    track: int | None
    decision: Decision
    changed: bool
    latency_ns: int
    turn: int = 0
    quality: Quality | None = None
    doubt: Reason | None = None
    prompt: Prompt | None = None
