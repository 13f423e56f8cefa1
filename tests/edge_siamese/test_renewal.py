"""Renewable templates keep scores under one key, and are strangers under another."""

from pathlib import Path

import numpy as np
import pytest

from edge_siamese.errors import DataError
from edge_siamese.faces import Embedding
from edge_siamese.matching import Q15, scores_q15
from edge_siamese.renewal import RenewalKey
from tests.doubles import embedder_card

FIRST, SECOND = RenewalKey(bytes(range(32))), RenewalKey(bytes(range(1, 33)))
RNG = np.random.default_rng(2)


def faces(count: int, dimension: int = 256) -> np.ndarray:
    return np.clip(RNG.normal(-19, 40, (count, dimension)), -128, 127).astype(np.int8)


@pytest.mark.parametrize("dimension", [16, 64, 256, 1024])
def test_scores_stay_within_rounding(dimension: int) -> None:
    plain = faces(20, dimension)
    renewed = FIRST.transform(plain, -19)
    before, after = (scores.astype(int) for scores in (scores_q15(plain, plain, -19), scores_q15(renewed, renewed, 0)))
    assert np.abs(before - after).max() < 0.02 * Q15


def test_two_keys_are_strangers() -> None:
    plain = faces(200)
    scores = scores_q15(FIRST.transform(plain, -19), SECOND.transform(plain, -19), 0).astype(int)
    own, others = scores.diagonal(), scores[~np.eye(200, dtype=bool)]
    assert abs(own.mean()) < 0.02 * Q15
    assert own.std() == pytest.approx(others.std(), rel=0.2)


def test_a_rotated_template_is_that_of_the_new_key() -> None:
    plain = faces(50)
    rotated, new = SECOND.rotate(FIRST.transform(plain, -19), FIRST), SECOND.transform(plain, -19)
    assert np.abs(rotated.astype(int) - new.astype(int)).max() <= 3
    assert (scores_q15(rotated, new, 0).diagonal() > 0.999 * Q15).all()


def test_extreme_and_zero_vectors() -> None:
    rows = np.array([[-128] * 256, [127] * 256, [-19] * 256, [127, -128] * 128], np.int8)
    renewed = FIRST.transform(rows, -19)
    assert (np.abs(renewed[[0, 1, 3]].astype(int)).max(axis=1) == 127).all()
    assert not renewed[2].any()
    assert (FIRST.transform(rows, 127) >= -127).all()


def test_the_transform_is_the_same_in_every_release() -> None:
    ramp = np.arange(-128, 128, dtype=np.int16).astype(np.int8)[None]
    assert FIRST.transform(ramp, -19)[0, :8].tolist() == [-35, 65, 9, 9, -3, 44, -33, -70]
    assert FIRST.identifier == "6be3dc576aae84fa2df1575fe982cacc"


def test_card_and_embedding_name_another_embedder() -> None:
    card = embedder_card(64)
    renewed = FIRST.card(card)
    assert renewed.zero_point == 0
    assert renewed.operating_points == card.operating_points
    assert len({card.digest, renewed.digest, SECOND.card(card).digest}) == 3
    assert FIRST.digest(card.digest) == FIRST.digest(card.digest[:32])  # a gallery keeps 16 bytes
    embedding = FIRST.embedding(Embedding(faces(1, 64)[0], card.zero_point, card.digest))
    assert (embedding.zero_point, embedding.embedder) == (0, renewed.digest)


@pytest.mark.parametrize("dimension", [1, 2, 8, 128, 250, 512])
def test_other_dimensions_are_rejected(dimension: int) -> None:
    with pytest.raises(DataError, match=f"4, 16, 64, 256 or 1,024 numbers, found {dimension}"):
        FIRST.transform(faces(1, dimension), 0)


def test_key_files(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    FIRST.write(path)
    assert RenewalKey.read(path) == FIRST
    assert path.stat().st_mode & 0o777 == 0o600
    assert FIRST.secret.hex() not in repr(FIRST)
    with pytest.raises(DataError, match="exists already"):
        SECOND.write(path)
    (tmp_path / "b.key").write_text("something else\n00\n")
    for name in ("b.key", "none.key"):
        with pytest.raises(DataError, match=name):
            RenewalKey.read(tmp_path / name)
    with pytest.raises(DataError, match="expected 32 bytes, found 3"):
        RenewalKey(b"abc")
    assert RenewalKey.generate() != RenewalKey.generate()
