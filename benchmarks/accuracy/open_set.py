"""Open-set benchmark: identification rates of enrolled people and strangers with the verifier.

Some people of a dataset are enrolled with their first photos. Their other photos, and all photos of the other people, are
processed by the verifier, as a folder of images and as a video. An image counts as named if any decision on it is a match.
Terms are those of ISO/IEC 19795-1: FPIR is the share of strangers' images that are named, FNIR the share of enrolled people's
images that are not named correctly.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np

from edge_siamese.cameras import open_source
from edge_siamese.detection import letterbox
from edge_siamese.engine import FaceEngine
from edge_siamese.errors import DataError
from edge_siamese.evaluation.open_set import OpenSetSplit
from edge_siamese.face_result import FaceResult
from edge_siamese.gallery import Gallery
from edge_siamese.gallery.enrollment.build import build_gallery
from edge_siamese.gallery.enrollment.person import Permissions
from edge_siamese.identity_dataset import IdentityDataset, Photo
from edge_siamese.image_io import write_image
from edge_siamese.verifier import Verifier

VIDEO_SIZE, VIDEO_FPS, FRAMES_EACH = (480, 480), 10, 3


@dataclass(frozen=True)
class PhotoTrial:
    """The photos of an open-set trial.

    Attributes:
        enrolled: photos for the gallery.
        shown: photos to show, enrolled people's and strangers' mixed.
        names: the enrolled people.
    """

    enrolled: list[Photo]
    shown: list[Photo]
    names: frozenset[str]


@dataclass(frozen=True)
class NamedImages:
    """Results of the verifier on the images.

    Attributes:
        shown_as: ``"stills"`` or ``"video"``.
        enrolled_images: number of images of enrolled people; `named_rightly` and `named_wrongly` count those with a name.
        stranger_images: number of images of strangers; `strangers_named` counts those with a name.
    """

    shown_as: str
    enrolled_images: int
    named_rightly: int
    named_wrongly: int
    stranger_images: int
    strangers_named: int

    def to_json(self) -> dict[str, Any]:
        return {
            "shown_as": self.shown_as,
            "enrolled_images": self.enrolled_images,
            "named_rightly": self.named_rightly / max(self.enrolled_images, 1),
            "named_wrongly": self.named_wrongly / max(self.enrolled_images, 1),
            "stranger_images": self.stranger_images,
            "strangers_named": self.strangers_named / max(self.stranger_images, 1),
        }


def split_open_set(dataset: IdentityDataset, people: int, photos: int) -> PhotoTrial:
    """Enroll `people` with their first `photos` photos; the choice and the order depend only on a hash of names.

    Raises:
        DataError: too few people with more than that many photos, or no strangers.
    """
    photos_of: dict[str, list[int]] = defaultdict(list)
    for index, photo in enumerate(dataset.photos):
        photos_of[photo.person].append(index)
    several = [name for name, taken in photos_of.items() if len(taken) > photos]
    if len(several) < people or len(photos_of) <= people:
        raise DataError(
            f"{dataset.path}: expected {people} people with more than {photos} photos and strangers beside them, found "
            f"{len(several)} of {len(photos_of)} people with so many"
        )
    names = frozenset(sorted(several, key=_hash)[:people])
    images = {name: np.array(taken, np.int64) for name, taken in photos_of.items()}
    split = OpenSetSplit.assign(images, names, lambda taken: taken[:photos])
    enrolled = [dataset.photos[index] for index in split.enrolled]
    shown = [dataset.photos[index] for index in (*split.known, *split.strangers)]
    return PhotoTrial(
        sorted(enrolled, key=lambda photo: photo.person), sorted(shown, key=lambda photo: _hash(photo.path)), names
    )


def write_open_set(dataset: IdentityDataset, split: PhotoTrial, folder: Path) -> None:
    """Write ``enrolled/``, ``shown/`` and ``shown.avi`` for ``edge-siamese gallery build`` and ``run``."""
    for photo in split.enrolled:
        write_image(_as_png(folder / "enrolled" / photo.path), dataset.read(photo))
    folder.mkdir(parents=True, exist_ok=True)
    video = cv2.VideoWriter(str(folder / "shown.avi"), cv2.VideoWriter.fourcc(*"MJPG"), VIDEO_FPS, VIDEO_SIZE)
    for photo in split.shown:
        image = dataset.read(photo)
        write_image(_as_png(folder / "shown" / photo.path), image)
        fitted, _ = letterbox(image, VIDEO_SIZE[1], VIDEO_SIZE[0])
        for _ in range(FRAMES_EACH):
            video.write(cv2.cvtColor(fitted, cv2.COLOR_RGB2BGR))
    video.release()


@contextmanager
def write_enrolled(dataset: IdentityDataset, split: PhotoTrial) -> Iterator[Path]:
    """A temporary folder with the photos to enroll, ``<person>/<photo>``."""
    with TemporaryDirectory() as folder:
        for photo in split.enrolled:
            write_image(_as_png(Path(folder) / photo.path), dataset.read(photo))
        yield Path(folder)


def enroll(folder: Path, engine: FaceEngine) -> Gallery:
    """Build a gallery from the folder of `write_open_set`, with the largest face of every photo."""
    allowed = Permissions(different_faces=True)
    return build_gallery(IdentityDataset(folder / "enrolled"), engine, permissions=allowed, largest_only=True)[0]


def identify_stills(
    folder: Path, split: PhotoTrial, engine: FaceEngine, gallery: Gallery, target_fpir: float
) -> NamedImages:
    """Identify the faces in the folder of images."""
    paths = {_as_png(Path(photo.path)).as_posix(): photo for photo in split.shown}
    with open_source(str(folder / "shown")) as source:
        results = list(Verifier(source, engine, gallery, target_fpir=target_fpir))
    return _count("stills", split, ((paths[result.frame.source], result) for result in results))


def identify_video(
    folder: Path, split: PhotoTrial, engine: FaceEngine, gallery: Gallery, target_fpir: float
) -> NamedImages:
    """Identify the faces in the video, which shows every photo for several frames."""
    with open_source(str(folder / "shown.avi")) as source:
        results = list(Verifier(source, engine, gallery, target_fpir=target_fpir))
    shown = ((split.shown[result.frame.sequence // FRAMES_EACH], result) for result in results)
    return _count("video", split, shown)


def _count(shown_as: str, split: PhotoTrial, results: Iterable[tuple[Photo, FaceResult]]) -> NamedImages:
    named: dict[Photo, set[str]] = {photo: set() for photo in split.shown}
    for photo, result in results:
        if result.decision.identity is not None:
            named[photo].add(result.decision.identity)
    enrolled = [photo for photo in split.shown if photo.person in split.names]
    strangers = [photo for photo in split.shown if photo.person not in split.names]
    return NamedImages(
        shown_as=shown_as,
        enrolled_images=len(enrolled),
        named_rightly=sum(named[photo] == {photo.person} for photo in enrolled),
        named_wrongly=sum(bool(named[photo] - {photo.person}) for photo in enrolled),
        stranger_images=len(strangers),
        strangers_named=sum(bool(named[photo]) for photo in strangers),
    )


def _as_png(path: Path) -> Path:
    return path.with_suffix(".png")


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
