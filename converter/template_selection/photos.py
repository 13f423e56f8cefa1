"""Load embedded photos of people from a dataset or from an ``.npz`` of ``edge-siamese embed``."""

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
    """Embeddings of one face per photo.

    Attributes:
        paths: ``person/file``, N of them.
        embeddings: int8 ``(N, D)``.
        people: indices of the photos of each person, by name, sorted.
        card: model card of the embedder.
        skipped: skipped photos and the reasons.
    """

    paths: list[str]
    embeddings: npt.NDArray[np.int8]
    people: dict[str, list[int]]
    card: ModelCard
    skipped: list[Skipped]

    def templates(self) -> dict[str, npt.NDArray[np.int8]]:
        """Return the embeddings int8 ``(n, D)`` of each person by name, in the order of `people`."""
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
        engine: detects and embeds faces.
        progress: called with the number of photos done and the total.
        largest_only: take the largest face of every photo instead.

    Raises:
        DataError: `path` is not such a folder or archive.
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
    """Read an ``.npz`` of ``edge-siamese embed`` for ``<person>/<photo>``; the largest face of a photo is used.

    Raises:
        DataError: the file is of another kind or another embedder, has no faces, or a path has no person.
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
