"""Annotated image sets for training and evaluating detectors.

A zip or folder with ``images/`` and ``annotations.json``, a list of objects ``{file, split: train|dev, source, faces:
[{box: [x, y, w, h], landmarks: [x1, y1, .. x5, y5] or null}]}`` (further keys are ignored): boxes and landmarks in pixels
with the origin at the center of the top-left one, landmarks in the order of `faces.Face`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, overload

import numpy as np
import numpy.typing as npt

from ..errors import DataError, ImageError
from ..frames import RGB
from ..image_archive import ImageArchive
from ..text_file import decode_text

_NO_LANDMARKS = [float("nan")] * 10


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """An image with annotated faces.

    Attributes:
        image: uint8 ``(H, W, 3)`` RGB.
        boxes: float32 ``(F, 4)``: x, y, width, height.
        landmarks: float32 ``(F, 5, 2)``; NaN for a face without landmarks.
        source: origin of the image.
        name: file name in the set; empty for an image without a file.
    """

    image: RGB
    boxes: npt.NDArray[np.float32]
    landmarks: npt.NDArray[np.float32]
    source: str
    name: str = ""


@dataclass(frozen=True, eq=False)
class AnnotationEntry:
    """One image of a set that is not decoded: its file below ``images/``, its split, origin and faces."""

    file: str
    split: str
    source: str
    boxes: npt.NDArray[np.float32]
    landmarks: npt.NDArray[np.float32]


class AnnotatedSet:
    """An annotated image set; images are decoded on demand.

    Raises:
        DataError: the set is missing or not as described in this module.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive = ImageArchive(path)
        try:
            listed = self._table()
        except BaseException:
            self.close()
            raise
        self._entries = [self._entry(number, fields) for number, fields in enumerate(listed)]

    def close(self) -> None:
        self._archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _table(self) -> list[Any]:
        """Read the list in ``annotations.json``."""
        try:
            text = decode_text(self._archive.read("annotations.json"), self._archive.place("annotations.json"))
            listed = json.loads(text)
        except ImageError as error:
            raise DataError(str(error)) from error
        except ValueError as error:
            raise DataError(f"{self.path}: its annotations.json is not JSON ({error})", path=self.path) from error
        if not isinstance(listed, list):
            raise DataError(
                f"{self.path}: expected annotations.json to hold a list of images, found something else", path=self.path
            )
        return listed

    def count(self, split: str) -> int:
        """Number of images in a split."""
        return sum(entry.split == split for entry in self._entries)

    def images(self, split: str) -> Iterator[AnnotatedImage]:
        """Yield the images of a split, in the order of the annotations.

        Raises:
            DataError: an image is missing or cannot be read.
        """
        yield from self.in_split(split)

    def in_split(self, split: str) -> "AnnotatedSplit":
        """The images of a split by number, decoded when they are asked for."""
        return AnnotatedSplit(self, [entry for entry in self._entries if entry.split == split])

    def read(self, entry: AnnotationEntry) -> AnnotatedImage:
        """Decode an entry's image.

        Raises:
            DataError: the image is missing or cannot be read.
        """
        image = self._archive.image(f"images/{entry.file}")
        return AnnotatedImage(image, entry.boxes, entry.landmarks, entry.source, entry.file)

    def _entry(self, number: int, fields: Any) -> AnnotationEntry:
        try:
            faces = list(fields["faces"])
            marks = [_NO_LANDMARKS if face["landmarks"] is None else face["landmarks"] for face in faces]
            with np.errstate(over="ignore"):
                boxes = np.array([face["box"] for face in faces], np.float32).reshape(len(faces), 4)
                landmarks = np.array(marks, np.float32).reshape(len(faces), 5, 2)
            entry = AnnotationEntry(str(fields["file"]), str(fields["split"]), str(fields["source"]), boxes, landmarks)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DataError(
                f"{self.path}: entry {number} of annotations.json: expected file, split, source and faces with a box of 4 "
                f"numbers and 10 landmark coordinates or null, found otherwise ({error})",
                path=self.path,
            ) from error
        if not (np.isfinite(boxes).all() and (boxes[:, 2:] > 0).all()):
            raise DataError(
                f"{self.path}: {entry.file}: expected boxes x, y, width, height with positive sizes", path=self.path
            )
        return entry


class AnnotatedSplit(Sequence[AnnotatedImage]):
    """The images of one split, decoded on demand."""

    def __init__(self, annotated: AnnotatedSet, entries: Sequence[AnnotationEntry]) -> None:
        self._annotated, self._entries = annotated, entries

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, number: int) -> AnnotatedImage: ...
    @overload
    def __getitem__(self, number: slice) -> "AnnotatedSplit": ...
    def __getitem__(self, number: int | slice) -> "AnnotatedImage | AnnotatedSplit":
        if isinstance(number, slice):
            return AnnotatedSplit(self._annotated, self._entries[number])
        return self._annotated.read(self._entries[number])
