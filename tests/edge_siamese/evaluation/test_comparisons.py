from collections.abc import Callable

import numpy as np
import pytest

from edge_siamese.dataset_embeddings import DatasetEmbeddings
from edge_siamese.errors import DataError
from edge_siamese.evaluation.comparisons import compare_all, compare_listed, index_listed
from edge_siamese.evaluation.pairs import IndexPairs
from edge_siamese.evaluation.pairs_file import parse_pairs_file
from edge_siamese.matching import NO_SCORE, scores_q15

MakeEmbeddings = Callable[..., DatasetEmbeddings]


def listed(text: str, embedded: DatasetEmbeddings) -> IndexPairs:
    return index_listed(parse_pairs_file(text), embedded.photos)


LISTED = "1\t2\np000\t1\t2\np001\t1\t2\np000\t1\tp001\t1\np000\t2\tp001\t2\n"


def test_all_pairs_are_every_two_photos_once(make_embeddings: MakeEmbeddings) -> None:
    embedded = make_embeddings([300, 250, 2])  # more than one block of rows
    comparisons = compare_all(embedded)
    pairs = set(zip(comparisons.first.tolist(), comparisons.second.tolist(), strict=True))
    assert len(pairs) == len(comparisons.scores) == 552 * 551 // 2
    assert all(first < second for first, second in pairs)
    assert comparisons.genuine.sum() == (300 * 299 + 250 * 249 + 2) // 2
    matrix = scores_q15(embedded.embeddings, embedded.embeddings, 0)
    assert (comparisons.scores == matrix[comparisons.first, comparisons.second]).all()
    assert (comparisons.first_person == embedded.people[comparisons.first]).all()
    assert comparisons.person_count == 3


def test_a_photo_without_a_face_scores_lowest_in_all_its_pairs(make_embeddings: MakeEmbeddings) -> None:
    comparisons = compare_all(make_embeddings([3, 3], without_face=[1]))
    touched = (comparisons.first == 1) | (comparisons.second == 1)
    assert (comparisons.scores[touched] == NO_SCORE).all()
    assert (comparisons.scores[~touched] > NO_SCORE).all()


def test_listed_pairs_have_the_scores_of_all_pairs(make_embeddings: MakeEmbeddings) -> None:
    embedded = make_embeddings([2, 2], without_face=[3])
    comparisons = compare_listed(embedded, listed(LISTED, embedded))
    assert comparisons.first.tolist() == [0, 2, 0, 1]
    assert comparisons.second.tolist() == [1, 3, 2, 3]
    assert comparisons.genuine.tolist() == [True, True, False, False]
    matrix = scores_q15(embedded.embeddings, embedded.embeddings, 0)
    assert comparisons.scores.tolist() == [matrix[0, 1], NO_SCORE, matrix[0, 2], NO_SCORE]


def test_another_embedders_scores_stand_on_the_same_pairs(make_embeddings: MakeEmbeddings) -> None:
    embedded = make_embeddings([2, 2], without_face=[3])

    def sums(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return np.add.outer(rows, columns).astype(np.int16)

    assert compare_all(embedded, sums).scores.tolist() == [1, 2, NO_SCORE, 3, NO_SCORE, NO_SCORE]
    assert compare_listed(embedded, listed(LISTED, embedded), sums).scores.tolist() == [1, NO_SCORE, 2, NO_SCORE]


@pytest.mark.parametrize("photos", [[1, 1], [3]])
def test_without_both_kinds_of_pairs_there_is_nothing_to_measure(
    make_embeddings: MakeEmbeddings, photos: list[int]
) -> None:
    with pytest.raises(DataError, match="needs genuine and impostor pairs, found"):
        compare_all(make_embeddings(photos))


def test_a_pair_that_names_a_missing_photo_is_named(make_embeddings: MakeEmbeddings) -> None:
    with pytest.raises(DataError, match="line 3: names 'p009/p009_0001', which the photos do not have"):
        listed("1\t1\np000\t1\t2\np000\t1\tp009\t1\n", make_embeddings([2, 2]))
