from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from edge_siamese.dataset_embeddings import DatasetEmbeddings, center_face, largest_face
from edge_siamese.evaluation.protocols import VerificationProtocol
from edge_siamese.identity_dataset import IdentityDataset

MakeEmbeddings = Callable[..., DatasetEmbeddings]
PAIRS = "1\t1\np000\t1\t2\np000\t1\tp001\t1\n"


def test_a_list_of_pairs_beside_the_dataset_is_the_protocol_unless_all_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "p000").mkdir()
    cv2.imwrite(str(tmp_path / "p000" / "a.png"), np.zeros((8, 8, 3), np.uint8))
    assert VerificationProtocol.of(IdentityDataset(tmp_path)) == VerificationProtocol(None)
    (tmp_path / "pairs.txt").write_text(PAIRS)
    assert VerificationProtocol.of(IdentityDataset(tmp_path)) == VerificationProtocol(PAIRS)
    assert VerificationProtocol.of(IdentityDataset(tmp_path), all_pairs=True) == VerificationProtocol(None)


def test_protocols_choose_faces_and_pairs_and_say_so(make_embeddings: MakeEmbeddings) -> None:
    embedded = make_embeddings([2, 2], without_face=[3])
    listed, every = VerificationProtocol(PAIRS), VerificationProtocol(None)
    assert (listed.choose, every.choose) == (center_face, largest_face)
    assert (len(listed.compare(embedded).scores), len(every.compare(embedded).scores)) == (2, 6)
    assert listed.describe(embedded) == {
        "protocol": "lfw-pairs", "people": 2, "photos": 4, "face_choice": "nearest the center", "faces_not_found": 1,
    }  # fmt: skip
    assert every.describe(embedded)["protocol"] == "all-pairs"
