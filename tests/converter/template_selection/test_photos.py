"""Reading what ``edge-siamese embed`` wrote."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.template_selection.photos import read_embeddings

EMBEDDINGS = np.arange(-128, 128).astype(np.int8).reshape(4, 64)


def written(folder: Path, **changes: Any) -> Path:
    arrays = {
        "paths": np.array(["images/ben/1.jpg", "images/anna/1.jpg", "images/anna/1.jpg", "images/anna/2.jpg"]),
        "face_index": np.array([0, 0, 1, 0]),
        "embeddings": EMBEDDINGS,
        "embedder_digest": np.array("ab" * 32),
    }
    np.savez(folder / "faces.npz", **{name: value for name, value in (arrays | changes).items() if value is not None})
    return folder / "faces.npz"


def test_the_largest_face_of_each_photo_is_its_persons(tmp_path: Path, card: Any) -> None:
    photos = read_embeddings(written(tmp_path), card)
    assert photos.people == {"anna": [1, 2], "ben": [0]}
    assert photos.paths == ["ben/1.jpg", "anna/1.jpg", "anna/2.jpg"]
    assert np.array_equal(photos.templates()["anna"], EMBEDDINGS[[1, 3]])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"embeddings": None}, "expected the .npz of 'edge-siamese embed', cannot read it"),
        ({"embedder_digest": np.array("cd" * 32)}, "expected embeddings of the embedder abab"),
        ({"embeddings": EMBEDDINGS[:, :8]}, r"expected int8 embeddings \(N, 64\) of 3 faces, found int8 \(3, 8\)"),
        ({"embeddings": EMBEDDINGS.astype(np.float32)}, "found float32"),
        ({"face_index": np.array([1, 1, 1, 1])}, "of 0 faces"),
        ({"paths": np.array(["a.jpg", "b.jpg", "b.jpg", "c.jpg"])}, "<person>/<photo>, found 'a.jpg'"),
        ({"paths": np.array([{}], object)}, "cannot read it"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, card: Any, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        read_embeddings(written(tmp_path, **changes), card)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut"])
def test_a_damaged_file_is_refused(tmp_path: Path, card: Any, content: bytes) -> None:
    (tmp_path / "faces.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"faces\.npz: expected the \.npz"):
        read_embeddings(tmp_path / "faces.npz", card)
    with (tmp_path / "faces.npz").open("wb") as stream:
        np.save(stream, EMBEDDINGS)
    with pytest.raises(DataError, match=r"faces\.npz: expected the \.npz"):
        read_embeddings(tmp_path / "faces.npz", card)
    with pytest.raises(DataError, match=r"absent\.npz"):
        read_embeddings(tmp_path / "absent.npz", card)
