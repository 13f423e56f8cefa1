import pytest

from edge_siamese.reports.formatting import area, percent, percent_interval, points, points_interval


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0.0, "0.00%"), (1.0, "100.00%"), (0.12345, "12.35%"), (0.001, "0.10%"), (0.00058, "0.058%"), (5e-5, "0.0050%"),
        (1.6e-7, "0.000016%"), (-0.00058, "-0.058%"),
    ],
)  # fmt: skip
def test_small_rates_keep_two_digits(rate: float, text: str) -> None:
    assert percent(rate) == text


def test_intervals_name_their_unit_once() -> None:
    assert percent_interval((0.01, 0.2)) == "1.00 to 20.00%"
    assert percent_interval(None) == "-"
    assert area(0.98765, (0.9, 1.0)) == ("0.9877", "0.9000 to 1.0000")
    assert area(0.5, None) == ("0.5000", "-")


def test_differences_have_a_sign() -> None:
    assert points(-0.0123) == "-1.23"
    assert points_interval((-0.01, 0.02)) == "-1.00 to +2.00"
    assert points_interval(None) == "-"
