"""Photos of people, embedded here or by ``edge-siamese embed``."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.gallery.enrollment.build import build_gallery
from edge_siamese.gallery.templates.selection import SelectionOptions
from edge_siamese.identity_dataset import IdentityDataset
from edge_siamese.image_io import write_image
from edge_siamese.operating_point import OperatingPoint
from edge_siamese_converter.template_selection.photos import embed_photos_of, read_embeddings
from tests.doubles import PatternAnalyzer, pattern_image

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


def test_photos_are_chosen_as_a_gallery_is_built_from_them(tmp_path: Path) -> None:
    point = OperatingPoint(0.01, 13000, 0.01, 10_000, 50, 0.1, "5a" * 32)
    engine = PatternAnalyzer(operating_points=(point,))
    for path, person, captured, faces in [
        ("ben/1.png", "ben", 1, 1),
        ("anna/1.png", "anna", 1, 1),
        ("anna/2.png", "anna", 2, 2),
        ("anna/3.png", "anna", 3, 0),
    ]:
        write_image(tmp_path / path, pattern_image(person, captured, faces))
    photos = embed_photos_of(tmp_path, engine)
    gallery, report = build_gallery(IdentityDataset(tmp_path), engine, options=SelectionOptions())
    assert (photos.paths, photos.people) == (["anna/1.png", "ben/1.png"], {"anna": [0], "ben": [1]})
    assert photos.skipped == report.skipped
    assert np.array_equal(photos.embeddings, gallery.templates)
    assert embed_photos_of(tmp_path, engine, largest_only=True).people == {"anna": [0, 1], "ben": [2]}
