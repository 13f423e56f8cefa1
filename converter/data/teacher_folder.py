"""Write a teacher folder, the data of `distill`, from images and a teacher network; `teacher` reads it.

Images are processed in blocks. A block becomes one shard, a zip of aligned crops, with the teacher's embeddings of its
crops and a part of the table. A part is written atomically when its block is done, so an interrupted run resumes with
the first block that is not done. The parts are joined at the end.
"""

import csv
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE, TEMPLATE, align, similarity
from edge_siamese.atomic import write_atomically
from edge_siamese.errors import DataError, ImageError
from edge_siamese.frames import RGB
from edge_siamese.image_archive import ImageArchive
from edge_siamese.image_io import read_image

from .teacher import COLUMNS, FACES, TEACHER_ROWS
from .teacher_network import Teacher
from .teacher_rows import PARTS, int8_directions, load_rows, remove_parts, save_array

SCHEMA = "edge-siamese/teacher-folder/1"
MANIFEST = "manifest.json"
BLOCK = 3_500  # crops of at most 13 kB: a shard is smaller than 45 MB
JPEG_QUALITY = 95

FindLandmarks = Callable[[RGB], npt.NDArray[np.floating] | None]
"""Returns the landmarks ``(5, 2)`` of the face to align in an image, or None if it has no face."""
File = tuple[str, bytes | str]
"""Path of an image, and its encoded bytes or the reason why they cannot be read."""


@dataclass(frozen=True)
class TeacherFolderSettings:
    """Settings of a folder, stored in its manifest; a run resumes a folder only if it has the same settings.

    Attributes:
        source: name of the images in the table.
        teacher_sha256: digest of the file of the teacher network.
        people: the name of an image's folder is the person's name, the identity in the table.
        aligned: the images are aligned crops already.
        block: images in a shard.
    """

    source: str
    teacher_sha256: str
    people: bool = False
    aligned: bool = False
    block: int = BLOCK


@dataclass(frozen=True)
class TeacherFolderReport:
    """Result of a run.

    Attributes:
        crops: number of crops in the folder.
        dimension: length of the teacher's embeddings.
        skipped: paths of images without a crop, each with the reason.
        resumed: number of blocks that an earlier run had written.
    """

    crops: int
    dimension: int
    skipped: dict[str, str]
    resumed: int


def archive_files(archive: ImageArchive) -> Iterator[File]:
    """Yield the images of an archive in its order; for an image that cannot be read, the reason."""
    for name in archive.images:
        try:
            yield name, archive.read(name)
        except ImageError as error:
            yield name, str(error)


def write_teacher_folder(
    files: Iterable[File],
    folder: Path,
    find_landmarks: FindLandmarks,
    teacher: Teacher,
    settings: TeacherFolderSettings,
    progress: Callable[[int], None] | None = None,
) -> TeacherFolderReport:
    """Create or resume a teacher folder.

    Args:
        files: the images, in the same order every time (`archive_files`).
        folder: the folder; it is created if it does not exist.
        find_landmarks: not called if the settings say that the images are aligned.
        teacher: embeds the crops as they are stored, that is after JPEG coding.
        settings: stored in the manifest.
        progress: called with the number of images done, after each block.

    Raises:
        DataError: the folder was begun with other settings or other images, no image has a face, or an output of the
            teacher is not a vector.
    """
    parts = folder / PARTS
    manifest = _begin(folder, settings)
    if manifest["complete"]:
        return TeacherFolderReport(manifest["crops"], manifest["dimension"], manifest["skipped"], manifest["blocks"])
    parts.mkdir(exist_ok=True)
    done = resumed = count = 0
    for number, block in enumerate(_blocks(files, settings.block)):
        part = _BlockFiles(folder, number)
        names = [path for path, _ in block]
        if part.is_done():
            part.require_images(names)
            resumed += 1
        else:
            part.write(names, *_aligned_block(block, find_landmarks, settings), teacher)
        done += len(block)
        count = number + 1
        if progress:
            progress(done)
    return _join(folder, count, settings, resumed)


@dataclass(frozen=True)
class _Crop:
    path: str
    identity: str
    pixels: float  # side of the crop in its image
    jpeg: bytes


class _BlockFiles:
    """The files of one block: a shard, its rows, and the part of the table, which is written last."""

    def __init__(self, folder: Path, number: int) -> None:
        self.shard = folder / f"faces-{number:03d}.zip"
        self.rows = folder / PARTS / f"{self.shard.stem}.npy"
        self.table = folder / PARTS / f"{self.shard.stem}.json"

    def is_done(self) -> bool:
        return self.table.is_file() and self.rows.is_file() and self.shard.is_file()

    def read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.table.read_text(encoding="utf-8")))
        except ValueError as error:
            raise DataError(f"{self.table}: damaged; remove it to make its block again") from error

    def require_images(self, names: list[str]) -> None:
        if self.read()["images"] != _digest(names):
            raise DataError(f"{self.shard.parent}: begun with other images; choose another folder")

    def write(self, names: list[str], crops: list[_Crop], skipped: dict[str, str], teacher: Teacher) -> None:
        files = [f"{self.shard.stem}-{index:05d}.jpg" for index in range(len(crops))]
        with write_atomically(self.shard) as stream, zipfile.ZipFile(stream, "w") as archive:
            for file, crop in zip(files, crops, strict=True):
                archive.writestr(zipfile.ZipInfo(file), crop.jpeg)
        decoded = (read_image(crop.jpeg) for crop in crops)
        rows = int8_directions(teacher(decoded), len(crops)) if crops else np.zeros((0, 0), np.int8)
        save_array(self.rows, rows)
        table = [[file, crop.identity, round(crop.pixels, 1)] for file, crop in zip(files, crops, strict=True)]
        _save_json(self.table, {"images": _digest(names), "crops": table, "skipped": skipped})


def _begin(folder: Path, settings: TeacherFolderSettings) -> dict[str, Any]:
    """Read the manifest of a folder, or write a new one."""
    path = folder / MANIFEST
    if not path.is_file():
        if (folder / FACES).exists():
            raise DataError(
                f"{folder}: expected a folder of 'data teacher' or a new one, found {FACES} without {MANIFEST}",
                path=folder,
            )
        folder.mkdir(parents=True, exist_ok=True)
        _save_json(path, {"schema": SCHEMA, "complete": False, "settings": asdict(settings)})
    try:
        manifest = dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise DataError(f"{path}: expected a manifest ({error})") from error
    if manifest.get("settings") != asdict(settings):
        raise DataError(f"{folder}: begun with other settings or another teacher; choose another folder")
    return manifest


def _blocks(files: Iterable[File], size: int) -> Iterator[list[File]]:
    remaining = iter(files)
    while block := list(islice(remaining, size)):
        yield block


def _aligned_block(
    block: Sequence[File], find_landmarks: FindLandmarks, settings: TeacherFolderSettings
) -> tuple[list[_Crop], dict[str, str]]:
    """Return the crops of a block, and for every other image the reason why it has none."""
    crops: list[_Crop] = []
    skipped: dict[str, str] = {}
    for path, encoded in block:
        try:
            if isinstance(encoded, str):
                raise ImageError(encoded)
            crop, pixels = _cut_out(read_image(encoded, name=path), path, find_landmarks, settings.aligned)
        except DataError as error:
            skipped[path] = str(error)
            continue
        identity = PurePosixPath(path).parent.name if settings.people else ""
        crops.append(_Crop(path, identity, pixels, _encoded(crop)))
    return crops, skipped


def _cut_out(image: RGB, path: str, find_landmarks: FindLandmarks, aligned: bool) -> tuple[RGB, float]:
    """Return the aligned crop and its side in pixels of the image."""
    if aligned:
        if image.shape[:2] != (CROP_SIZE, CROP_SIZE):
            size = f"{image.shape[1]}x{image.shape[0]}"
            raise ImageError(f"{path}: expected an aligned crop of {CROP_SIZE}x{CROP_SIZE}, found {size}")
        return image, float(CROP_SIZE)
    landmarks = find_landmarks(image)
    if landmarks is None:
        raise ImageError(f"{path}: no face found")
    matrix = similarity(landmarks, TEMPLATE)
    return align(image, landmarks), CROP_SIZE / max(float(np.hypot(matrix[0, 0], matrix[1, 0])), 1e-6)


def _encoded(crop: RGB) -> bytes:
    _, encoded = cv2.imencode(".jpg", crop[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return bytes(encoded.tobytes())


def _join(folder: Path, count: int, settings: TeacherFolderSettings, resumed: int) -> TeacherFolderReport:
    """Write table, rows and manifest from all parts, then remove the parts."""
    lines: list[tuple[Any, ...]] = []
    skipped: dict[str, str] = {}
    rows: list[npt.NDArray[np.int8]] = []
    for number in range(count):
        part = _BlockFiles(folder, number)
        read = part.read()
        skipped |= read["skipped"]
        if read["crops"]:
            rows.append(load_rows(part.rows, len(read["crops"])))
        for file, identity, pixels in read["crops"]:
            lines.append((len(lines), part.shard.name, file, settings.source, identity, pixels))
    if not lines:
        reason = next(iter(skipped.values()), "there are none")
        raise DataError(f"{folder}: no image has a face; the first: {reason}")
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *lines])
    with write_atomically(folder / FACES) as stream:
        stream.write(gzip.compress(text.getvalue().encode(), mtime=0))
    dimension = rows[0].shape[1]
    save_array(folder / TEACHER_ROWS, np.concatenate(rows))
    _save_json(
        folder / MANIFEST,
        {"schema": SCHEMA, "complete": True, "settings": asdict(settings), "blocks": count, "crops": len(lines),
         "dimension": dimension, "skipped": skipped},
    )  # fmt: skip
    remove_parts(folder / PARTS)
    return TeacherFolderReport(len(lines), dimension, skipped, resumed)


def _save_json(path: Path, content: dict[str, Any]) -> None:
    with write_atomically(path) as stream:
        stream.write(json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n")


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(names).encode()).hexdigest()
