import pytest

from edge_siamese.errors import DataError
from edge_siamese_converter.data.lfw_pairs import read_official_pairs

TEXT = "\n".join(
    [
        "2\t2",
        *("Ann_Li\t1\t2", "Bo_Ek\t3\t1", "Ann_Li\t1\tBo_Ek\t2", "Cy_Oh\t1\tDi_Wu\t1"),
        *("Ed_Xu\t1\t2", "Fay_Yu\t1\t2", "Ed_Xu\t2\tFay_Yu\t1", "Ed_Xu\t1\tGus_Ra\t4"),
    ]
)


def test_the_people_of_a_fold_include_those_of_impostor_pairs() -> None:
    assert read_official_pairs(TEXT, [1]).people == {"Ann_Li", "Bo_Ek", "Cy_Oh", "Di_Wu"}
    assert read_official_pairs(TEXT, [2]).people == {"Ed_Xu", "Fay_Yu", "Gus_Ra"}


def test_rows_go_by_person_and_number_wherever_the_images_lie() -> None:
    listed = read_official_pairs(TEXT, [2, 1])
    paths = [
        "images/Ed_Xu/Ed_Xu_0001.jpg",
        "images/Ed_Xu/Ed_Xu_0002.jpg",
        "Fay_Yu/Fay_Yu_0001.png",
        "Ann_Li/Ann_Li_0001",
    ]
    rows, folds = listed.indices(paths)
    assert rows.tolist() == [[0, 1], [1, 2]]
    assert folds.tolist() == [1, 1]
    assert listed.fold.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("text", "folds", "what"),
    [
        ("", [1], "folds<TAB>pairs a fold"),
        ("1\t1\nAnn\t1\t2\nAnn\tone\tBo\t2", [1], "3 or 4 fields"),
        ("1\t1\nAnn\t1\t2", [1], "expected 2 pairs"),
        (TEXT, [3], "has the folds 1 to 2, asked for was 3"),
    ],
)
def test_other_texts_are_refused(text: str, folds: list[int], what: str) -> None:
    with pytest.raises(DataError, match=what):
        read_official_pairs(text, folds)
