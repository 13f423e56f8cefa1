"""Choice of a person's face on a photo that may show several faces.

1. Faces with less than half of the largest face's side are ignored as people in the background: on 263 photos with several
   faces, the labeled person was never such a face. The others are candidates.
2. If a photo has one candidate, that face is used.
3. If a photo has several, the face that matches the person's other photos (photos with one candidate, and the templates in
   the gallery) is used: its score with their mean reaches the threshold, and no other candidate's score does.
4. Otherwise the photo is not used.

Size alone is not sufficient: on LFW photos with two faces of nearly the same size the larger face was another person in 8 of
63 (``docs/enrollment.md``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...decision import Reason
from ...faces import Face
from ...frames import RGB
from ...matching import scores_q15
from ...orientation import detect_oriented
from ...protocols import FaceAnalyzer
from ...quality.gate import CAUSES, QualityLimits, measure_crop
from ..templates.representatives import mean_template

MIN_RELATIVE_SIDE = 0.5
"""Minimum side of a candidate, as a share of the largest face's side."""

_LIMITS = QualityLimits()

Templates = npt.NDArray[np.int8]


def meant_faces(faces: Sequence[Face]) -> list[Face]:
    """The candidates among the faces of one image, largest first."""
    ordered = sorted(faces, key=lambda face: -face.area)
    return [face for face in ordered if face.area >= MIN_RELATIVE_SIDE**2 * ordered[0].area]


@dataclass(frozen=True, eq=False)
class MeantFaces:
    """The candidate faces of one image, not embedded.

    Attributes:
        faces: candidates, largest first; empty if none can be used.
        crops: aligned crop of each candidate, uint8 ``(112, 112, 3)``.
        found: number of detected faces, including those in the background.
        problem: reason why no face can be used, or None.
        rejections: for each candidate the reason why it cannot be enrolled, or None.
    """

    faces: list[Face]
    crops: list[RGB]
    found: int
    problem: str | None = None
    rejections: tuple[Reason | None, ...] = ()


def find_meant_faces(image: RGB, engine: FaceAnalyzer, *, largest_only: bool = False) -> MeantFaces:
    """Detect the candidate faces of a uint8 ``(H, W, 3)`` image in any orientation.

    If the quality of all candidates is too low for a comparison, the image cannot be used.

    Args:
        image: the photo or frame.
        engine: detects and aligns faces.
        largest_only: use only the largest face.
    """
    oriented = detect_oriented(engine, image)
    found = len(oriented.faces)
    if not found:
        return MeantFaces([], [], 0, "shows no face")
    if oriented.doubtful:
        return MeantFaces([], [], found, "its orientation is not clear")
    faces = meant_faces(oriented.faces)[: 1 if largest_only else None]
    crops = [engine.align(image, face) for face in faces]
    qualities = [measure_crop(crop, face) for crop, face in zip(crops, faces, strict=True)]
    rejections = tuple(quality.template_rejection(_LIMITS) for quality in qualities)
    if all(rejections) and rejections[0] is not None:
        return MeantFaces([], [], found, _problem(rejections[0]))
    return MeantFaces(faces, crops, found, rejections=rejections)


def _problem(rejection: Reason) -> str:
    return f"{CAUSES[rejection]} to be compared"


@dataclass(frozen=True, eq=False)
class PhotoFaces:
    """The embedded candidate faces of one photo.

    Attributes:
        photo: name of the photo in messages.
        templates: int8 ``(C, D)`` for C candidates, largest face first; C is 0 if the photo cannot be used.
        faces: number of detected faces, including those in the background.
        problem: reason why the photo cannot be used, or None.
        rejections: for each candidate the reason why it cannot be enrolled, or None; empty without any.
    """

    photo: str
    templates: Templates
    faces: int
    problem: str | None = None
    rejections: tuple[Reason | None, ...] = ()

    @classmethod
    def unusable(cls, photo: str, problem: str) -> "PhotoFaces":
        """A photo that could not be read."""
        return cls(photo, np.empty((0, 0), np.int8), 0, problem)

    @classmethod
    def of(cls, image: RGB, photo: str, engine: FaceAnalyzer, *, largest_only: bool = False) -> "PhotoFaces":
        """Detect and embed the candidate faces of an image; see `find_meant_faces`."""
        meant = find_meant_faces(image, engine, largest_only=largest_only)
        if meant.problem is not None:
            return cls.unusable(photo, meant.problem)
        templates = np.stack([engine.embed_crop(crop).values for crop in meant.crops])
        return cls(photo, templates, meant.found, rejections=meant.rejections)

    def choice(self, row: int) -> int | str:
        """The row of a chosen face, or the reason why this face cannot be enrolled."""
        rejection = self.rejections[row] if self.rejections else None
        return (
            row
            if rejection is None
            else f"shows {len(self.templates)} faces, and of the meant one {_problem(rejection)}"
        )


@dataclass(frozen=True)
class Skipped:
    """A photo that was not used, with the reason."""

    photo: str
    reason: str


@dataclass(frozen=True, eq=False)
class ChosenFaces:
    """One person's photos with one face each.

    Attributes:
        photos: names of the used photos.
        templates: int8 ``(n, D)``, one for each used photo.
        skipped: the photos that are not used, with the reason.
        several: number of faces on each used photo that shows more than one, by photo.
    """

    photos: list[str]
    templates: Templates
    skipped: list[Skipped]
    several: dict[str, int]


def choose_faces(
    photos: Sequence[PhotoFaces], zero_point: int, threshold: int | None, *, known: Templates | None = None
) -> ChosenFaces:
    """Choose the person's face on each photo of one person; a repeated photo counts once.

    Args:
        photos: photos of one person.
        zero_point: zero point of the templates.
        threshold: Q15 score from which a face matches the person's other photos; None if the embedder has no operating
            point, then photos with several candidates are not used.
        known: templates of the person in the gallery, int8 ``(K, D)``.
    """
    anchors = [photo.templates for photo in photos if len(photo.templates) == 1]
    anchors += [known] if known is not None and len(known) else []
    mean = mean_template(np.concatenate(anchors), zero_point) if anchors else None

    def choose(photo: PhotoFaces) -> int | str:
        """The row of the chosen face, or the reason why the photo is not used."""
        if photo.problem is not None:
            return photo.problem
        if len(photo.templates) == 1:
            return 0
        count = f"shows {len(photo.templates)} faces"
        if mean is None or threshold is None:
            return f"{count}, and no photo of this person alone says which one is meant"
        agreeing = np.flatnonzero(scores_q15(photo.templates, mean[None], zero_point)[:, 0] >= threshold)
        if len(agreeing) == 1:
            return photo.choice(int(agreeing[0]))
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
