from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge_siamese.dataset_embeddings import DatasetEmbeddings, center_face, largest_face
from edge_siamese.errors import DataError
from edge_siamese.evaluation.comparisons import index_listed, require_comparable
from edge_siamese.evaluation.pairs_file import parse_pairs_file
from edge_siamese.evaluation.protocols import VerificationProtocol
from edge_siamese.identity_dataset import IdentityDataset

MakeEmbeddings = Callable[..., DatasetEmbeddings]
PAIRS = "1\t1\np000\t1\t2\np000\t1\tp001\t1\n"


def test_a_list_of_pairs_beside_the_dataset_is_the_protocol_unless_all_are_wanted(tmp_path: Path) -> None:
    for name in ("p000/p000_0001.png", "p000/p000_0002.png", "p001/p001_0001.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.full((8, 8, 3), len(list(tmp_path.rglob("*"))), np.uint8))
    assert VerificationProtocol.of(IdentityDataset(tmp_path)).pairs is None
    (tmp_path / "pairs.txt").write_text(PAIRS)
    dataset = IdentityDataset(tmp_path)
    pairs = VerificationProtocol.of(dataset).pairs
    assert pairs is not None
    assert pairs.index.tolist() == [[0, 1], [0, 2]]
    assert pairs.is_genuine.tolist() == [True, False]
    assert VerificationProtocol.of(dataset, all_pairs=True).pairs is None
    (tmp_path / "pairs.txt").write_text(PAIRS.replace("p001", "p002"))
    with pytest.raises(DataError, match=r"pairs\.txt: line 3: names 'p002/p002_0001', which the photos do not have"):
        VerificationProtocol.of(dataset)


def test_a_pair_that_names_a_duplicate_means_the_photo_that_is_kept(tmp_path: Path) -> None:
    for name, value in (("p000/p000_0001.png", 1), ("p000/p000_0002.png", 1), ("p001/p001_0001.png", 2)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.full((8, 8, 3), value, np.uint8))
    (tmp_path / "pairs.txt").write_text("1\t2\np000\t1\t2\np000\t1\t2\np000\t2\tp001\t1\np000\t1\tp001\t1\n")
    dataset = IdentityDataset(tmp_path)
    assert dataset.duplicates == {"p000/p000_0002.png": "p000/p000_0001.png"}
    pairs = VerificationProtocol.of(dataset).pairs
    assert pairs is not None
    assert pairs.index.tolist() == [[0, 0], [0, 0], [0, 1], [0, 1]]
    assert pairs.is_genuine.tolist() == [True, True, False, False]


def test_protocols_choose_faces_and_pairs_and_say_so(make_embeddings: MakeEmbeddings) -> None:
    embedded = make_embeddings([2, 2], without_face=[3])
    listed = VerificationProtocol(index_listed(parse_pairs_file(PAIRS), embedded.photos))
    every = VerificationProtocol(None)
    assert (listed.choose, every.choose) == (center_face, largest_face)
    assert (len(listed.compare(embedded).scores), len(every.compare(embedded).scores)) == (2, 6)
    assert listed.describe(embedded) == {
        "protocol": "lfw-pairs", "people": 2, "photos": 4, "face_choice": "nearest the center", "faces_not_found": 1,
    }  # fmt: skip
    assert every.describe(embedded)["protocol"] == "all-pairs"


def test_more_pairs_than_fit_into_memory_are_rejected_before_the_work() -> None:
    require_comparable([7000, 7000])
    with pytest.raises(DataError, match=r"all pairs of 100,000 photos are 4,999,950,000; at most 100,000,000"):
        require_comparable([50_000, 50_000])
