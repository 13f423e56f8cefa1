"""Annotate images with the faces that a reference detector finds, as training data for the detector.

The result has the form of `edge_siamese.evaluation.annotations`. A face of which the reference is sure is annotated. One
of which it is not sure is painted over in gray, so that it counts neither as a face nor as background; if that would
paint over a part of a sure face, the image is left out.
"""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError, ImageError, ModelError
from edge_siamese.faces import Face
from edge_siamese.frames import RGB
from edge_siamese.image_archive import ImageArchive

_GRAY = 128  # as around the images in the detector's input
_MARGIN = 0.15  # of the longer side, added around the image so that faces at its edge are found
_JPEG_QUALITY = 92
Box = npt.NDArray[np.float32]
Progress = Callable[[int, int], None]


class ReferenceDetector(Protocol):
    """Finds the faces on a uint8 ``(H, W, 3)`` RGB image, with their scores."""

    def detect(self, image: RGB) -> list[Face]: ...


class YuNetReference:
    """OpenCV's `FaceDetectorYN` with every face of a score of 0.3 and more.

    Args:
        path: the ONNX file.

    Raises:
        DataError: the file is missing.
        ModelError: OpenCV cannot run it.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise DataError(f"{path}: expected the ONNX file of YuNet, found nothing there", path=path)
        try:
            self._network = cv2.FaceDetectorYN.create(str(path), "", (320, 320), score_threshold=0.3)
            self.detect(np.zeros((64, 64, 3), np.uint8))
        except cv2.error as error:
            raise ModelError(f"{path}: OpenCV cannot run it as YuNet ({str(error).strip().splitlines()[0]})") from error

    def detect(self, image: RGB) -> list[Face]:
        """Faces on a uint8 ``(H, W, 3)`` RGB image, in its pixels."""
        self._network.setInputSize((image.shape[1], image.shape[0]))
        _, rows = self._network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        return [Face(row[:4], row[4:14].reshape(5, 2), float(row[14])) for row in ([] if rows is None else rows)]


@dataclass
class AnnotationResult:
    """What became of the images.

    Attributes:
        images, faces: number of annotated images and of their faces.
        left_out: image and reason of each image without a usable face.
    """

    images: int = 0
    faces: int = 0
    left_out: dict[str, str] = field(default_factory=dict)


def annotate(
    source: Path,
    detector: ReferenceDetector,
    output: Path,
    *,
    minimum_score: float = 0.6,
    longest_side: int = 400,
    progress: Progress | None = None,
) -> AnnotationResult:
    """Write a zip of the images of a folder, zip or tar with the faces that a detector finds.

    Args:
        source: the images, in any folders.
        detector: the reference.
        output: the ``.zip`` to write; it appears only when it is complete.
        minimum_score: score from which the detector is sure of a face, 0 to 1.
        longest_side: larger images are reduced to this many pixels.
        progress: called with the number of images done and the total.

    Raises:
        DataError: no image has a face.
    """
    result, entries = AnnotationResult(), list[dict[str, Any]]()
    output.parent.mkdir(parents=True, exist_ok=True)
    with ImageArchive(source) as archive, write_atomically(output) as stream:
        with zipfile.ZipFile(stream, "w") as written:
            for name, image in _readable(archive, longest_side, result, progress):
                entry = _annotated(image, detector, minimum_score)
                if entry is None:
                    result.left_out[name] = "no face that the detector is sure of"
                    continue
                shown, faces = entry
                file = f"{len(entries):06d}.jpg"
                coded = cv2.imencode(".jpg", shown[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
                written.writestr(f"images/{file}", coded.tobytes())
                entries.append({"file": file, "split": "train", "source": PurePosixPath(name).name, "faces": faces})
                result.faces += len(faces)
            written.writestr("annotations.json", json.dumps(entries))
        if not entries:
            raise DataError(f"{source}: expected images of faces, found none with a face", path=source)
    result.images = len(entries)
    return result


def _readable(
    archive: ImageArchive, longest_side: int, result: AnnotationResult, progress: Progress | None
) -> Iterator[tuple[str, RGB]]:
    """The images that can be read, reduced to the longest side; the others are left out with their reason."""
    for done, name in enumerate(archive.images, start=1):
        try:
            image = archive.image(name)
        except ImageError as error:
            result.left_out[name] = str(error)
        else:
            scale = longest_side / max(image.shape[:2])
            if scale < 1:
                size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
                image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
            yield name, image
        if progress:
            progress(done, len(archive.images))


def _annotated(
    image: RGB, detector: ReferenceDetector, minimum_score: float
) -> tuple[RGB, list[dict[str, list[float]]]] | None:
    """The image, unsure faces painted over, and its sure faces; None without one, or if one would be painted over."""
    border = round(_MARGIN * max(image.shape[:2]))
    padded = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_CONSTANT)
    faces = detector.detect(np.asarray(padded, np.uint8))
    boxes = [face.box - np.array((border, border, 0, 0), np.float32) for face in faces]
    sure = [face.score >= minimum_score for face in faces]
    known = [box for box, certain in zip(boxes, sure, strict=True) if certain]
    image = image.copy()
    for box, certain in zip(boxes, sure, strict=True):
        if certain:
            continue
        if any(_overlap(box, other) for other in known):
            return None
        left, top = (max(0, int(value)) for value in box[:2])
        right, bottom = (max(0, int(np.ceil(value))) for value in box[:2] + box[2:])
        image[top:bottom, left:right] = _GRAY
    found = [
        {"box": _rounded(box), "landmarks": _rounded(face.landmarks - border)}
        for face, box, certain in zip(faces, boxes, sure, strict=True)
        if certain
    ]
    return (image, found) if found else None


def _overlap(box: Box, other: Box) -> bool:
    return bool(np.all(box[:2] < other[:2] + other[2:]) and np.all(other[:2] < box[:2] + box[2:]))


def _rounded(values: npt.NDArray[np.floating]) -> list[float]:
    return [round(float(value), 2) for value in values.ravel()]
