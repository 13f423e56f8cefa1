"""Photos that are known to be worse than others of the same person: what the quality score is fitted on.

Every crop of the validation people is put into an image of its own as it is and once with every kind of defect, at the
size it was photographed at. What counts is what the device would measure there: face, landmarks and detector score are
those that the detector finds.
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
    """S photos on which a face was found.

    Attributes:
        crop: ``(S,)``, number of the crop each was made of.
        people: ``(S,)``, number of the person.
        kind: ``(S,)``, a name of `KINDS`.
        qualities, faces: what was measured.
        side_light: ``(S,)``, octaves between the mean grays of the face's halves.
        embeddings: float32 ``(S, D)``, without zero point, not normalized.
        missed: photos without a face, by kind.
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
        """``(S,)``: cosine to the mean direction of the person's other untouched photos; NaN without any."""
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
    """Spoil, detect, measure and embed every crop in every way; the same input gives the same photos.

    Args:
        crops: uint8 ``(N, 112, 112, 3)``.
        people: ``(N,)``, the person on each.
        sides: ``(N,)``, pixels that the crop had when it was photographed; more than 112 are taken for 112.
        engine: finds and embeds.
        progress: called with the number of crops done and of all.

    Raises:
        DataError: no face was found on any.
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
        raise DataError(f"a face is needed on at least one of {len(crops)} crops, found none")
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
    """Side in pixels that each validation crop of a teacher folder had in its photo, in the order of the table.

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
