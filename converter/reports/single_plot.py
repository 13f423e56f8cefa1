"""Draw one plot of a run, or of an ``.npz`` that ``edge-siamese embed`` wrote for ``<person>/<photo>``."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from edge_siamese.alignment import align
from edge_siamese.dataset_layout import paths_in_dataset, person_of
from edge_siamese.errors import DataError
from edge_siamese.evaluation.pairs import ScoredPairs
from edge_siamese.identity_dataset import IdentityDataset, Photo
from edge_siamese.reports.canvas import FIGURE_SUFFIXES, RASTER_SUFFIXES, Drawing, Raster, check_path

from ..evaluation.identification import identify_by_representatives, representatives
from ..evaluation.scoring import by_similarity, every_pair, score_pairs
from ..evaluation.verification import Confusion, Verification
from ..plots.error_rates import confusion_matrix, decisions, det, rank_curve, roc, score_histogram
from ..plots.extreme_pairs import pair_sheet
from ..plots.mosaic import MAX_THUMBNAILS, mosaic, thumbnails
from ..plots.projections import LAYOUTS, readable_rows, scatter
from .run_report import REPORT, RunArrays, RunReport

_MAX_CLASSES = 60


@dataclass(frozen=True, eq=False)
class PlotInput:
    """Embeddings and settings for a plot.

    Attributes:
        arrays: embeddings, classes and thumbnails; thumbnails are empty if there are no photos.
        int8: use the int8 network of a run.
        given_threshold: threshold of the report of a run; None uses the threshold of the equal error rate.
        seed: seed of the projections and of the sample of images.
    """

    arrays: RunArrays
    int8: bool = False
    given_threshold: float | None = None
    seed: int = 0

    @classmethod
    def of_run(cls, folder: Path, *, floating: bool = False, seed: int = 0) -> Self:
        """Read a run: the int8 network if there is one, else, or with `floating`, the float network.

        Raises:
            DataError: the folder is no finished run.
        """
        report, arrays = RunReport.read(folder), RunArrays.read(folder)
        int8 = arrays.int8_embeddings is not None and not floating
        metrics = report.int8_metrics if int8 and report.int8_metrics else report.float_metrics
        return cls(arrays, int8, metrics.confusion["threshold"], seed)

    @classmethod
    def of_embeddings(cls, path: Path, photos: Path | None = None, *, seed: int = 0) -> Self:
        """Read the first face of each photo in an ``.npz`` of ``embed``; the person is the first part of the path.

        Args:
            path: the ``.npz`` file.
            photos: the folder, zip or tar that was embedded, for thumbnails.
            seed: see the class.

        Raises:
            DataError: the file is of another kind, a path has no person, or a photo is missing.
        """
        return cls(_read_faces(path, photos), seed=seed)

    @cached_property
    def vectors(self) -> npt.NDArray[np.float32]:
        return self.arrays.vectors(int8=self.int8)

    @cached_property
    def pairs(self) -> ScoredPairs:
        return self.arrays.scored_pairs(int8=self.int8 and self.arrays.int8_scores is not None)

    @cached_property
    def verification(self) -> Verification:
        return Verification.measure(self.pairs)

    @property
    def threshold(self) -> float:
        return self.verification.curve.eer_threshold if self.given_threshold is None else self.given_threshold

    @property
    def shown(self) -> npt.NDArray[np.uint8]:
        """Thumbnails of all images.

        Raises:
            DataError: there are no thumbnails.
        """
        if not self.arrays.thumbnails.size:
            raise DataError("thumbnails need the photos that were embedded: --photos FOLDER|ZIP")
        return self.arrays.thumbnails


def draw(kind: str, probe: PlotInput, path: Path) -> None:
    """Write one plot of `KINDS` atomically.

    Raises:
        DataError: the suffix is not supported, the folder does not exist, or the input has too little data for the plot.
        RuntimeMissingError: a required package is not installed.
    """
    check_path(path, RASTER_SUFFIXES if kind == "map" else FIGURE_SUFFIXES)
    KINDS[kind](probe).write(path)


def _plane(probe: PlotInput, layout: str) -> Drawing:
    rows = readable_rows(probe.arrays.labels, seed=probe.seed)
    labels, vectors = probe.arrays.labels[rows], probe.vectors[rows]
    plane = LAYOUTS[layout](vectors, probe.arrays.similarity, seed=probe.seed)
    standing = representatives(by_similarity(vectors, probe.arrays.similarity), labels)
    return scatter(plane, labels, probe.arrays.class_names, standing)


def _map(probe: PlotInput) -> Raster:
    shown = probe.shown
    rows = readable_rows(probe.arrays.labels, images=MAX_THUMBNAILS, seed=probe.seed)
    plane = LAYOUTS["tsne"](probe.vectors[rows], probe.arrays.similarity, seed=probe.seed)
    return mosaic(plane, shown[rows], probe.arrays.labels[rows])


def _pairs(probe: PlotInput) -> Drawing:
    return pair_sheet(probe.pairs, probe.shown, probe.arrays.names, threshold=probe.threshold)


def _confusion(probe: PlotInput) -> Drawing:
    score = probe.arrays.score(int8=probe.int8)
    found = identify_by_representatives(score, probe.arrays.labels)
    if len(found.classes) > _MAX_CLASSES:
        raise DataError(f"confusion matrix: expected at most {_MAX_CLASSES} classes, found {len(found.classes):,}")
    return confusion_matrix(found.confusion, [probe.arrays.class_names[number] for number in found.classes])


def _ranks(probe: PlotInput) -> Drawing:
    found = identify_by_representatives(probe.arrays.score(int8=probe.int8), probe.arrays.labels)
    return rank_curve({"": found.cmc.tolist()})


KINDS: dict[str, Callable[[PlotInput], Drawing | Raster]] = {
    "tsne": lambda probe: _plane(probe, "tsne"),
    "umap": lambda probe: _plane(probe, "umap"),
    "map": _map,
    "roc": lambda probe: roc({"": probe.verification.to_json()}),
    "det": lambda probe: det(probe.verification.to_json()),
    "histogram": lambda probe: score_histogram(probe.verification.to_json(), probe.threshold),
    "decisions": lambda probe: decisions(Confusion.of(probe.pairs, probe.threshold).to_json()),
    "confusion": _confusion,
    "ranks": _ranks,
    "pairs": _pairs,
}


def is_run(path: Path) -> bool:
    """Check whether a path is the folder of a finished run."""
    return (path / REPORT).exists()


def _read_faces(path: Path, photos: Path | None) -> RunArrays:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            first = arrays["face_index"] == 0
            paths = [str(name) for name in arrays["paths"][first]]
            landmarks, quantized = arrays["landmarks"][first], arrays["embeddings"][first]
            zero_point = int(arrays["zero_point"])
    except (OSError, KeyError, ValueError, IndexError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: expected a run folder or the .npz of 'edge-siamese embed' ({error})") from error
    paths = paths_in_dataset(paths, name=str(path))
    names, labels = np.unique([person_of(name) for name in paths], return_inverse=True)
    labels = labels.astype(np.int64)
    embeddings = quantized.astype(np.float32) - np.float32(zero_point)
    pairs = score_pairs(by_similarity(embeddings), every_pair(labels), labels)
    return RunArrays(
        embeddings=embeddings,
        labels=labels,
        class_names=names.tolist(),
        paths=paths,
        thumbnails=_crops(paths, landmarks, photos) if photos else np.zeros((len(paths), 0, 0, 3), np.uint8),
        pairs=pairs.index,
        scores=pairs.scores.astype(np.float32),
    )


def _crops(paths: list[str], landmarks: npt.NDArray[np.float32], photos: Path) -> npt.NDArray[np.uint8]:
    crops = []
    with IdentityDataset(photos) as dataset:
        for path, points in zip(paths, landmarks, strict=True):
            if path not in dataset:
                raise DataError(f"{photos}: expected the photos that were embedded, {path!r} is not among them")
            crops.append(align(dataset.read(Photo(person_of(path), path)), points))
    return thumbnails(np.stack(crops), 56)
