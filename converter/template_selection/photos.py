"""Embedded photos of people: from a dataset, or from the ``.npz`` of ``edge-siamese embed``."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge_siamese.dataset_layout import paths_in_dataset, person_of
from edge_siamese.errors import DataError, NoFaceError
from edge_siamese.gallery.enrollment.build import faces_of_people
from edge_siamese.gallery.enrollment.face_choice import Skipped
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.names import clean_name
from edge_siamese.protocols import FaceAnalyzer
from edge_siamese.tflite.model_card import ModelCard


@dataclass(frozen=True, eq=False)
class Photos:
    """One face of each photo.

    Attributes:
        paths: ``person/file``, N of them.
        embeddings: int8 ``(N, D)``.
        people: rows of everybody, by name, sorted.
        card: of the embedder.
        skipped: photos that cannot be used, and why.
    """

    paths: list[str]
    embeddings: npt.NDArray[np.int8]
    people: dict[str, list[int]]
    card: ModelCard
    skipped: list[Skipped]

    def templates(self) -> dict[str, npt.NDArray[np.int8]]:
        """int8 ``(n, D)`` by name, in the order of `people`."""
        return {name: self.embeddings[indices] for name, indices in self.people.items()}


def embed_photos_of(
    path: Path,
    engine: FaceAnalyzer,
    progress: Callable[[int, int], None] | None = None,
    *,
    largest_only: bool = False,
) -> Photos:
    """Embed the face meant on every photo of a folder or archive of ``<person>/<photo>``, as `build_gallery` does.

    Args:
        path: the folder or archive.
        engine: finds and embeds.
        progress: called with the number of photos done and of all.
        largest_only: take the largest face of every photo instead.

    Raises:
        DataError: it is none.
        NoFaceError: no photo can be used.
    """
    with IdentityDataset(path) as dataset:
        faces = faces_of_people(dataset, engine, largest_only=largest_only, progress=progress)
        skipped = [Skipped(file.path, file.reason) for file in dataset.skipped]
    used = {name: chosen for name, chosen in faces.items() if chosen.photos}
    if not used:
        raise NoFaceError(f"{path}: nobody has a photo that can be used")
    paths: list[str] = []
    people: dict[str, list[int]] = {}
    for name, chosen in used.items():
        people[name] = list(range(len(paths), len(paths) + len(chosen.photos)))
        paths += chosen.photos
    skipped += [skip for chosen in faces.values() for skip in chosen.skipped]
    return Photos(
        paths, np.concatenate([chosen.templates for chosen in used.values()]), people, engine.embedder_card, skipped
    )


def read_embeddings(path: Path, card: ModelCard) -> Photos:
    """Read what ``edge-siamese embed`` wrote of ``<person>/<photo>``; of several faces the largest counts.

    Raises:
        DataError: it is something else, of another embedder, without faces, or a path names no person.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            largest = arrays["face_index"] == 0
            paths = [str(name) for name in arrays["paths"][largest]]
            embeddings, digest = arrays["embeddings"][largest], str(arrays["embedder_digest"])
    except (OSError, KeyError, ValueError, IndexError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: expected the .npz of 'edge-siamese embed', cannot read it ({error})") from error
    if digest != card.digest:
        raise DataError(
            f"{path}: expected embeddings of the embedder {card.digest[:16]}, found {digest[:16]}; --embedder names another"
        )
    if embeddings.dtype != np.int8 or embeddings.shape != (len(paths), card.dimension) or not paths:
        raise DataError(
            f"{path}: expected int8 embeddings (N, {card.dimension}) of {len(paths)} faces, found {embeddings.dtype} "
            f"{embeddings.shape}"
        )
    people: dict[str, list[int]] = {}
    paths = paths_in_dataset(paths, name=str(path))
    for row, name in enumerate(paths):
        people.setdefault(clean_name(person_of(name)), []).append(row)
    return Photos(paths, embeddings, dict(sorted(people.items())), card, [])
