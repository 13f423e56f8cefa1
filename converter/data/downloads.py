"""Download Labeled Faces in the Wild and the Olivetti faces with scikit-learn, into ``SCIKIT_LEARN_DATA``."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edge_siamese.errors import EdgeSiameseError, RuntimeMissingError
from edge_siamese.frames import RGB
from edge_siamese.installation import install_command

_ONLY_THE_LARGEST = 500  # min_faces_per_person: scikit-learn then decodes the photos of one person only


def lfw_folder() -> Path:
    """Download LFW and return its folder of ``<person>/<photo>``; ``pairs.txt`` is beside the folder.

    The folder is the one that scikit-learn unpacks: its arrays have no file names and take 10 GB.

    Raises:
        RuntimeMissingError: scikit-learn is not installed.
        EdgeSiameseError: the download failed.
    """
    datasets = _scikit_learn("lfw")
    _fetched(
        "lfw", datasets.fetch_lfw_people, funneled=False, min_faces_per_person=_ONLY_THE_LARGEST, resize=0.1
    )  # fmt: skip
    return Path(datasets.get_data_home()) / "lfw_home" / "lfw"


def olivetti_faces() -> Iterator[tuple[str, str, RGB]]:
    """Yield path ``<person>/<number>``, person and image uint8 ``(64, 64, 3)`` of each of the 400 Olivetti faces.

    Raises:
        RuntimeMissingError, EdgeSiameseError: as of `lfw_folder`.
    """
    found = _fetched("olivetti", _scikit_learn("olivetti").fetch_olivetti_faces)
    counts: dict[int, int] = {}
    for image, person in zip(found.images, found.target, strict=True):
        counts[person] = counts.get(person, 0) + 1
        gray = np.clip(np.rint(image * 255), 0, 255).astype(np.uint8)
        yield (
            f"s{person + 1:02}/{counts[person]:02}",
            f"s{person + 1:02}",
            np.repeat(gray[..., None], 3, axis=2),
        )


def _scikit_learn(kind: str) -> Any:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise RuntimeMissingError(
            f"downloading {kind} needs scikit-learn, which is not installed: "
            + install_command("edge-siamese[converter]")
        ) from error
    return datasets


def _fetched(kind: str, fetch: Callable[..., Any], **options: Any) -> Any:
    try:
        return fetch(**options)
    except ImportError as error:
        raise RuntimeMissingError(f"{kind}: {error}") from error
    except OSError as error:
        raise EdgeSiameseError(
            f"{kind} cannot be downloaded ({error}): give its folder or archive instead, or a network"
        ) from error
