from edge_siamese.gallery.operating_point_choice import OperatingPointChoice
from edge_siamese.operating_point import OperatingPoint

POINT = OperatingPoint(1e-3, 16384, 9e-4, 10_000, 50, 0.1, "5a" * 32)


def test_a_sufficient_operating_point_has_one_sentence() -> None:
    choice = OperatingPointChoice(POINT, "gallery", 0.02, 1e-3, 20)
    assert choice.sufficient
    assert choice.sentences() == ["operating point of the gallery: FMR 0.001 for one comparison, threshold 0.5000"]


def test_a_weak_operating_point_is_reported_with_the_fpir_it_reaches() -> None:
    choice = OperatingPointChoice(POINT, "model", 1e-3, 1e-4, 10)
    assert choice.to_json()["sufficient"] is False
    assert (
        "an FPIR of 0.001 with 10 people requires an FMR of 0.0001; the FPIR can be up to 0.01;"
        in choice.sentences()[1]
    )
