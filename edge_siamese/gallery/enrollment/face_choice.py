"""Which face of a photo is meant: one rule for photos, folders of people and cameras.

1. A face counts when its side is at least half of the largest face's side. Smaller ones are people in the background: on
   263 photos with several faces, the person a photo is filed under was never such a face.
2. A photo with one face that counts means that face.
3. A photo with several means the one that agrees with the person's other photos (those with one face that counts, and the
   templates in the gallery): it scores at least the threshold with their mean, and no other face of the photo does.
4. Otherwise the photo is not used.

Size alone does not tell who is meant: on LFW photos with two faces of nearly the same size the larger one was somebody else in
8 of 63 (``docs/enrollment.md``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...faces import Face
from ...frames import RGB
from ...matching import scores_q15
from ...orientation import detect_oriented
from ...protocols import FaceAnalyzer
from ...quality.gate import CAUSES, QualityLimits, measure_crop
from ..templates.representatives import mean_template

MIN_RELATIVE_SIDE = 0.5
"""Side of a face that counts, as a share of the largest face's side."""

_LIMITS = QualityLimits()

Templates = npt.NDArray[np.int8]


def meant_faces(faces: Sequence[Face]) -> list[Face]:
    """The faces of one image that could be the person meant, largest first."""
    ordered = sorted(faces, key=lambda face: -face.area)
    return [face for face in ordered if face.area >= MIN_RELATIVE_SIDE**2 * ordered[0].area]


@dataclass(frozen=True, eq=False)
class MeantFaces:
    """The faces of one image that could be meant, not embedded.

    Attributes:
        faces: those that count, largest first; empty when none can be used.
        crops: uint8 ``(112, 112, 3)`` of each, aligned.
        found: how many faces were found, those in the background too.
        problem: why none can be used, or None.
    """

    faces: list[Face]
    crops: list[RGB]
    found: int
    problem: str | None = None


def find_meant_faces(image: RGB, engine: FaceAnalyzer, *, largest_only: bool = False) -> MeantFaces:
    """Find the faces of a uint8 ``(H, W, 3)`` image, whichever way up it is, that could be meant.

    When all of them are too poor to be compared, the image cannot be used.

    Args:
        image: the photo or frame.
        engine: finds and aligns.
        largest_only: only the largest face, whatever else the image shows.
    """
    oriented = detect_oriented(engine, image)
    found = len(oriented.faces)
    if not found:
        return MeantFaces([], [], 0, "shows no face")
    if oriented.doubtful:
        return MeantFaces([], [], found, "it is not clear which way up it is")
    faces = meant_faces(oriented.faces)[: 1 if largest_only else None]
    crops = [engine.align(image, face) for face in faces]
    rejections = [measure_crop(crop, face).rejection(_LIMITS) for crop, face in zip(crops, faces, strict=True)]
    if all(rejections) and rejections[0] is not None:
        return MeantFaces([], [], found, f"{CAUSES[rejections[0]]} to be compared")
    return MeantFaces(faces, crops, found)


@dataclass(frozen=True, eq=False)
class PhotoFaces:
    """The faces of one photo that could be meant, embedded.

    Attributes:
        photo: what messages call it.
        templates: int8 ``(C, D)``, largest face first; C is 0 when it cannot be used.
        faces: how many faces were found, those in the background too.
        problem: why it cannot be used, or None.
    """

    photo: str
    templates: Templates
    faces: int
    problem: str | None = None

    @classmethod
    def unusable(cls, photo: str, problem: str) -> "PhotoFaces":
        """A photo that could not be read."""
        return cls(photo, np.empty((0, 0), np.int8), 0, problem)

    @classmethod
    def of(cls, image: RGB, photo: str, engine: FaceAnalyzer, *, largest_only: bool = False) -> "PhotoFaces":
        """Find and embed the faces of an image that could be meant; see `find_meant_faces`."""
        seen = find_meant_faces(image, engine, largest_only=largest_only)
        if seen.problem is not None:
            return cls.unusable(photo, seen.problem)
        return cls(photo, np.stack([engine.embed_crop(crop).values for crop in seen.crops]), seen.found)


@dataclass(frozen=True)
class Skipped:
    """A photo that was not used, and why."""

    photo: str
    reason: str


@dataclass(frozen=True, eq=False)
class ChosenFaces:
    """One person's photos with one face each.

    Attributes:
        photos: those that are used.
        templates: int8 ``(n, D)`` of their faces.
        skipped: the others, and why.
        several: number of faces on each used photo that shows more than one, by photo.
    """

    photos: list[str]
    templates: Templates
    skipped: list[Skipped]
    several: dict[str, int]


def choose_faces(
    photos: Sequence[PhotoFaces], zero_point: int, threshold: int | None, *, known: Templates | None = None
) -> ChosenFaces:
    """Choose the face meant on each photo of one person; a photo that is there twice counts once.

    Args:
        photos: of one person.
        zero_point: of the templates.
        threshold: Q15 score from which a face agrees with the person's other photos; None when the embedder has no
            operating point: photos with several faces are then not used.
        known: int8 ``(K, D)`` templates that the gallery has of the person.
    """
    anchors = [photo.templates for photo in photos if len(photo.templates) == 1]
    anchors += [known] if known is not None and len(known) else []
    mean = mean_template(np.concatenate(anchors), zero_point) if anchors else None

    def choose(photo: PhotoFaces) -> int | str:
        """The row of the face meant, or why the photo is not used."""
        if photo.problem is not None:
            return photo.problem
        if len(photo.templates) == 1:
            return 0
        count = f"shows {len(photo.templates)} faces"
        if mean is None or threshold is None:
            return f"{count}, and no photo of this person alone says which one is meant"
        agreeing = np.flatnonzero(scores_q15(photo.templates, mean[None], zero_point)[:, 0] >= threshold)
        if len(agreeing) == 1:
            return int(agreeing[0])
        agree = f"{len(agreeing)} of them agree" if len(agreeing) else "none of them agrees"
        return f"{count}, and {agree} with the person's other photos"

    return _collect(photos, choose)


def _collect(photos: Sequence[PhotoFaces], choose: Callable[[PhotoFaces], int | str]) -> ChosenFaces:
    used: dict[bytes, PhotoFaces] = {}
    skipped = []
    for photo in photos:
        choice = choose(photo)
        face = b"" if isinstance(choice, str) else photo.templates[choice].tobytes()
        if isinstance(choice, str):
            skipped.append(Skipped(photo.photo, choice))
        elif face in used:
            skipped.append(Skipped(photo.photo, f"the same photo as {used[face].photo}, which counts once"))
        else:
            used[face] = photo
    return ChosenFaces(
        photos=[photo.photo for photo in used.values()],
        templates=np.stack([np.frombuffer(face, np.int8) for face in used]) if used else np.empty((0, 0), np.int8),
        skipped=skipped,
        several={photo.photo: photo.faces for photo in used.values() if photo.faces > 1},
    )
