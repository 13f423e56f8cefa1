"""Collect clean and degraded photos with their measured quality components, to fit the quality score.

Every crop of the validation people is placed into a scene, once clean and once with each degradation, in its original
size. Faces, landmarks and detector scores are those of the detector, as on the device.
"""

import csv
import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import CROP_SIZE
from edge_siamese.embedding import unit_rows
from edge_siamese.errors import DataError
from edge_siamese.faces import Face, largest
from edge_siamese.protocols import FaceAnalyzer
from edge_siamese.quality.gate import Quality, measure_crop

from ...augmentation.degradation import DEGRADATIONS, Image, between, degrade, scene
from ...data.teacher import validation_people

CLEAN, SMALL = "clean", "small"
KINDS = (CLEAN, SMALL, *DEGRADATIONS)
_FACE_OF_CROP = 0.7
"""Width of a face's box by the side of its aligned crop."""


@dataclass(frozen=True, eq=False)
class QualitySamples:
    """S photos with a detected face.

    Attributes:
        crop: ``(S,)``, index of the source crop.
        people: ``(S,)``, person on each photo.
        kind: ``(S,)``, a name in `KINDS`.
        qualities, faces: measured qualities and detected faces.
        side_light: ``(S,)``, octaves between the mean gray levels of the left and right half of the face.
        embeddings: float32 ``(S, D)``, zero point subtracted, not L2-normalized.
        missed: number of photos without a detected face, by kind.
    """

    crop: npt.NDArray[np.int64]
    people: npt.NDArray[np.int64]
    kind: npt.NDArray[np.str_]
    qualities: list[Quality]
    faces: list[Face]
    side_light: npt.NDArray[np.float64]
    embeddings: npt.NDArray[np.float32]
    missed: dict[str, int]

    @property
    def clean(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.kind == CLEAN)

    @property
    def unit_embeddings(self) -> npt.NDArray[np.float32]:
        return np.asarray(unit_rows(self.embeddings), np.float32)

    def utility(self) -> npt.NDArray[np.float64]:
        """Return ``(S,)``: cosine to the mean direction of the other clean photos of the person; NaN if there are none."""
        units = self.unit_embeddings
        whole = np.zeros((int(self.crop.max()) + 1, units.shape[1]))
        whole[self.crop[self.clean]] = units[self.clean]
        person = np.zeros(len(whole), np.int64)
        person[self.crop] = self.people
        sums = np.zeros((int(self.people.max()) + 1, units.shape[1]))
        np.add.at(sums, person, whole)
        others = sums[self.people] - whole[self.crop]
        norms = np.linalg.norm(others, axis=1)
        cosines = np.sum(units * others, axis=1) / np.maximum(norms, 1e-6)
        return np.where(norms > 1e-6, cosines, np.nan)


def collect_samples(
    crops: npt.NDArray[np.uint8],
    people: npt.NDArray[np.int64],
    sides: npt.NDArray[np.floating],
    engine: FaceAnalyzer,
    progress: Callable[[int, int], None] | None = None,
) -> QualitySamples:
    """Degrade every crop in every way, then detect, measure and embed it; deterministic.

    Args:
        crops: uint8 ``(N, 112, 112, 3)``.
        people: ``(N,)``, person of each crop.
        sides: ``(N,)``, side of each crop in its photo in pixels; values above 112 count as 112.
        engine: detects and embeds faces.
        progress: called with the number of crops done and the total.

    Raises:
        DataError: no face was detected on any photo.
    """
    found: list[tuple[int, str, Quality, Face, float, npt.NDArray[np.int16]]] = []
    missed = dict.fromkeys(KINDS, 0)
    for row in range(len(crops)):
        for kind, image in _photos(crops, row, float(sides[row])):
            face = largest(engine.detect(image))
            if face is None:
                missed[kind] += 1
                continue
            crop = engine.align(image, face)
            embedding = engine.embed_crop(crop)
            values = embedding.values.astype(np.int16) - embedding.zero_point
            found.append((row, kind, measure_crop(crop, face), face, _side_light(crop), values))
        if progress:
            progress(row + 1, len(crops))
    if not found:
        raise DataError(f"expected a detected face on at least one of {len(crops)} crops, found none")
    indices, kinds, qualities, faces, side_light, embeddings = zip(*found, strict=True)
    labels = np.array(indices, np.int64)
    return QualitySamples(
        crop=labels,
        people=people[labels],
        kind=np.array(kinds),
        qualities=list(qualities),
        faces=list(faces),
        side_light=np.array(side_light),
        embeddings=np.array(embeddings, np.float32),
        missed=missed,
    )


def source_sides(folder: Path) -> npt.NDArray[np.float64]:
    """Read the side in pixels of each validation crop of a teacher folder in its photo, in the order of the table.

    Raises:
        DataError: the table is missing or has no `source_face_px`.
    """
    table = folder / "faces.csv.gz"
    try:
        with gzip.open(table, "rt", newline="") as stream:
            indices = [(line["identity"], float(line["source_face_px"])) for line in csv.DictReader(stream)]
    except (OSError, EOFError, KeyError, ValueError) as error:
        raise DataError(f"{table}: expected the columns identity and source_face_px ({error})") from error
    kept_back = validation_people([name for name, _ in indices])
    return np.array([width / _FACE_OF_CROP for name, width in indices if name in kept_back])


def _side_light(crop: Image) -> float:
    indices, middle = slice(20, 104), crop.shape[1] // 2
    left, right = (float(crop[indices, part].mean()) + 1.0 for part in (slice(20, middle), slice(middle, 92)))
    return abs(float(np.log2(left / right)))


def _photos(crops: npt.NDArray[np.uint8], row: int, side: float) -> Iterator[tuple[str, Image]]:
    for number, kind in enumerate(KINDS):
        rng = np.random.default_rng((row, number))
        crop = degrade(crops[row], kind, rng) if kind in DEGRADATIONS else crops[row]
        taken = min(side, CROP_SIZE) * (between(0.12, 0.9, rng) if kind == SMALL else 1.0)
        yield kind, scene(crop, taken, crops[rng.integers(len(crops))], rng)
